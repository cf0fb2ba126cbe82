"""Every effect, in every phase, at every provider: it can be seen, or there is a reason why not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from vidmock.engine.faults.catalog import EFFECTS, checked_rule
from vidmock.engine.faults.reserved_keys import ABOUT
from vidmock.engine.faults.rules import PHASES, Effect, FaultRule, Phase
from vidmock.server.demonstration import Demonstration, demonstrate
from vidmock.server.sample_calls import SAMPLES

CASES = [(name, phase, provider) for name, kind in EFFECTS.items() for phase in kind.phases for provider in SAMPLES]
LACKING = {("runware", "cancel"), ("runware", "stream"), ("eachlabs", "stream"), ("runpod", "upload")}
WITHOUT_STATUS = {("runware", "after"), ("fal", "poll")}
NAMELESS = {("fal", "poll"), ("fal", "cancel"), ("runpod", "stream")}
UNSIGNED = {"runpod", "runware"}
CODES = {"runware": "rateLimitExceeded"}


def unseen(name: str, phase: Phase, provider: str) -> str:
    """Why the effect cannot be seen there, if it cannot."""
    if name == "missing_field" and (phase == "upload" or (provider, phase) in WITHOUT_STATUS):
        return "that answer has no status"
    if name == "other_job" and (phase == "upload" or (provider, phase) in NAMELESS):
        return "that answer names no job"
    if name == "other_urls" and (phase == "cancel" or (phase == "after" and provider != "fal")):
        return "that answer has no address"
    if name in ("partial", "spread") and provider != "runware":
        return "there is one video only"
    if name in ("webhook_unsigned", "webhook_forged") and provider in UNSIGNED:
        return "nothing is signed there"
    if name in ("webhook_stale", "webhook_rotated") and provider != "fal":
        return "no time is signed there, and with no key"
    return ""


def told(play: Demonstration) -> list[object]:
    return [(scene.at, scene.line, scene.status, sorted(scene.headers), scene.body) for scene in play.scenes]


@pytest.mark.parametrize(("name", "phase", "provider"), CASES)
def test_an_effect_can_be_seen(name: str, phase: Phase, provider: str) -> None:
    arguments = {"error": {"code": CODES.get(provider, "429")}, "set_field": {"path": "new"}}.get(name, {})
    # A job has an address once it has ended.
    nth = (2,) if name == "other_urls" and phase == "poll" else ()
    rule = checked_rule(FaultRule(phase, Effect(name, arguments), provider=provider, nth=nth))
    play, usual = demonstrate(provider, rule), demonstrate(provider, replace(rule, nth=(999,)))
    if (provider, phase) in LACKING:
        assert play is usual is None
        return
    assert play
    assert usual
    assert not any(scene.struck for scene in usual.scenes)
    if EFFECTS[name].kind in ("problem", "answer", "body", "media") and phase != "webhook":
        assert [scene.struck for scene in play.scenes].count(True) == 1
    # The pace of bytes is nothing that one process could see of itself.
    if name not in ("trickle", "slow_headers"):
        assert (told(play) == told(usual)) == bool(unseen(name, phase, provider))


@pytest.mark.parametrize("provider", SAMPLES)
def test_money_is_told(provider: str) -> None:
    lost, failed = (demonstrate(provider, FaultRule(*rule)) for rule in (("after", Effect("lost")), ("before", FAIL)))
    assert lost
    assert failed
    assert float(lost.charged) > float(lost.refunded) == 0
    assert failed.charged == failed.refunded != "0.00"


FAIL = Effect("fail", {"code": "internal", "message": ""})


PAGE = (Path(__file__).parents[2] / "docs" / "faults.md").read_text("utf-8")


def row_of(name: str, cells: str) -> str:
    rows = [line for line in PAGE.splitlines() if line.startswith(f"| `{name}` |")]
    assert len(rows) == 1, f"docs/faults.md should have one row: | `{name}` | {cells}"
    return rows[0]


@pytest.mark.parametrize("name", [name for name, kind in EFFECTS.items() if kind.kind != "problem"])
def test_the_page_says_what_an_effect_does(name: str) -> None:
    row = row_of(name, f"{EFFECTS[name].about} | each argument as `name=default` |")
    _, _, about, arguments, _ = row.split("|")
    assert about.strip() == EFFECTS[name].about
    words = (word.strip(" `").partition("=") for word in arguments.split(","))
    shown = {key: EFFECTS[name].arguments[key].from_text(value) for key, _, value in words if key}
    assert (
        checked_rule(FaultRule(EFFECTS[name].phases[0], Effect(name, shown))).effect.arguments == EFFECTS[name].defaults
    )


@pytest.mark.parametrize("name", [name for name, kind in EFFECTS.items() if kind.kind == "problem" and name != "error"])
def test_the_page_says_what_each_provider_calls_it(name: str) -> None:
    row = row_of(name, "the status, and the code if it has one, at RunPod, Runware, fal and Eachlabs |")
    for cell, provider in zip(row.split("|")[2:], SAMPLES, strict=False):
        play = demonstrate(provider, checked_rule(FaultRule("before", Effect(name))))
        assert play
        (answer,) = (scene for scene in play.scenes if scene.struck)
        status, _, code = cell.strip().partition(" ")
        assert int(status) == answer.status
        assert code.strip("`") in answer.body.decode()


def test_the_page_names_every_key_and_phase() -> None:
    assert all(f"| `{key}` | {about} |" in PAGE for key, about in ABOUT.items())
    assert all(f"`{phase}`" in PAGE for phase in PHASES)
