"""Faults that a prompt asks for."""

from __future__ import annotations

import re
from dataclasses import replace
from random import Random

import pytest

from vidmock.engine.faults.faults import TURNS_KEPT, Faults
from vidmock.engine.faults.prompt_marker import MOST_MARKERS, faults_in_prompt, parse_marker, strike_asked
from vidmock.engine.faults.prompt_pattern import SEARCHED_PROMPT
from vidmock.engine.faults.rules import Effect, Moment
from vidmock.engine.jobs.asked import AskedFault
from vidmock.problems import BadRequest

BEFORE = Moment("before", "fal", "submit", "a/model", prompt="a kite")
POLL = replace(BEFORE, phase="poll", operation="poll", job="job-1")


@pytest.fixture
def faults() -> Faults:
    return Faults(Random(0))


def asked(*markers: str) -> tuple[AskedFault, ...]:
    return tuple(map(AskedFault, markers))


def submits(faults: Faults, marker: str, count: int, moment: Moment = BEFORE) -> list[bool]:
    """Which of so many submits with the same prompt are struck."""
    return [strike_asked(asked(marker), moment, faults)[1] is not None for _ in range(count)]


def polls(faults: Faults, marker: str, count: int) -> list[bool]:
    """Which of so many polls of one job are struck."""
    held, struck = asked(marker), []
    for _ in range(count):
        held, effect = strike_asked(held, POLL, faults)
        struck.append(effect is not None)
    return struck


def test_a_prompt_without_a_marker_asks_for_nothing() -> None:
    assert faults_in_prompt("a red kite [[with brackets]]", "fal") == ()


def test_a_marker_is_an_effect_at_a_moment() -> None:
    rule = parse_marker("edge_page=504 at=poll:2 nginx=true")
    assert (rule.phase, rule.nth, rule.times) == ("poll", (2,), 1)
    assert rule.effect == Effect("edge_page", {"status": 504, "nginx": True, "retry_after": ""})


def test_the_phase_is_the_effects_first_where_none_is_said() -> None:
    assert parse_marker("webhook_lost").phase == "webhook"
    assert parse_marker("fail=moderated").phase == "before"


def test_the_value_of_error_is_its_code() -> None:
    rule = parse_marker("error=contentPolicyViolation at=poll")
    assert rule.phase == "poll"
    assert rule.effect == Effect("error", {"code": "contentPolicyViolation", "message": ""})


@pytest.mark.parametrize(
    ("marker", "expected"),
    [
        ("lost at=poll", 1),
        ("lost at=poll times=3", 3),
        ("lost at=poll times=always", None),
        ("lost at=after", None),
        ("rate_limit", None),
        ("rate_limit times=2", 2),
    ],
)
def test_it_says_how_often(marker: str, expected: int | None) -> None:
    assert parse_marker(marker).times == expected


@pytest.mark.parametrize(
    ("marker", "phase", "struck"),
    [
        ("moderated", "before", "xxxxxx"),
        ("stuck times=always", "before", "xxxxxx"),
        ("lost at=after", "after", "xxxxxx"),
        ("rate_limit times=2", "before", "xx.xx."),
        ("lost at=after times=1", "after", "x.x.x."),
        ("lost at=before:3", "before", "..x..x"),
        ("lost at=before:1", "before", "xxxxxx"),
    ],
)
def test_each_submit_with_the_prompt_is_struck_or_as_many_as_it_says(
    faults: Faults, marker: str, phase: str, struck: str
) -> None:
    moment = replace(BEFORE, phase=phase)  # type: ignore[arg-type]  # one of its words
    assert submits(faults, marker, 6, moment) == [sign == "x" for sign in struck]


@pytest.mark.parametrize(
    ("marker", "struck"),
    [
        ("edge_page at=poll", "x...."),
        ("fail at=poll", "x...."),
        ("edge_page at=poll:2", ".x..."),
        ("edge_page at=poll times=2", "xx..."),
        ("edge_page at=poll times=always", "xxxxx"),
        ("edge_page at=poll:2 times=always", ".x..."),
        ("edge_page at=cancel", "....."),
    ],
)
def test_each_job_is_struck_once_or_as_often_as_it_says(faults: Faults, marker: str, struck: str) -> None:
    for _ in range(2):
        assert polls(faults, marker, 5) == [sign == "x" for sign in struck]


def test_submits_are_counted_for_each_prompt_and_marker_and_forgotten_at_the_end_of_a_round(faults: Faults) -> None:
    one, other = asked("lost at=before:2", "reset at=before:3"), replace(BEFORE, prompt="another kite")
    names = [getattr(strike_asked(one, BEFORE, faults)[1], "name", "") for _ in range(6)]
    assert names == ["", "lost", "reset", "lost", "", "lost"]
    assert submits(faults, "lost at=before:2", 2, other) == [False, True]
    assert faults.state()["turns"] == {}


