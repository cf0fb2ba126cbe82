"""Every effect, in every phase, at every provider: it can be seen, or there is a reason why not."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from vidmock.engine.faults.catalog import EFFECTS, checked_rule
from vidmock.engine.faults.reach import phases_at
from vidmock.engine.faults.reserved_keys import ABOUT
from vidmock.engine.faults.rules import PHASES, Effect, FaultRule, Phase
from vidmock.problems import BadRequest
from vidmock.schema.errors import known_error
from vidmock.server.demonstration import Demonstration, demonstrate
from vidmock.server.sample_calls import SAMPLES

CASES = [(name, phase, provider) for name, kind in EFFECTS.items() for phase in kind.phases for provider in SAMPLES]
FIELDS = {
    "after": {"runware": "taskUUID"},
    "poll": {"fal": "detail"},
    "upload": {"runware": "imageURL", "fal": "upload_url", "eachlabs": "public_url"},
    "other": {"runpod": "workers", "runware": "results", "eachlabs": "executions"},
    "session": {"runware": "connectionSessionUUID"},
}
"""A field of the sample's answers, where it is not ``status``."""
CODES = {"runware": "rateLimitExceeded"}
NAMELESS = {("fal", "poll"), ("fal", "cancel"), ("runpod", "stream")}


def unseen(name: str, phase: Phase, provider: str) -> str:
    """Why the effect does not show in the sample's answer, though it could in another of the same phase."""
    if name == "missing_field" and (provider, phase) == ("fal", "other"):
        return "that answer is a string, without fields"
    if name == "other_job" and (provider, phase) in NAMELESS:
        return "that answer names no job"
    return ""


def rule_for(name: str, phase: Phase, provider: str) -> FaultRule:
    """A rule by which the effect strikes the sample, with arguments by which it shows."""
    arguments = {
        "error": {"code": CODES.get(provider, "429")},
        "set_field": {"path": "new"},
        "missing_field": {"name": FIELDS.get(phase, {}).get(provider, "status")},
    }.get(name, {})
    # A job has an address once it has ended.
    nth = (2,) if name == "other_urls" and phase == "poll" else ()
    return FaultRule(phase, Effect(name, arguments), provider=provider, nth=nth)


def told(play: Demonstration) -> list[object]:
    return [(scene.at, scene.line, scene.status, sorted(scene.headers), scene.body) for scene in play.scenes]


def refusal(rule: FaultRule) -> str:
    """What is said where *rule* is asked for, if it is refused."""
    try:
        checked_rule(rule)
    except BadRequest as refused:
        return str(refused)
    return ""


@pytest.mark.parametrize(("name", "phase", "provider"), CASES)
def test_an_effect_is_seen_or_refused_with_a_sentence(name: str, phase: Phase, provider: str) -> None:
    rule = rule_for(name, phase, provider)
    if said := refusal(rule):
        assert provider in said
        assert demonstrate(provider, replace(rule, provider="")) is None
        return
    rule = checked_rule(rule)
    play, usual = demonstrate(provider, rule), demonstrate(provider, replace(rule, nth=(999,)))
    assert play
    assert usual
    assert not any(scene.struck for scene in usual.scenes)
    if EFFECTS[name].kind in ("problem", "answer", "body", "media") and phase != "webhook":
        assert [scene.struck for scene in play.scenes].count(True) == 1
    # The pace of bytes is nothing that one process could see of itself.
    if name not in ("trickle", "slow_headers"):
        assert (told(play) == told(usual)) == bool(unseen(name, phase, provider))


def test_an_effect_is_refused_only_where_its_provider_lacks_something() -> None:
    refused = {case: said for case in CASES if (said := refusal(rule_for(*case)))}
    for (name, phase, provider), said in refused.items():
        lacks = phase not in phases_at(provider)
        assert lacks or EFFECTS[name].why_not(provider, phase), f"{name} at {phase} of {provider}: {said}"
    assert {case[0] for case in CASES} <= {case[0] for case in CASES if case not in refused}


@pytest.mark.parametrize("provider", SAMPLES)
def test_money_is_told(provider: str) -> None:
    lost, failed = (demonstrate(provider, FaultRule(*rule)) for rule in (("after", Effect("lost")), ("before", FAIL)))
    assert lost
    assert failed
    assert lost.charged > lost.refunded == 0
    assert failed.charged == failed.refunded != 0


FAIL = Effect("fail", {"code": "internal", "message": ""})


PAGE = (Path(__file__).parents[2] / "docs" / "faults.md").read_text("utf-8")


def row_of(name: str, cells: str, *tables: str) -> str:
    """The row of *name* in one of the written *tables* of the page."""
    written = [PAGE.partition(f"<!-- begin: {table} ")[2].partition("<!-- end ")[0] for table in tables]
    rows = [line for table in written for line in table.splitlines() if line.startswith(f"| `{name}` |")]
    assert len(rows) == 1, f"docs/faults.md should have one row: | `{name}` | {cells}"
    return rows[0]


@pytest.mark.parametrize("name", [name for name, kind in EFFECTS.items() if kind.kind != "problem"])
def test_the_page_says_what_an_effect_does(name: str) -> None:
    row = row_of(name, f"{EFFECTS[name].about} | each argument as `name=default` |", EFFECTS[name].kind)
    _, _, about, arguments, _ = row.split("|")
    assert about.strip() == EFFECTS[name].about
    words = (word.strip(" `").partition("=") for word in arguments.split(","))
    shown = {key: EFFECTS[name].arguments[key].from_text(value) for key, _, value in words if key}
    assert (
        checked_rule(FaultRule(EFFECTS[name].phases[0], Effect(name, shown))).effect.arguments == EFFECTS[name].defaults
    )


@pytest.mark.parametrize("name", [name for name, kind in EFFECTS.items() if kind.kind == "problem" and name != "error"])
def test_the_page_says_what_each_provider_calls_it(name: str) -> None:
    row = row_of(name, "the status, and the code if it has one, at RunPod, Runware, fal and Eachlabs |", "problem")
    for cell, provider in zip(row.split("|")[2:], SAMPLES, strict=False):
        play = demonstrate(provider, checked_rule(FaultRule("before", Effect(name))))
        assert play
        (answer,) = (scene for scene in play.scenes if scene.struck)
        status, _, code = cell.replace("`", "").strip().partition(" ")
        assert int(status) == answer.status
        known = known_error(code or status, provider)
        assert known is not None
        assert known.status == answer.status
        fixed = re.split(r"{.*?}", known.text)
        assert all(part in answer.body.decode() for part in fixed) or code in answer.body.decode()


def test_the_page_names_every_key_and_phase() -> None:
    assert all(f"| `{key}` | {about} |" in PAGE for key, about in ABOUT.items())
    assert all(f"`{phase}`" in PAGE for phase in PHASES)
