"""A call reads only the fault rules that may strike it: counted, not timed."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vidmock.engine.faults import faults as world_faults
from vidmock.engine.faults.faults import USED_UP_KEPT, Faults
from vidmock.engine.faults.rules import Effect, FaultRule, Moment
from vidmock.problems import BadRequest

LOST = Effect("lost")
POLL = Moment("poll", "fal", "poll", "a/model", "job-1", "scene 0042: a red kite")


@pytest.fixture
def faults() -> Faults:
    return Faults(Random(0))


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[FaultRule]:
    """The rules that were compared with a moment."""
    rules: list[FaultRule] = []
    plain = FaultRule.matches

    def counting(rule: FaultRule, moment: Moment) -> bool:
        rules.append(rule)
        return plain(rule, moment)

    monkeypatch.setattr(FaultRule, "matches", counting)
    return rules


@pytest.mark.parametrize(
    "others",
    [
        [FaultRule("cancel", LOST)],
        [FaultRule("poll", LOST, provider="runpod")],
        [FaultRule("poll", LOST, job=f"job-{number}") for number in range(2, 1_000)],
        [FaultRule("poll", LOST, model=f"a/model-{number}") for number in range(1_000)],
        [FaultRule("poll", LOST, prompt=f"scene {number:04}") for number in range(1_000) if number != 42],
        [FaultRule("poll", LOST, prompt=f"a*kite {number:04}*x") for number in range(100, 1_000)],
    ],
    ids=["phase", "provider", "job", "model", "prompt", "pattern"],
)
def test_rules_about_something_else_are_not_read(
    faults: Faults, read: list[FaultRule], others: list[FaultRule]
) -> None:
    for other in others:
        faults.add(other)
    faults.add(FaultRule("poll", LOST, prompt="scene 0042", id="meant"))
    hit = faults.strike(POLL)
    assert hit is not None
    assert hit[0].id == "meant"
    assert len(read) <= 2, "two scenes may share the word by which they are found"


def test_a_long_prompt_is_read_no_further_than_it_is_searched(faults: Faults, read: list[FaultRule]) -> None:
    faults.add(FaultRule("poll", LOST, prompt="kite"))
    assert faults.strike(replace(POLL, prompt="x" * world_faults.MOST_RULES * 2 + "kite")) is None
    assert read == []


def test_a_replaced_rule_is_tried_in_its_old_place(faults: Faults) -> None:
    for name in ("first", "second"):
        faults.add(FaultRule("poll", LOST, id=name))
    faults.add(FaultRule("poll", LOST, id="first", job="job-1"))
    hit = faults.strike(POLL)
    assert hit is not None
    assert hit[0].id == "first"
    assert [tally.seen for _, tally in faults] == [1, 1]


def test_used_up_rules_count_on_and_the_oldest_are_dropped(faults: Faults, read: list[FaultRule]) -> None:
    for number in range(2 * USED_UP_KEPT):
        faults.add(FaultRule("poll", LOST, times=1, id=f"once-{number}"))
        faults.strike(POLL)
    assert len(list(faults)) == USED_UP_KEPT
    assert "once-0" not in faults
    read.clear()
    assert faults.strike(POLL) is None
    assert len(read) == USED_UP_KEPT


def test_a_rule_that_was_used_up_can_be_added_again(faults: Faults) -> None:
    for _ in range(2):
        faults.add(FaultRule("poll", LOST, nth=(1,), id="mine"))
        assert faults.strike(POLL) is not None
        assert faults.strike(POLL) is None
    assert [tally.seen for _, tally in faults] == [2]


def test_there_are_not_more_rules_than_a_limit(faults: Faults, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world_faults, "MOST_RULES", 2)
    monkeypatch.setattr(world_faults, "USED_UP_KEPT", 0)
    faults.add(FaultRule("poll", LOST, times=1))
    faults.strike(POLL)
    for name in ("a", "b", "b"):
        faults.add(FaultRule("poll", LOST, id=name))
    with pytest.raises(BadRequest, match="there are 2 fault rules under this key, as many as there can be"):
        faults.add(FaultRule("poll", LOST, id="c"))
    state = faults.state()
    state["rules"] += [{**state["rules"][0], "rule": {**state["rules"][0]["rule"], "id": "c"}}]
    with pytest.raises(BadRequest, match="there are 3 fault rules, and at most 2 can be used"):
        faults.restore(state, lambda rule: rule)


WORDS = st.sampled_from(["", "red", "kite", "a red", "*", "red*", "*kite", "ki", "blue", "r*d*k"])
RULES = st.builds(
    FaultRule,
    phase=st.sampled_from(["poll", "cancel"]),
    effect=st.just(LOST),
    provider=st.sampled_from(["", "fal", "runpod"]),
    model=st.sampled_from(["", "m"]),
    job=st.sampled_from(["", "j"]),
    prompt=WORDS,
    id=st.sampled_from([f"rule-{number}" for number in range(8)]),
)
MOMENTS = st.builds(
    Moment,
    phase=st.sampled_from(["poll", "cancel"]),
    provider=st.sampled_from(["fal", "runpod"]),
    model=st.sampled_from(["m", "n"]),
    job=st.sampled_from(["j", "k"]),
    prompt=st.sampled_from(["", "red", "a red kite", "kite, red", "k" * 40]),
)


@settings(max_examples=100)
@given(st.lists(st.one_of(RULES, RULES.map(lambda rule: rule.id)), max_size=20), MOMENTS)
def test_what_the_index_finds_is_what_reading_all_rules_finds(steps: list[FaultRule | str], moment: Moment) -> None:
    faults = Faults(Random(0))
    kept: dict[str, FaultRule] = {}
    for step in steps:
        if isinstance(step, str):
            assert faults.remove(step) == (kept.pop(step, None) is not None)
        else:
            kept[step.id] = faults.add(step)
    hit = faults.strike(moment)
    matching = [rule for rule in kept.values() if rule.matches(moment)]
    assert (hit and hit[0]) == (matching[0] if matching else None)
    assert {rule.id for rule, tally in faults if tally.seen} == {rule.id for rule in matching}
