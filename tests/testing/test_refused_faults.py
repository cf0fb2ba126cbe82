"""A fault that cannot be is refused in the same words, wherever it is asked for."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from vidmock import MockServer
from vidmock.engine.faults.catalog import EFFECTS, checked_rule
from vidmock.engine.faults.outcomes import FORCED, NEXT, find_outcome
from vidmock.engine.faults.rules import Effect, FaultRule, Phase
from vidmock.engine.scenario.scenario import find_scenario
from vidmock.problems import AlreadyEnded, BadRequest, Problem

MODEL = "fal-ai/kling-video/o1/reference-to-video"
KEY = "a-key"


@dataclass(frozen=True)
class Asked:
    """A fault that is asked for; the phase is the effect's first."""

    effect: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    provider: str = ""

    def __str__(self) -> str:
        said = (f"{name}={value}" for name, value in self.arguments.items())
        return " ".join((self.effect, *said, self.provider)).strip()

    @property
    def told(self) -> dict[str, Any]:
        return {
            "effect": self.effect,
            "arguments": dict(self.arguments),
            **({"provider": self.provider} if self.provider else {}),
        }

    @property
    def phase(self) -> Phase:
        return EFFECTS[self.effect].phases[0] if self.effect in EFFECTS else "before"

    def sentence(self) -> str:
        """What is said of it."""
        with pytest.raises(BadRequest) as refused:
            checked_rule(FaultRule(self.phase, Effect(self.effect, self.arguments), provider=self.provider))
        return str(refused.value)


def control(mock: MockServer, path: str, body: Any, method: str = "POST") -> str:
    answer = httpx.request(method, f"{mock.url}/_vidmock{path}?key={KEY}", json=body, headers={"x-vidmock": "1"})
    assert answer.status_code == 400
    return str(answer.json()["error"])


def in_a_prompt(mock: MockServer, asked: Asked, folder: Path) -> str:
    words = [asked.effect, *(f"{name}={value}" for name, value in asked.arguments.items())]
    prompt = f"a kite [[vidmock: {shlex.join(words)}]]"
    answer = httpx.post(f"{mock.fal.url}/{MODEL}", json={"prompt": prompt}, headers={"authorization": f"Key {KEY}"})
    assert answer.status_code == 422
    return str(answer.json()["detail"][0]["msg"])


def over_http(mock: MockServer, asked: Asked, folder: Path) -> str:
    return control(mock, "/faults", asked.told)


def in_python(mock: MockServer, asked: Asked, folder: Path) -> str:
    with pytest.raises(BadRequest) as refused:
        mock.faults.add(asked.effect, provider=asked.provider or None, **asked.arguments)  # type: ignore[arg-type]  # the mistakes
    return str(refused.value)


def in_a_file(mock: MockServer, asked: Asked, folder: Path) -> str:
    (folder / "s.json").write_text(json.dumps({"about": "x", "faults": [asked.told]}))
    with pytest.raises(BadRequest) as refused:
        find_scenario(str(folder / "s.json"))
    return str(refused.value).removeprefix(f"{folder / 's.json'}, line 1: faults.0: ")


def in_a_snapshot(mock: MockServer, asked: Asked, folder: Path) -> str:
    mock.world(KEY).faults.add("lost")
    data = httpx.get(f"{mock.url}/_vidmock/worlds/snapshot?key={KEY}", headers={"x-vidmock": "1"}).json()
    rule = data["faults"]["rules"][0]["rule"]
    rule["effect"] = {"name": asked.effect, "arguments": dict(asked.arguments)}
    rule |= {"provider": asked.provider, "phase": asked.phase}
    return control(mock, "/worlds/snapshot", data, "PUT").removeprefix("this snapshot cannot be read: ")


DOORS: dict[str, Callable[[MockServer, Asked, Path], str]] = {
    "prompt": in_a_prompt,
    "http": over_http,
    "python": in_python,
    "scenario": in_a_file,
    "snapshot": in_a_snapshot,
}
WRONG = [
    (Asked("lots"), "Did you mean 'lost'?"),
    (Asked("lost", {"x": 1}), "lost has no argument 'x'; it has none"),
    (Asked("late", {"secnds": 1}), "it has seconds. Did you mean 'seconds'?"),
    (Asked("late", {"seconds": "soon"}), "it is a number from 0 to ten years"),
    (Asked("edge_page", {"status": "teapot"}), "it is a whole number from 200 to 599, by default 502"),
    (Asked("edge_page", {"nginx": "maybe"}), "it is true or false, by default false"),
    (Asked("wrong_type", {"type": "☃"}), "it is a media type, in printable ASCII"),
    (Asked("stuck", {"state": "nowhere"}), "stuck's state cannot be 'nowhere'; it is queued or running"),
    (Asked("stuck", {"state": "runing"}), "Did you mean 'running'?"),
    (Asked("fail", {"code": "banana"}), "fail's code cannot be 'banana'; it is internal, moderated, upstream, "),
    (Asked("fail", {"code": "moderatd"}), "Did you mean 'moderated'?"),
    (Asked("fail", {"code": "inferenceEror"}), "Did you mean 'inferenceError'?"),
    (Asked("fail", {"code": "429"}), "Only calls are answered with it: error=429"),
    (Asked("fail", {"code": "inferenceError"}, "fal"), "runware has it."),
    (Asked("fail", {"code": "startup_timeout"}, "runpod"), "fal has it."),
    (Asked("partial", {"code": "banana"}), "partial's code cannot be 'banana'; it is internal, moderated, upstream, "),
    (Asked("error"), "error needs a code, such as 429"),
    (Asked("error", {"code": "rateLimitExceded"}), "Did you mean 'rateLimitExceeded'?"),
    (Asked("error", {"code": "rateLimitExceeded"}, "fal"), "runware has it."),
    (Asked("lost", provider="fall"), "Did you mean 'fal'?"),
]


