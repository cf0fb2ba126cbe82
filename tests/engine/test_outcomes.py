"""What a fault makes of a job's timeline, at submission and while it runs."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidmock.engine.faults.outcomes import OUTCOMES, apply_outcome, end_now
from vidmock.engine.faults.rules import Effect
from vidmock.engine.jobs.job import Failure, Job, Output, State, Step
from vidmock.engine.time.epoch import FOREVER

JOB = Job(
    id="j",
    provider="fal",
    model="m",
    world="w",
    input={},
    prompt="",
    timeline=(Step(0.0, State.QUEUED), Step(1.0, State.RUNNING), Step(3.0, State.SUCCEEDED)),
    outputs=(),
    cost=Decimal("0.56"),
    worker="w",
    origin="http://mock.test",
)
ARGUMENTS: dict[str, dict[str, Any]] = {
    "fail": {"code": "moderated", "message": ""},
    "moderated": {},
    "cancelled": {},
    "stuck": {"state": "queued"},
    "partial": {"made": 1, "code": "internal"},
    "slow": {"seconds": 900.0},
    "requeue": {"seconds": 30.0},
    "spread": {"seconds": 60.0},
    "too_late": {},
}


def test_every_outcome_is_shown_here() -> None:
    assert set(ARGUMENTS) == set(OUTCOMES)


def test_a_job_has_ended_by_itself_before_its_cancellation_is_there() -> None:
    job = apply_outcome(JOB, Effect("too_late", {}), 2.0)
    assert (states(job, 1.9, 2.0), job.ends, job.owed) == (["running", "succeeded"], 2.0, Decimal(0))


def states(job: Job, *moments: float) -> list[str]:
    return [job.state(moment).value for moment in moments]


def filmed(*costs: str) -> Job:
    outputs = (Output(f"o{cost}", 1, 1920, 1080, 5.0, "mp4", False, Decimal(cost)) for cost in costs)
    return replace(JOB, outputs=tuple(outputs))


def test_of_a_partial_job_so_many_videos_are_made_and_the_others_are_given_back() -> None:
    job = apply_outcome(filmed("1", "2", "4"), Effect("partial", {"made": 1, "code": "moderated"}), 0.0)
    assert [output.failure.code if output.failure else None for output in job.outputs] == [
        None,
        "moderated",
        "moderated",
    ]
    assert (job.state(3.0), job.owed) == (State.SUCCEEDED, Decimal(6))


@pytest.mark.parametrize("made", [-1, 0, 1, 2])
def test_a_single_video_is_always_made(made: int) -> None:
    job = apply_outcome(filmed("1"), Effect("partial", {"made": made, "code": "internal"}), 0.0)
    assert (job, job.owed) == (filmed("1"), Decimal(0))


@pytest.mark.parametrize("name", ["fail", "moderated", "cancelled"])
def test_all_is_owed_for_a_job_that_came_to_nothing(name: str) -> None:
    assert apply_outcome(filmed("1", "2"), Effect(name, ARGUMENTS[name]), 0.0).owed == JOB.cost


def test_a_job_that_is_to_fail_runs_its_course_first() -> None:
    job = apply_outcome(JOB, Effect("fail", ARGUMENTS["fail"]), 0.0)
    assert states(job, 0.5, 1.5, 3.0) == ["queued", "running", "failed"]
    assert job.failure
    assert (job.failure.code, job.failure.reason) == ("moderated", "the input is against the content policy")


def test_a_running_job_that_is_made_to_fail_fails_at_once() -> None:
    job = apply_outcome(JOB, Effect("fail", {"code": "E42", "message": "no"}), 2.0)
    assert states(job, 1.5, 2.0, 9.0) == ["running", "failed", "failed"]
    assert job.failure
    assert (job.failure.code, job.failure.message) == ("E42", "no")


@pytest.mark.parametrize(("state", "later"), [("queued", "queued"), ("running", "running")])
def test_a_stuck_job_never_ends(state: str, later: str) -> None:
    job = apply_outcome(JOB, Effect("stuck", {"state": state}), 0.0)
    assert states(job, 2.0, 1e6, 1e10) == [later] * 3
    assert job.ends == FOREVER


def test_a_running_job_gets_stuck_where_it_is() -> None:
    job = apply_outcome(JOB, Effect("stuck", {"state": "queued"}), 2.0)
    assert states(job, 2.5, 1e9) == ["running", "running"]


@pytest.mark.parametrize("failure", [None, Failure("internal", "")], ids=["sound", "refused"])
@pytest.mark.parametrize("deadline", [None, 86_400.0])
def test_a_stuck_job_that_is_let_go_ends_as_it_would_have(failure: Failure | None, deadline: float | None) -> None:
    stuck = apply_outcome(replace(JOB, failure=failure, deadline=deadline), Effect("stuck", {"state": "running"}), 0.0)
    freed = apply_outcome(stuck, Effect("slow", {"seconds": 900.0}), 10.0, forced=True)
    assert freed.ends < 86_400
    assert freed.timeline[-1].state is (State.FAILED if failure else State.SUCCEEDED)


def test_a_slow_job_runs_for_as_long_as_it_says() -> None:
    job = apply_outcome(JOB, Effect("slow", {"seconds": 900.0}), 0.0)
    assert states(job, 0.5, 2.0, 900.9, 901.1) == ["queued", "running", "running", "succeeded"]


@pytest.mark.parametrize(
    ("effect", "limits", "ends", "why"),
    [
        (Effect("slow", {"seconds": 900.0}), {"run_limit": 600.0}, 601.0, "run_timeout"),
        (Effect("stuck", {"state": "running"}), {"run_limit": 600.0}, 601.0, "run_timeout"),
        (Effect("stuck", {"state": "queued"}), {"wait_limit": 60.0}, 60.0, "start_timeout"),
        (Effect("requeue", {"seconds": 90.0}), {"wait_limit": 60.0}, 62.0, "start_timeout"),
    ],
    ids=["slow", "stuck at work", "stuck in the queue", "requeued"],
)
def test_no_job_goes_past_the_limits_that_it_was_submitted_with(
    effect: Effect, limits: dict[str, Any], ends: float, why: str
) -> None:
    job = apply_outcome(replace(JOB, **limits), effect, 0.0)
    assert (job.ends, job.timeline[-1].state) == (ends, State.FAILED)
    assert job.failure
    assert job.failure.code == why


@pytest.mark.parametrize("state", ["queued", "running"])
def test_a_stuck_job_is_cancelled_at_its_deadline(state: str) -> None:
    job = apply_outcome(replace(JOB, deadline=3600.0), Effect("stuck", {"state": state}), 0.0)
    assert states(job, 3599.0, 3600.0) == [state, "cancelled"]


def test_a_requeued_job_waits_again_before_it_succeeds() -> None:
    job = apply_outcome(JOB, Effect("requeue", {"seconds": 30.0}), 0.0)
    assert states(job, 0.5, 1.5, 2.5, 31.9, 32.5, 34.1) == [
        "queued",
        "running",
        "queued",
        "queued",
        "running",
        "succeeded",
    ]


@pytest.mark.parametrize("name", ARGUMENTS)
def test_a_job_that_has_ended_is_left_alone(name: str) -> None:
    assert apply_outcome(JOB, Effect(name, ARGUMENTS[name]), 3.0) is JOB


@given(name=st.sampled_from(sorted(ARGUMENTS)), now=st.floats(0, 2.999))
def test_the_past_stays_and_time_never_runs_backwards(name: str, now: float) -> None:
    job = apply_outcome(JOB, Effect(name, ARGUMENTS[name]), now)
    assert all(job.state(at) is JOB.state(at) for at in (0.0, now / 2, now * 0.99) if at < now)
    assert list(job.timeline) == sorted(job.timeline, key=lambda step: step.at)
    assert job.timeline[-1].state.ended
    assert not any(step.state.ended for step in job.timeline[:-1])


def apart(*ready: float | None) -> Job:
    """``JOB``, whose outputs ``o0``, ``o1``, … cost 1 USD each and are ready at these moments."""
    outputs = (
        Output(f"o{n}", 1, 1920, 1080, 5.0, "mp4", False, Decimal(1), ready=moment) for n, moment in enumerate(ready)
    )
    return replace(JOB, outputs=tuple(outputs), cost=Decimal(len(ready)), apart=True)


def moments(job: Job) -> list[float]:
    """When each output is settled."""
    return [job.ends if output.ready is None else output.ready for output in job.outputs]


def made(job: Job, now: float) -> list[str]:
    return [output.id for output in job.made_outputs(now)]


def test_outputs_are_made_one_by_one_and_the_last_with_the_job() -> None:
    job = apart(2.5, None, 2.75)
    assert [made(job, now) for now in (2.4, 2.5, 2.75, 3.0)] == [[], ["o0"], ["o0", "o2"], ["o0", "o1", "o2"]]
    assert [job.next_change(now) for now in (0.0, 1.0, 2.5, 2.75, 3.0)] == [1.0, 2.5, 2.75, 3.0, None]


@pytest.mark.parametrize(
    ("effect", "ends", "expected"),
    [
        (Effect("slow", {"seconds": 900.0}), 901.0, [900.5, 901.0]),
        (Effect("requeue", {"seconds": 30.0}), 34.0, [33.5, 34.0]),
        (Effect("fail", ARGUMENTS["fail"]), 3.0, [3.0, 3.0]),
        (Effect("stuck", {"state": "queued"}), FOREVER, [FOREVER, FOREVER]),
        (Effect("cancelled", {}), 0.5, [0.5, 0.5]),
        (Effect("spread", {"seconds": 60.0}), 62.5, [2.5, 62.5]),
    ],
    ids=lambda value: value.name if isinstance(value, Effect) else None,
)
def test_outputs_that_are_to_come_move_with_the_end_of_their_job(
    effect: Effect, ends: float, expected: list[float]
) -> None:
    job = apply_outcome(apart(2.5, None), effect, 0.5)
    assert (job.ends, moments(job)) == (ends, expected)


@pytest.mark.parametrize("name", ["fail", "cancelled", "succeed"])
def test_what_was_ready_before_stays_made_whatever_becomes_of_the_job(name: str) -> None:
    arguments = ARGUMENTS.get(name, {})
    job = apply_outcome(apart(2.5, None, 2.75), Effect(name, arguments), 2.6, forced=True)
    assert job.ends == 2.6
    assert moments(job) == [2.5, 2.6, 2.6]
    assert made(job, 9.0) == (["o0", "o1", "o2"] if name == "succeed" else ["o0"])
    assert job.owed == (0 if name == "succeed" else 2)


def test_a_job_that_ends_now_ends_with_all_its_outputs() -> None:
    job = end_now(apart(2.5, None), 1.5)
    assert (job.ends, moments(job), made(job, 1.5)) == (1.5, [1.5, 1.5], ["o0", "o1"])


def test_outputs_are_spread_evenly_in_the_order_in_which_they_would_have_come() -> None:
    job = apply_outcome(apart(2.75, None, 2.5), Effect("spread", {"seconds": 60.0}), 0.0)
    assert moments(job) == [32.5, 62.5, 2.5]
    again = apply_outcome(job, Effect("spread", {"seconds": 10.0}), 20.0)
    assert moments(again) == [32.5, 42.5, 2.5], "what is there already stays"


@pytest.mark.parametrize(
    "job",
    [
        replace(apart(None, None), apart=False),
        apart(None),
        apply_outcome(apart(2.5, None), Effect("cancelled", {}), 9.0),
    ],
    ids=["told together", "one", "ended"],
)
def test_there_is_nothing_to_spread_where_outputs_come_together(job: Job) -> None:
    assert apply_outcome(job, Effect("spread", {"seconds": 60.0}), 2.6) is job


def test_a_spread_is_cut_off_by_the_limits_of_the_job() -> None:
    job = apply_outcome(replace(apart(2.5, None, None), run_limit=30.0), Effect("spread", {"seconds": 60.0}), 0.0)
    assert (job.ends, job.timeline[-1].state, made(job, 99.0)) == (31.0, State.FAILED, ["o0"])
    assert job.owed == 2


@given(st.lists(st.floats(2.0, 3.0), min_size=1, max_size=4), st.floats(0.0, 4.0), st.sampled_from(sorted(OUTCOMES)))
def test_no_effect_changes_what_was_ready(ready: list[float], now: float, name: str) -> None:
    job = apart(*ready, None)
    changed = apply_outcome(job, Effect(name, ARGUMENTS[name]), now)
    assert {*made(job, now)} <= {*made(changed, now)}
    assert {*made(job, now)} <= {*made(changed, FOREVER)}
    for before, after in zip(moments(job), moments(changed), strict=True):
        assert after == before if before <= now else now <= after <= changed.ends
