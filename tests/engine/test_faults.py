"""Which moments a rule strikes, and how often."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from vidmock.engine.faults.catalog import EFFECTS, checked_rule
from vidmock.engine.faults.faults import Faults
from vidmock.engine.faults.problems import at_provider
from vidmock.engine.faults.reach import OPERATIONS_IN
from vidmock.engine.faults.rules import PHASES, Effect, FaultRule, Moment
from vidmock.engine.faults.target import OPERATIONS
from vidmock.problems import BadRequest

LOST = Effect("lost")
POLL = Moment("poll", "fal", "poll", "a/model", "job-1", "a red kite")


def struck(faults: Faults, *moments: Moment) -> list[str]:
    hits = [faults.strike(moment) for moment in moments]
    return [hit[1].name if hit else "" for hit in hits]


@pytest.fixture
def faults() -> Faults:
    return Faults(Random(0))


def test_without_rules_nothing_strikes(faults: Faults) -> None:
    assert struck(faults, POLL) == [""]


def test_an_empty_rule_strikes_every_moment_of_its_phase(faults: Faults) -> None:
    faults.add(FaultRule("poll", LOST))
    assert struck(faults, POLL, replace(POLL, job="other"), replace(POLL, phase="cancel")) == ["lost", "lost", ""]


@pytest.mark.parametrize(
    ("field", "same", "other"),
    [
        ("provider", "fal", "runpod"),
        ("operation", "poll", "result"),
        ("model", "a/model", "b/model"),
        ("job", "job-1", "job-2"),
        ("prompt", "red k", "blue"),
    ],
    ids=["provider", "operation", "model", "job", "prompt"],
)
def test_a_rule_strikes_only_what_it_names(faults: Faults, field: str, same: str, other: str) -> None:
    faults.add(replace(FaultRule("poll", LOST), **{field: same}))  # type: ignore[arg-type]  # every field here is text
    assert struck(faults, POLL) == ["lost"]
    faults.clear()
    faults.add(replace(FaultRule("poll", LOST), **{field: other}))  # type: ignore[arg-type]  # as above
    assert struck(faults, POLL) == [""]


def test_the_nth_moment_is_counted_among_those_that_match(faults: Faults) -> None:
    faults.add(FaultRule("poll", LOST, job="job-1", nth=(2, 3)))
    other = replace(POLL, job="job-2")
    assert struck(faults, POLL, other, POLL, other, POLL, POLL) == ["", "", "lost", "", "lost", ""]


def test_a_rule_strikes_as_often_as_it_says(faults: Faults) -> None:
    faults.add(FaultRule("poll", LOST, times=2))
    assert struck(faults, POLL, POLL, POLL) == ["lost", "lost", ""]


def test_the_first_rule_that_applies_strikes_and_the_others_still_count(faults: Faults) -> None:
    faults.add(FaultRule("poll", LOST, times=1))
    faults.add(FaultRule("poll", Effect("hang"), nth=(2,)))
    assert struck(faults, POLL, POLL, POLL) == ["lost", "hang", ""]


def test_chance_is_drawn_from_the_seed() -> None:
    def run(seed: int) -> list[str]:
        faults = Faults(Random(seed))
        faults.add(FaultRule("poll", LOST, probability=0.5))
        return struck(faults, *[POLL] * 100)

    assert run(1) == run(1)
    assert run(1) != run(2)
    assert 20 < run(1).count("lost") < 80


def test_rules_are_named_listed_and_removed(faults: Faults) -> None:
    first, second = faults.add(FaultRule("poll", LOST)), faults.add(FaultRule("poll", LOST, id="mine"))
    assert [rule.id for rule, _ in faults] == ["fault-1", "mine"] == [first.id, second.id]
    assert "mine" in faults
    assert faults.remove("mine")
    assert not faults.remove("mine")
    struck(faults, POLL)
    assert [(tally.seen, tally.fired) for _, tally in faults] == [(1, 1)]


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (FaultRule("pol", LOST), "no such phase: 'pol'. Did you mean 'poll'?"),  # type: ignore[arg-type]  # the mistake
        (FaultRule("poll", LOST, probability=2), "above 0 and at most 1"),
        (FaultRule("poll", LOST, probability=0), "above 0 and at most 1"),
        (FaultRule("poll", LOST, nth=(0,)), "count from 1"),
        (FaultRule("poll", LOST, times=0), "count from 1"),
        (FaultRule("poll", LOST, prompt="("), "not a regular expression"),
    ],
    ids=["phase", "probability", "never", "nth", "times", "prompt"],
)
def test_a_senseless_rule_is_refused_with_words(faults: Faults, rule: FaultRule, words: str) -> None:
    with pytest.raises(BadRequest) as refused:
        faults.add(rule)
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (FaultRule("poll", Effect("lots")), "Did you mean 'lost'?"),
        (FaultRule("before", Effect("webhook_lost")), "cannot happen in phase 'before'; it can in webhook"),
        (FaultRule("poll", Effect("late", {"minutes": 1})), "no argument 'minutes'; it has seconds"),
        (FaultRule("poll", Effect("lost", {"x": 1})), "it has none"),
        (
            FaultRule("poll", Effect("late", {"seconds": "soon"})),
            "cannot be 'soon'; it is a number from 0 to ten years",
        ),
        (
            FaultRule("poll", Effect("edge_page", {"nginx": "maybe"})),
            "cannot be 'maybe'; it is true or false",
        ),
        (
            FaultRule("poll", Effect("edge_page", {"status": True})),
            "cannot be True; it is a whole number from 200",
        ),
        (FaultRule("before", Effect("error")), "error needs a code, such as 429"),
        (FaultRule("before", Effect("error", {"code": "42"})), "no provider has an error '42'. Did you mean '429'?"),
        (FaultRule("poll", Effect("error", {"code": "rateLimitExceeded"}), "runpod"), "runware has it"),
        (FaultRule("poll", Effect("error", {"code": "429"}), "runpdo"), "Did you mean 'runpod'?"),
        (FaultRule("poll", LOST, provider="fall"), "unknown provider 'fall'. Did you mean 'fal'?"),
        (FaultRule("poll", LOST, operation="pol"), "no operation 'pol'. Did you mean 'poll'?"),
        (FaultRule("poll", LOST, model="kling-video-o1-r2"), "Did you mean 'kling-video-o1-r2v'?"),
        (
            FaultRule("poll", LOST, provider="fal", model="kling-video-o1-r2v"),
            "fal has no model 'kling-video-o1-r2v' here",
        ),
        (
            FaultRule("after", Effect("error", {"code": "inferenceError"})),
            "a job of runware's fails: in phase before or poll",
        ),
    ],
    ids=[
        "name",
        "phase",
        "argument",
        "no arguments",
        "number",
        "boolean",
        "a boolean for a number",
        "no code",
        "code",
        "another provider's code",
        "a provider that is none",
        "provider",
        "operation",
        "model",
        "another provider's model",
        "a job's code for an answer",
    ],
)
def test_a_senseless_effect_is_refused_with_words(rule: FaultRule, words: str) -> None:
    with pytest.raises(BadRequest) as refused:
        checked_rule(rule)
    assert words in str(refused.value)


def test_a_model_may_be_named_by_an_alias() -> None:
    assert checked_rule(FaultRule("poll", LOST, model="klingai-video-o1-pro")).model == "klingai:kling@o1"
    assert checked_rule(FaultRule("poll", LOST, "runpod", model="kling-video-o1-r2v")).model == "kling-video-o1-r2v"


def test_every_operation_of_a_provider_can_be_aimed_at() -> None:
    aimed = {name for names in OPERATIONS_IN.values() for name in names}
    assert aimed == {*OPERATIONS}
    for phase, names in OPERATIONS_IN.items():
        for name in names:
            effect = Effect("webhook_lost") if phase == "webhook" else Effect("no_balance")
            assert checked_rule(FaultRule(phase, effect, operation=name)).operation == name


def test_arguments_are_completed_and_read() -> None:
    rule = checked_rule(FaultRule("poll", Effect("edge_page", {"status": "504", "nginx": "yes"})))
    assert rule.effect.arguments == {"status": 504, "nginx": True, "retry_after": ""}
    plain = checked_rule(FaultRule("poll", Effect("edge_page")))
    assert plain.effect.arguments == {"status": 502, "nginx": False, "retry_after": ""}


def test_a_providers_own_error_is_its_jobs_failure_where_no_call_is_answered_with_it() -> None:
    rule = checked_rule(FaultRule("before", Effect("error", {"code": "job-timed-out"}), "runpod", id="mine"))
    effect = replace(rule.effect, rule="mine")
    assert at_provider(effect, "fal", "before") is effect
    failing = at_provider(effect, "runpod", "before")
    named = {"code": "job-timed-out", "message": ""}
    assert (failing.name, failing.arguments, failing.rule) == ("fail", named, "mine")
    answered = Effect("error", {"code": "429", "message": ""})
    assert at_provider(answered, "runpod", "before") is answered


@pytest.mark.parametrize("name", EFFECTS)
def test_every_effect_says_what_it_does_and_when(name: str) -> None:
    kind = EFFECTS[name]
    assert kind.about
    assert kind.phases
    assert set(kind.phases) <= set(PHASES)
    assert kind.main is None or kind.main in kind.arguments
