"""POLL: an error on the way to the result is not the result."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidmock.kit.client import Result
from vidmock.kit.generation import valid_requests
from vidmock.kit.harness import Harness
from vidmock.kit.lossy_proxy import Loss
from vidmock.kit.profiles import profile


@pytest.mark.check("POLL-01", seen="fal-client 1.0.3 gives a job up after one 502")
@profile()
@given(data=st.data())
def test_a_job_survives_gateway_pages(harness: Harness, data: st.DataObject) -> None:
    """Polls are answered with 502 or 504 pages: the client polls on, and returns the job's result."""
    _survive(harness, data, (Loss.BAD_GATEWAY, Loss.GATEWAY_TIMEOUT))


@pytest.mark.check("POLL-03", seen="gdsfactory/gsim#98: a connection reset during a poll")
@profile()
@given(data=st.data())
def test_a_job_survives_lost_connections(harness: Harness, data: st.DataObject) -> None:
    """Connections close before or within the answer to a poll: the client polls on, and returns the job's result."""
    _survive(harness, data, (Loss.DROPPED, Loss.CUT))


def _survive(harness: Harness, data: st.DataObject, losses: tuple[Loss, ...]) -> None:
    request = data.draw(valid_requests(harness.wire, harness.models), label="request")
    with harness.trial() as trial:
        planned = data.draw(st.lists(st.sampled_from(losses), min_size=1, max_size=3), label="losses")
        trial.script.polls.extend(planned)
        outcome = trial.attempt(request.model, request.input)
        happened = ", ".join(loss.value for loss in planned)
        assert isinstance(outcome, Result), f"the job succeeded, but the client says: {outcome!r}. On polls: {happened}"
