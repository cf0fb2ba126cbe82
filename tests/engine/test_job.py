"""A job's state is a function of the clock, and of nothing else."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidmock.engine.jobs.job import Job, State, Step

moments = st.floats(0, 1000)
ends = st.sampled_from([State.SUCCEEDED, State.FAILED])


@st.composite
def jobs(draw: st.DrawFn) -> Job:
    queued, running, ended = sorted(draw(st.tuples(moments, moments, moments)))
    steps = (Step(queued, State.QUEUED), Step(running, State.RUNNING), Step(ended, draw(ends)))
    return Job("id", "fal", "m", "key", {}, "", steps, (), Decimal(1), "w", "http://mock.test")


@given(jobs(), moments)
def test_the_state_is_the_last_step_that_has_come(job: Job, now: float) -> None:
    come = [step.state for step in job.timeline if step.at <= now]
    assert job.state(now) is (come[-1] if come else State.QUEUED)
    assert job.ended(now) == (job.ends <= now)
    assert not job.ended(now) or job.state(now).ended


@given(jobs(), st.lists(moments, max_size=10))
def test_states_never_go_back(job: Job, looks: list[float]) -> None:
    order = [State.QUEUED, State.RUNNING, State.SUCCEEDED, State.FAILED]
    ranks = [order.index(job.state(now)) for now in sorted(looks)]
    assert ranks == sorted(ranks)


@given(jobs(), moments)
def test_the_next_change_is_the_first_moment_at_which_the_state_differs_from_now_on(job: Job, now: float) -> None:
    change = job.next_change(now)
    if change is None:
        assert job.state(now) is job.state(job.ends)
    else:
        assert change > now
        assert all(step.at <= now or step.at >= change for step in job.timeline)


@given(jobs(), moments, moments)
def test_cancelling_keeps_the_past_and_drops_the_plan(job: Job, now: float, later: float) -> None:
    if job.created > now or job.ended(now):
        return
    cancelled = job.cancelled_at(now)
    assert cancelled.ends == now
    assert cancelled.state(now + later) is State.CANCELLED
    assert cancelled.timeline[:-1] == tuple(step for step in job.timeline if step.at <= now)
    assert (cancelled.since(State.RUNNING) is None) == (job.timeline[1].at > now)


@pytest.mark.parametrize("state", list(State), ids=str)
def test_three_states_are_ends(state: State) -> None:
    assert state.ended == (state.value in {"succeeded", "failed", "cancelled"})
