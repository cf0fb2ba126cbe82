"""``vidmock faults``: what can go wrong, and what it looks like where."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from vidmock.engine.faults.catalog import EFFECTS
from vidmock.engine.faults.reach import phases_at
from vidmock.engine.faults.reserved_keys import ABOUT
from vidmock.engine.scenario.scenario import shipped_scenarios
from vidmock.schema.catalog import providers
from vidmock.schema.errors import known_errors

if TYPE_CHECKING:
    from tests.cli.conftest import Said


def test_every_effect_is_listed_with_its_phases_and_arguments(say: Callable[..., Said]) -> None:
    code, out, _ = say("faults")
    assert code == 0
    lines = out.splitlines()
    for name, kind in EFFECTS.items():
        place = next(number for number, line in enumerate(lines) if line.startswith(f"{name} "))
        assert kind.about in lines[place]
        assert all(word in lines[place + 1] for word in (*kind.phases, *kind.arguments))
        accepted = [line.strip() for line in lines[place + 2 : place + 2 + len(kind.arguments)]]
        assert accepted == [f"{key} is {argument.accepts}" for key, argument in kind.arguments.items()]


def test_the_list_says_how_to_ask_for_one(say: Callable[..., Said]) -> None:
    _, out, _ = say("faults")
    assert "[[vidmock: edge_page=504 at=poll:2]]" in out
    assert all(f"  {key} " in out for key in ABOUT)


def test_the_list_is_data_as_well(say: Callable[..., Said]) -> None:
    listed = json.loads(say("faults", "--json")[1])
    assert listed == [effect.to_json() | {"main": effect.main} for effect in EFFECTS.values()]


def test_scenarios_are_listed_with_their_evidence(say: Callable[..., Said]) -> None:
    _, out, _ = say("faults", "--scenarios")
    assert all(f"{one.name}: {one.about}" in out and one.evidence[0].source in out for one in shipped_scenarios())
    told = json.loads(say("faults", "--scenarios", "--json")[1])
    assert [(one["name"], len(one["evidence"])) for one in told] == [
        (one.name, len(one.evidence)) for one in shipped_scenarios()
    ]


@pytest.mark.parametrize("more", [[], ["lost"], ["--codes"], ["--scenarios"]], ids=str)
def test_a_provider_that_there_is_not_is_refused_with_the_names(say: Callable[..., Said], more: list[str]) -> None:
    for words in (more, [*more, "--json"]):
        code, out, err = say("faults", *words, "--provider", "fla")
        assert (code, out) == (2, "")
        assert err == "vidmock: unknown provider 'fla'. Did you mean 'fal'? Known: eachlabs, fal, runpod, runware.\n"


def test_a_providers_list_has_the_effects_phases_and_scenarios_that_can_be_seen_there(say: Callable[..., Said]) -> None:
    for name in providers():
        lines = say("faults", "--provider", name)[1].splitlines()
        told = {line.split()[0]: lines[number + 1] for number, line in enumerate(lines) if line[:1].isalpha()}
        listed = [one["name"] for one in json.loads(say("faults", "--provider", name, "--json")[1])]
        assert listed == [*filter(told.__contains__, EFFECTS)] != [*EFFECTS]
        for effect in EFFECTS.values():
            phases = {phase for phase in effect.phases if phase in phases_at(name) and not effect.why_not(name, phase)}
            assert (effect.name in told) is bool(phases)
            if phases:
                assert set(told[effect.name].partition(" at ")[2].partition(";")[0].split(", ")) == phases
    forged = {name: "webhook-forged: " in say("faults", "--scenarios", "--provider", name)[1] for name in providers()}
    assert forged == {"fal": True, "eachlabs": True, "runpod": False, "runware": False}


@pytest.mark.parametrize("words", [["--codes", "--scenarios"], ["lost", "--codes"], ["lost", "--scenarios"]], ids=str)
def test_two_lists_at_once_are_refused(say: Callable[..., Said], words: list[str]) -> None:
    code, out, err = say("faults", *words)
    assert (code, out) == (2, "")
    assert "not allowed with" in err or "leave one of them out" in err


@pytest.mark.parametrize("provider", providers())
def test_every_error_of_a_provider_is_listed_with_its_evidence(say: Callable[..., Said], provider: str) -> None:
    code, out, _ = say("faults", "--codes", "--provider", provider)
    assert code == 0
    assert len(out.splitlines()) == len(known_errors(provider))
    for line, error in zip(out.splitlines(), known_errors(provider), strict=True):
        assert line.split()[:3] == [provider, error.name, str(error.status)]
        assert line.endswith(str(error.evidence))
    assert [one["code"] for one in json.loads(say("faults", "--codes", "--provider", provider, "--json")[1])] == [
        error.code for error in known_errors(provider)
    ]


def test_the_errors_of_all_providers_are_listed_together(say: Callable[..., Said]) -> None:
    assert {line.split()[0] for line in say("faults", "--codes")[1].splitlines()} == {*providers()}


def test_a_fault_is_shown_at_each_provider_in_its_own_words(say: Callable[..., Said]) -> None:
    code, out, err = say("faults", "rate_limit=7")
    assert (code, err) == (0, "")
    shown = dict(part.split(":", 1) for part in out.split("\n\n")[1:])
    assert [*shown] == ["runpod", "runware", "fal", "eachlabs"]
    assert all("429 Too Many Requests" in part and "charged $0.00" in part for part in shown.values())
    assert '"code":"rateLimitExceeded"' in shown["runware"]
    assert '"error_type":"concurrent_requests_limit"' in shown["fal"]
    assert "retry-after: 7" in shown["fal"]


def test_it_is_asked_for_as_in_a_prompt(say: Callable[..., Said]) -> None:
    _, out, _ = say("faults", "edge_page=504", "at=poll", "nginx=true", "--provider", "fal")
    assert "[[vidmock: edge_page=504 at=poll nginx=true]]" in out
    assert "*     1.50 s  GET /fal/queue/" in out
    assert "504 Gateway Timeout" in out
    assert "<center>nginx</center>" in out


@pytest.mark.parametrize("words", [("hang",), ("lost", "at=after")], ids=" ".join)
def test_no_answer_is_called_that(say: Callable[..., Said], words: tuple[str, ...]) -> None:
    assert "no answer" in say("faults", *words, "--provider", "runpod")[1]


def test_what_a_provider_lacks_is_said(say: Callable[..., Said]) -> None:
    assert "eachlabs has no stream" in say("faults", "lost", "at=stream")[1]


def test_files_are_not_printed(say: Callable[..., Said]) -> None:
    _, out, _ = say("faults", "media_other_codec", "--provider", "runware")
    assert "bytes, which begin with b'\\x1aE\\xdf\\xa3" in out
    assert len(out) < 10_000


def test_a_demonstration_is_data_as_well(say: Callable[..., Said]) -> None:
    (play,) = json.loads(say("faults", "webhook_repeated=2", "--provider", "runpod", "--json")[1])
    assert [scene.get("sends", scene.get("request", "")).split()[0] for scene in play["scenes"]] == ["POST"] * 3
    assert play["charged"] == "0.56"
    assert play["scenes"][1]["body"] == play["scenes"][2]["body"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("hag",), "Did you mean 'hang'?"),
        (
            ("error=429", "--provider", "runware"),
            "runware has no error '429'. eachlabs and fal and runpod have it.",
        ),
        (("hang", "at=webhook"), "hang cannot happen in phase 'webhook'"),
        (("hang", "--provider", "fall"), "Did you mean 'fal'?"),
    ],
    ids=["effect", "code", "phase", "provider"],
)
def test_what_there_is_not_is_said_with_what_there_is(
    say: Callable[..., Said], words: tuple[str, ...], said: str
) -> None:
    code, out, err = say("faults", *words)
    assert (code, out) == (2, "")
    assert said in err