# A prompt names no provider: it is for the one that it is sent to.
REFUSED = [(door, *wrong) for door in DOORS for wrong in WRONG if door != "prompt" or not wrong[0].provider]


@pytest.mark.parametrize(("door", "asked", "said"), REFUSED, ids=[f"{door}: {asked}" for door, asked, _ in REFUSED])
def test_a_fault_that_cannot_be_is_refused_in_the_same_words_at_every_door(
    mock: MockServer, tmp_path: Path, door: str, asked: Asked, said: str
) -> None:
    assert said in asked.sentence()
    # A prompt is for the provider that it is sent to.
    sentence = (replace(asked, provider="fal") if door == "prompt" else asked).sentence()
    assert DOORS[door](mock, asked, tmp_path) == sentence
    assert [rule.effect.name for rule, _ in mock.faults] == (["lost"] if door == "snapshot" else [])


FINE = [("fail", {"code": "inferenceError"}, ""), ("fail", {"code": "job-timed-out"}, "runpod"), ("stuck", {}, "")]


@pytest.mark.parametrize(("effect", "arguments", "provider"), FINE, ids=str)
def test_a_providers_own_code_is_taken_where_its_jobs_are_known_to_fail_with_it(
    effect: str, arguments: dict[str, str], provider: str
) -> None:
    made = checked_rule(FaultRule("before", Effect(effect, arguments), provider=provider))
    assert made.effect.arguments.items() >= arguments.items()


def forced_over_http(mock: MockServer, effect: str, arguments: dict[str, Any], job: str) -> str:
    return control(mock, f"/jobs/{job}/outcome", {"effect": effect, "arguments": arguments})


def forced_in_python(mock: MockServer, effect: str, arguments: dict[str, Any], job: str) -> str:
    with pytest.raises(BadRequest) as refused:
        mock.jobs.force(job, effect, **arguments)  # type: ignore[arg-type]  # the mistakes
    return str(refused.value)


@pytest.mark.parametrize("force", [forced_over_http, forced_in_python], ids=["http", "python"])
@pytest.mark.parametrize(
    ("effect", "arguments", "said"),
    [
        (
            "sucseed",
            {},
            "no outcome 'sucseed'. Did you mean 'succeed'? One of succeed, fail, moderated, partial, ",
        ),
        ("edge_page", {}, "edge_page is no outcome, nothing that can happen to a job: add it as a fault. One of "),
        ("succeed", {"x": 1}, "succeed has no argument 'x'; it has none"),
        ("stuck", {"state": "nowhere"}, "stuck's state cannot be 'nowhere'; it is queued or running"),
        ("fail", {"code": "banana"}, "fail's code cannot be 'banana'; it is internal, moderated, upstream, "),
        ("fail", {"code": "inferenceError"}, "runware has it."),
    ],
    ids=["unknown", "another-kind", "argument", "state", "code", "another-providers-code"],
)
def test_a_job_is_forced_to_nothing_that_cannot_be(
    mock: MockServer,
    submit: Callable[..., str],
    effect: str,
    arguments: dict[str, Any],
    said: str,
    force: Callable[[MockServer, str, dict[str, Any], str], str],
) -> None:
    job = submit(key=KEY)
    assert said in force(mock, effect, arguments, job)
    assert mock.jobs[job].state == "queued"


@pytest.mark.parametrize("name", FORCED)
def test_a_job_is_forced_alike_over_http_and_in_python(mock: MockServer, submit: Callable[..., str], name: str) -> None:
    one, other = submit("one", key=KEY), submit("other", key=KEY)
    answer = httpx.post(f"{mock.url}/_vidmock/jobs/{one}/outcome?key={KEY}", json={"effect": name})
    forced = mock.jobs.force(other, name)  # type: ignore[arg-type]  # each of its words, which is a Literal
    assert answer.status_code == 200
    first = mock.jobs[one]
    assert answer.json()["state"] == forced.state == first.state
    assert [step.state for step in first.job.timeline] == [step.state for step in forced.job.timeline]
    assert first.job.failure == forced.job.failure


def test_a_job_that_has_ended_is_forced_to_nothing(mock: MockServer, submit: Callable[..., str]) -> None:
    job = submit(key=KEY)
    mock.jobs.force(job, "succeed")
    with pytest.raises(AlreadyEnded):
        mock.jobs.force(job, "fail")
    assert mock.jobs[job].state == "succeeded"


def test_a_job_whose_input_was_refused_cannot_succeed(mock: MockServer) -> None:
    answer = httpx.post(f"{mock.fal.url}/{MODEL}", json={"prompt": 5}, headers={"authorization": f"Key {KEY}"})
    with pytest.raises(Problem, match="cannot succeed: its input was refused"):
        mock.jobs.force(answer.json()["request_id"], "succeed")


@pytest.mark.parametrize("door", ["http", "scenario"])
@pytest.mark.parametrize("name", ["stuk", "edge_page", "succeed"])
def test_a_job_to_come_has_only_an_outcome_that_it_can_have(
    mock: MockServer, tmp_path: Path, name: str, door: str
) -> None:
    with pytest.raises(BadRequest) as refused:
        find_outcome(name, NEXT)
    said = str(refused.value)
    assert said.endswith(f"One of {', '.join(NEXT)}")
    if door == "http":
        assert control(mock, "/jobs/next/outcome", {"effect": name}) == said
    else:
        (tmp_path / "s.json").write_text(json.dumps({"about": "x", "outcomes": [{"effect": name}]}))
        with pytest.raises(BadRequest) as refused:
            find_scenario(str(tmp_path / "s.json"))
        assert str(refused.value).endswith(f"outcomes.0: {said}")
