"""TERM and TIME: every job comes to an end, and the client knows which."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidmock.kit.client import Result, StillRunning
from vidmock.kit.generation import valid_requests
from vidmock.kit.harness import Harness
from vidmock.kit.profiles import profile

WAITS = st.floats(0, 8)
RUNS = st.floats(0, 40)
RHYTHMS = st.lists(st.sampled_from([0.1, 0.5, 1.0, 2.0]), min_size=1, max_size=4)


@pytest.mark.check("TERM-07", seen="runpod 1.12.0: output() is None while the job is IN_PROGRESS")
@profile()
@given(data=st.data())
def test_a_job_is_finished_when_it_is_and_once(stage: Harness, data: st.DataObject) -> None:
    """However long a job takes, and in whatever rhythm it is polled: one result when it is there, and one charge."""
    wish = data.draw(valid_requests(stage.wire, stage.models), label="request")
    latency = data.draw(WAITS, label="waits"), data.draw(RUNS, label="runs")
    with stage.act(latency=latency, rhythm=data.draw(RHYTHMS, label="rhythm")) as act:
        outcome = act.attempt(wish.model, wish.input)
        assert isinstance(outcome, Result), f"the job succeeded, but the client says: {outcome!r}"
        assert outcome.videos, "the job succeeded, but the client returned before it had, without a video"
        accepted, published = act.bill().accepted, len(act.published)
        assert (accepted, published) == (1, 1), f"accepted {accepted} times and published {published} times, not once"


@pytest.mark.check("TIME-04", seen="elizaOS#11862: refunded at the timeout, and billed by the provider all the same")
@profile()
@given(data=st.data())
def test_a_deadline_is_not_a_failure(stage: Harness, data: st.DataObject) -> None:
    """When the deadline passes while the job runs, the error says so and holds the job's id."""
    wish = data.draw(valid_requests(stage.wire, stage.models), label="request")
    deadline = data.draw(st.floats(1, 20), label="deadline")
    with stage.act(latency=(0.0, 3600.0)) as act:
        outcome = act.attempt(wish.model, wish.input, deadline)
        assert isinstance(outcome, StillRunning), f"the job still runs, but the client says: {outcome!r}"
        assert outcome.job_id, "the error does not hold the job's id, so nobody can ask for the job any more"
        sent = len(act.submissions)
        assert sent == 1, f"one call was submitted {sent} times"
