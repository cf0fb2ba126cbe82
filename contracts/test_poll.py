"""POLL: trouble on the way to the result is not the result."""

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
def test_a_job_survives_gateway_pages(stage: Harness, data: st.DataObject) -> None:
    """A 502 or 504 on a poll passes: the job goes on, and its result is delivered."""
    _survive(stage, data, (Loss.BAD_GATEWAY, Loss.GATEWAY_TIMEOUT))


@pytest.mark.check("POLL-03", seen="gdsfactory/gsim#98: a connection reset during a poll")
@profile()
@given(data=st.data())
def test_a_job_survives_lost_connections(stage: Harness, data: st.DataObject) -> None:
    """A connection that closes before or within the answer to a poll: the client asks again until its deadline."""
    _survive(stage, data, (Loss.DROPPED, Loss.CUT))


def _survive(stage: Harness, data: st.DataObject, losses: tuple[Loss, ...]) -> None:
    wish = data.draw(valid_requests(stage.wire, stage.models), label="request")
    with stage.act() as act:
        planned = data.draw(st.lists(st.sampled_from(losses), min_size=1, max_size=3), label="losses")
        act.script.polls.extend(planned)
        outcome = act.attempt(wish.model, wish.input)
        happened = ", ".join(loss.value for loss in planned)
        assert isinstance(outcome, Result), f"the job succeeded; as on polls {happened}, the client says: {outcome!r}"
