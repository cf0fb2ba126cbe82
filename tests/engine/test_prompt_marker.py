"""Faults that a prompt asks for."""

from __future__ import annotations

import re

import pytest

from vidmock.engine.faults.prompt_marker import rules_in_prompt
from vidmock.engine.faults.rules import Effect
from vidmock.problems import BadRequest


def test_a_prompt_without_a_marker_asks_for_nothing() -> None:
    assert rules_in_prompt("a red kite [[with brackets]]") == ()


def test_a_marker_is_an_effect_at_a_moment_for_this_prompt_once() -> None:
    (rule,) = rules_in_prompt("a red kite [[vidmock: edge_page=504 at=poll:2 nginx=true]]")
    assert (rule.phase, rule.nth, rule.times) == ("poll", (2,), 1)
    assert rule.effect == Effect("edge_page", {"status": 504, "nginx": True})
    assert re.search(rule.prompt, "a red kite [[vidmock: edge_page=504 at=poll:2 nginx=true]]")
    assert not re.search(rule.prompt, "another kite [[vidmock: edge_page=504 at=poll:2 nginx=true]]")


def test_the_phase_is_the_effects_first_where_none_is_said() -> None:
    assert rules_in_prompt("[[vidmock: webhook_lost]]")[0].phase == "webhook"
    assert rules_in_prompt("[[vidmock: fail=moderated]]")[0].phase == "before"


def test_the_value_of_error_is_its_code() -> None:
    (rule,) = rules_in_prompt("[[vidmock: error=contentPolicyViolation at=poll]]")
    assert rule.phase == "poll"
    assert rule.effect == Effect("error", {"code": "contentPolicyViolation", "message": ""})


@pytest.mark.parametrize(("times", "expected"), [("times=3", 3), ("times=always", None)])
def test_it_says_how_often(times: str, expected: int | None) -> None:
    assert rules_in_prompt(f"[[vidmock: lost at=poll {times}]]")[0].times == expected


def test_a_quoted_value_has_spaces() -> None:
    (rule,) = rules_in_prompt("[[vidmock: fail=moderated message='not in this country']]")
    assert rule.effect.arguments == {"code": "moderated", "message": "not in this country"}


def test_several_markers_are_several_rules() -> None:
    both = rules_in_prompt("[[vidmock: lost at=after]] a kite [[vidmock: stuck]]")
    assert [rule.effect.name for rule in both] == ["lost", "stuck"]
    assert len({rule.id for rule in both}) == 2


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
        rules_in_prompt(prompt)
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
        rules_in_prompt(f"a kite [[vidmock: {marker}]]")
    assert re.search(words, str(refused.value))
