"""TERM: the client knows when a job has ended, whatever the latency and its own polls are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidmock.kit.client import Result
from vidmock.kit.generation import client_requests
from vidmock.kit.harness import Harness
from vidmock.kit.profiles import profile

WAITS = st.floats(0, 8)
"""Seconds of the mock for which a job waits."""
RUNS = st.floats(0, 40)
"""Seconds of the mock for which a job runs."""
SLEEP_FACTORS = st.lists(st.sampled_from([0.1, 0.5, 1.0, 2.0]), min_size=1, max_size=4)


@pytest.mark.check("TERM-07", seen="runpod 1.12.0: output() is None while the job is IN_PROGRESS")
@profile()
@given(data=st.data())
def test_a_job_is_finished_once_and_not_before_it_ends(harness: Harness, data: st.DataObject) -> None:
    """Whatever the latency and the time between polls, a job has one result, not before it ends, and one charge."""
    request = data.draw(client_requests(harness.wire, harness.models), label="request")
    latency = data.draw(WAITS, label="seconds waiting"), data.draw(RUNS, label="seconds running")
    with harness.trial(latency=latency, sleep_factors=data.draw(SLEEP_FACTORS, label="sleep factors")) as trial:
        outcome = trial.attempt(request.model, request.input)
        assert isinstance(outcome, Result), f"the job succeeded, but the client says: {outcome!r}"
        assert outcome.videos, "the client returned without a video, before the job had ended"
        accepted, published = trial.charges().accepted, len(trial.published)
        assert (accepted, published) == (1, 1), f"accepted {accepted} times and published {published} times, not once"