def test_the_submits_of_so_many_prompts_are_counted(faults: Faults) -> None:
    for number in range(TURNS_KEPT + 5):
        submits(faults, "lost at=before:2", 1, replace(BEFORE, prompt=f"kite {number}"))
    assert len(faults.state()["turns"]) == TURNS_KEPT


def test_of_several_markers_the_first_strikes_and_the_others_still_count(faults: Faults) -> None:
    held, effect = strike_asked(asked("lost at=poll", " reset at=poll:2 "), POLL, faults)
    assert effect == Effect("lost")
    assert (effect.rule, effect.confined) == ("prompt: lost at=poll", True)
    assert [(one.seen, one.fired) for one in held] == [(1, 1), (1, 0)]
    held, effect = strike_asked(held, POLL, faults)
    assert (effect and effect.name, [one.fired for one in held]) == ("reset", [1, 1])


def test_a_quoted_value_has_spaces() -> None:
    rule = parse_marker("fail=moderated message='not in this country'")
    assert rule.effect.arguments == {"code": "moderated", "message": "not in this country"}


def test_several_markers_are_several_faults() -> None:
    both = faults_in_prompt("[[vidmock: lost at=after]] a kite [[vidmock: stuck]]", "fal")
    assert [one.marker.strip() for one in both] == ["lost at=after", "stuck"]


def test_a_code_is_the_providers_to_whom_the_prompt_goes() -> None:
    assert faults_in_prompt("[[vidmock: error=rateLimitExceeded]]", "runware")
    with pytest.raises(BadRequest, match=r"fal has no error 'rateLimitExceeded'\. runware has it"):
        faults_in_prompt("[[vidmock: error=rateLimitExceeded]]", "fal")


@pytest.mark.parametrize(
    "prompt",
    [
        "a kite [[vidmock: lost at=after]",
        "a kite [[vidmock: lost at=after] over [[vidmock: stuck]]",
        "[[vidmock: rate_limit",
        "[[Vidmock: no_balance]]",
        "[[ vidmock no_balance ]]",
        "[[vidmock]]",
        "[[vidmock: stuck]] and [[vidmock:\nlost]]",
    ],
)
def test_what_only_begins_like_a_marker_is_refused(prompt: str) -> None:
    with pytest.raises(BadRequest) as refused:
        faults_in_prompt(prompt, "runware")
    assert "[[vidmock: edge_page at=poll:2]]" in str(refused.value)


@pytest.mark.parametrize(
    ("marker", "words"),
    [
        ("", "the marker is empty"),
        ("stock", "no effect 'stock'. Did you mean 'stuck'?"),
        ("lost=5", "lost takes no value"),
        ("lost at", "'at' is not of the form name=value"),
        ('fail="', "no closing quotation"),
        ("lost at=poll:zero", "'zero' is not a count"),
        ("lost at=later", "lost cannot happen in phase 'later'; it can in before"),
        ("lost times=0", "'0' is not a count"),
        ("late=soon", "cannot be 'soon'"),
        ("stuck colour=red", "no argument 'colour'; it has state"),
        ("error=contentPolicyVoilation", "Did you mean 'contentPolicyViolation'?"),
    ],
)
def test_a_marker_that_cannot_be_read_says_what_would_be_right(marker: str, words: str) -> None:
    with pytest.raises(BadRequest) as refused:
        faults_in_prompt(f"a kite [[vidmock: {marker}]]", "runware")
    assert re.search(words, str(refused.value))


def test_a_prompt_has_only_so_many_markers() -> None:
    assert len(faults_in_prompt("[[vidmock: lost]]" * MOST_MARKERS, "fal")) == MOST_MARKERS
    with pytest.raises(BadRequest, match=f"at most {MOST_MARKERS} markers"):
        faults_in_prompt("[[vidmock: lost]]" * (MOST_MARKERS + 1), "fal")


def test_markers_are_looked_for_at_the_beginning_of_a_prompt() -> None:
    marker = "[[vidmock: lost]]"
    assert faults_in_prompt("x" * SEARCHED_PROMPT + marker, "fal") == ()
    assert len(faults_in_prompt("x" * (SEARCHED_PROMPT - len(marker)) + marker, "fal")) == 1
    with pytest.raises(BadRequest, match="begins like a marker"):
        faults_in_prompt("x" * (SEARCHED_PROMPT - len(marker) + 1) + marker, "fal")
