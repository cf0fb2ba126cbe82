"""SPEND: one call, at most one paid generation, whatever becomes of the answers."""

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
def test_a_dropped_answer_is_not_paid_for_twice(stage: Harness, data: st.DataObject) -> None:
    """The submission is accepted and its answer lost: one generation at most, and no talk of failure."""
    _lose(stage, data, data.draw(st.lists(st.sampled_from(DROPS), min_size=1, max_size=3), label="losses"))


@pytest.mark.check("SPEND-03", seen="fal-client 1.0.3 submits again when the page says nginx, and pays for 3")
@profile()
@given(data=st.data())
def test_a_gateway_page_after_acceptance_is_not_paid_for_twice(stage: Harness, data: st.DataObject) -> None:
    """The submission is accepted and a gateway answers 502 or 504 in HTML: one generation at most."""
    _lose(stage, data, data.draw(st.lists(st.sampled_from(PAGES), min_size=1, max_size=3), label="losses"))


@pytest.mark.check("SPEND-04", seen="ai 6.0.326 pays for 2 after one 502 on a poll")
@profile()
@given(data=st.data())
def test_trouble_while_polling_never_submits_again(stage: Harness, data: st.DataObject) -> None:
    """Lost and broken answers to polls cost nothing: what generates is sent once."""
    wish = data.draw(valid_requests(stage.wire, stage.models), label="request")
    with stage.act() as act:
        act.script.polls.extend(data.draw(st.lists(st.sampled_from(Loss), min_size=1, max_size=3), label="losses"))
        act.attempt(wish.model, wish.input)
        sent = len(act.submissions)
        assert sent == 1, f"the generation was submitted {sent} times because of what polls were answered"


@pytest.mark.check(
    "SPEND-05",
    seen="runware 0.5.24 captions an image under 3 names after 2 losses",
    providers=("runware",),
)
@profile()
@given(data=st.data())
def test_a_repeated_submission_keeps_its_name(stage: Harness, data: st.DataObject) -> None:
    """A submission that is sent again carries the same taskUUID, under which nothing is made twice."""
    wish = data.draw(valid_requests(stage.wire, stage.models), label="request")
    with stage.act() as act:
        act.script.submits.append(data.draw(st.sampled_from((*DROPS, *PAGES)), label="loss"))
        outcome = act.attempt(wish.model, wish.input)
        names = {json.loads(body)[0]["taskUUID"] for body in act.submissions}
        assert len(names) == 1, f"one call was submitted under {len(names)} names: {names}"
        assert isinstance(outcome, Result | OutcomeUnknown), f"the job is there, but the client made of it: {outcome!r}"


def _lose(stage: Harness, data: st.DataObject, losses: list[Loss]) -> None:
    wish = data.draw(valid_requests(stage.wire, stage.models), label="request")
    with stage.act() as act:
        act.script.submits.extend(losses)
        outcome = act.attempt(wish.model, wish.input)
        _once(act)
        assert isinstance(outcome, Result | OutcomeUnknown), (
            f"the outcome is unknown and the job may be paid for, but the client says: {outcome!r}"
        )


def _once(act: Trial) -> None:
    accepted = act.bill().accepted
    assert accepted <= 1, f"{accepted} generations were paid for, after {len(act.submissions)} submissions for one call"
