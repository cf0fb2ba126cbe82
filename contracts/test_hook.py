"""HOOK: webhooks come twice, all at once, late, or from strangers; one job has one effect."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidmock.kit.generation import valid_requests
from vidmock.kit.harness import Harness, Trial
from vidmock.kit.profiles import profile
from vidmock.kit.webhook_receiver import ReceivedWebhook

COPIES = st.integers(1, 10)
_UUID = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@pytest.fixture(autouse=True)
def _hooked(stage: Harness) -> None:
    if not stage.hooked:
        pytest.skip("this client takes no webhooks: it has no handle_webhook(body, headers)")


@pytest.mark.check("HOOK-02", seen="open-saas#688: 13 credits became 33 when a webhook was replayed in parallel")
@profile()
@given(data=st.data())
def test_copies_of_a_webhook_have_one_effect(stage: Harness, data: st.DataObject) -> None:
    """The same delivery, up to ten times at once, before any poll: the job is published once."""
    wish = data.draw(valid_requests(stage.wire, stage.models), label="request")
    copies = data.draw(COPIES, label="copies")

    def deliver(act: Trial) -> None:
        act.deliver(act.delivery(), copies)
        act.settle()

    with stage.act(hooks=True, meanwhile=deliver) as act:
        act.attempt(wish.model, wish.input)
        _one_effect(act)


@pytest.mark.check("HOOK-06", seen="code100x/photo-ai#26: webhooks for jobs of someone else")
@profile()
@given(data=st.data())
def test_a_webhook_for_a_strangers_job_has_no_effect(stage: Harness, data: st.DataObject) -> None:
    """A delivery for a job that this client did not start changes nothing, however well formed it is."""
    wish = data.draw(valid_requests(stage.wire, stage.models), label="request")
    other = str(data.draw(st.uuids(version=4), label="stranger")).encode()
    with stage.act(hooks=True) as act:
        act.attempt(wish.model, wish.input)
        delivery = act.delivery()
        act.deliver(replace(delivery, body=_UUID.sub(other, delivery.body)))
        act.settle()
        _one_effect(act)


@pytest.mark.check("HOOK-07", seen="lobehub#13428: what a webhook settles, a poll does not")
@profile()
@given(data=st.data())
def test_a_poll_and_a_webhook_finish_a_job_once(stage: Harness, data: st.DataObject) -> None:
    """Polls and deliveries race, and more deliveries come after the result: the job is published once."""
    wish = data.draw(valid_requests(stage.wire, stage.models), label="request")
    racing, late = data.draw(COPIES, label="racing"), data.draw(COPIES, label="late")
    seen: list[ReceivedWebhook] = []

    def deliver(act: Trial) -> None:
        seen.append(act.delivery())
        act.deliver(seen[0], racing)

    with stage.act(hooks=True, meanwhile=deliver) as act:
        act.attempt(wish.model, wish.input)
        act.deliver(seen[0], late)
        act.settle()
        _one_effect(act)


def _one_effect(act: Trial) -> None:
    accepted, published = act.bill().accepted, [result.job_id for result in act.published]
    assert accepted == 1, f"one call was paid for {accepted} times"
    assert len(published) == 1, f"one job was published {len(published)} times: {published}"
