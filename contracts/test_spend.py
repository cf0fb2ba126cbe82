"""SPEND: one call pays for at most one generation, whatever happens to the answers."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidmock.kit.client import OutcomeUnknown, Result
from vidmock.kit.generation import valid_requests
from vidmock.kit.harness import Harness, Trial
from vidmock.kit.lossy_proxy import Loss
from vidmock.kit.profiles import profile

DROPS = (Loss.DROPPED, Loss.CUT)
PAGES = (Loss.BAD_GATEWAY, Loss.GATEWAY_TIMEOUT)


@pytest.mark.check("SPEND-01", seen="Comfy-Org/ComfyUI#16204: 4 billed, 0 delivered; fal-client 1.0.3 pays for 3")
@profile()
@given(data=st.data())
def test_a_dropped_answer_is_not_paid_for_twice(harness: Harness, data: st.DataObject) -> None:
    """The answer to an accepted submission is lost: at most one generation is paid for, and no failure reported."""
    _lose(harness, data, data.draw(st.lists(st.sampled_from(DROPS), min_size=1, max_size=3), label="losses"))


@pytest.mark.check("SPEND-03", seen="fal-client 1.0.3 submits again after an nginx page, and pays for 3")
@profile()
@given(data=st.data())
def test_a_gateway_page_after_acceptance_is_not_paid_for_twice(harness: Harness, data: st.DataObject) -> None:
    """A 502 or 504 page answers an accepted submission: at most one generation is paid for, and no failure reported."""
    _lose(harness, data, data.draw(st.lists(st.sampled_from(PAGES), min_size=1, max_size=3), label="losses"))


@pytest.mark.check("SPEND-04", seen="ai 6.0.326 pays for 2 after one 502 on a poll")
@profile()
@given(data=st.data())
def test_an_error_on_a_poll_never_submits_again(harness: Harness, data: st.DataObject) -> None:
    """Lost and broken answers to polls do not make the client submit again."""
    request = data.draw(valid_requests(harness.wire, harness.models), label="request")
    with harness.trial() as trial:
        trial.script.polls.extend(data.draw(st.lists(st.sampled_from(Loss), min_size=1, max_size=3), label="losses"))
        trial.attempt(request.model, request.input)
        sent = len(trial.submissions)
        assert sent == 1, f"the generation was submitted {sent} times, because of errors on polls"


@pytest.mark.check(
    "SPEND-05",
    seen="runware 0.5.24 captions an image under 3 taskUUIDs after 2 lost answers",
    providers=("runware",),
)
@profile()
@given(data=st.data())
def test_a_repeated_submission_keeps_its_task_uuid(harness: Harness, data: st.DataObject) -> None:
    """A submission that is sent again has the same taskUUID, under which nothing is made twice."""
    request = data.draw(valid_requests(harness.wire, harness.models), label="request")
    with harness.trial() as trial:
        trial.script.submits.append(data.draw(st.sampled_from((*DROPS, *PAGES)), label="loss"))
        outcome = trial.attempt(request.model, request.input)
        uuids = {json.loads(body)[0]["taskUUID"] for body in trial.submissions}
        assert len(uuids) == 1, f"one call was submitted under {len(uuids)} taskUUIDs: {uuids}"
        assert isinstance(outcome, Result | OutcomeUnknown), f"the job was accepted, but the client says: {outcome!r}"


def _lose(harness: Harness, data: st.DataObject, losses: list[Loss]) -> None:
    request = data.draw(valid_requests(harness.wire, harness.models), label="request")
    with harness.trial() as trial:
        trial.script.submits.extend(losses)
        outcome = trial.attempt(request.model, request.input)
        _paid_for_once(trial)
        assert isinstance(outcome, Result | OutcomeUnknown), (
            f"the outcome is unknown and the job may be paid for, but the client says: {outcome!r}"
        )


def _paid_for_once(trial: Trial) -> None:
    accepted = trial.charges().accepted
    assert accepted <= 1, f"{accepted} generations were paid for, after {len(trial.submissions)} submissions"
