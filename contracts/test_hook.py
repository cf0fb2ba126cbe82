"""HOOK: webhooks come repeatedly, at the same time, late, or for other jobs; each job has one effect."""

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
def _only_with_webhooks(harness: Harness) -> None:
    if not harness.takes_webhooks:
        pytest.skip("this client takes no webhooks: it has no handle_webhook(body, headers)")


@pytest.mark.check("HOOK-02", seen="open-saas#688: 13 credits became 33 when a webhook was replayed in parallel")
@profile()
@given(data=st.data())
def test_copies_of_a_webhook_have_one_effect(harness: Harness, data: st.DataObject) -> None:
    """Up to ten copies of a webhook come at once, before any poll: the job is published once."""
    request = data.draw(valid_requests(harness.wire, harness.models), label="request")
    copies = data.draw(COPIES, label="copies")

    def deliver(trial: Trial) -> None:
        trial.deliver(trial.next_webhook(), copies)
        trial.wait_for_deliveries()

    with harness.trial(webhooks=True, in_first_sleep=deliver) as trial:
        trial.attempt(request.model, request.input)
        _one_effect(trial)


@pytest.mark.check("HOOK-06", seen="code100x/photo-ai#26: webhooks for other people's jobs")
@profile()
@given(data=st.data())
def test_a_webhook_for_another_clients_job_has_no_effect(harness: Harness, data: st.DataObject) -> None:
    """A webhook for a job that the client did not start changes nothing, however well formed it is."""
    request = data.draw(valid_requests(harness.wire, harness.models), label="request")
    other = str(data.draw(st.uuids(version=4), label="id of another job")).encode()
    with harness.trial(webhooks=True) as trial:
        trial.attempt(request.model, request.input)
        webhook = trial.next_webhook()
        trial.deliver(replace(webhook, body=_UUID.sub(other, webhook.body)))
        trial.wait_for_deliveries()
        _one_effect(trial)


@pytest.mark.check("HOOK-07", seen="lobehub#13428: a webhook settles what was charged in advance, a poll never does")
@profile()
@given(data=st.data())
def test_a_poll_and_a_webhook_finish_a_job_once(harness: Harness, data: st.DataObject) -> None:
    """Webhooks come while the client polls, and more of them after the result: the job is published once."""
    request = data.draw(valid_requests(harness.wire, harness.models), label="request")
    early, late = data.draw(COPIES, label="early copies"), data.draw(COPIES, label="late copies")
    seen: list[ReceivedWebhook] = []

    def deliver(trial: Trial) -> None:
        seen.append(trial.next_webhook())
        trial.deliver(seen[0], early)

    with harness.trial(webhooks=True, in_first_sleep=deliver) as trial:
        trial.attempt(request.model, request.input)
        trial.deliver(seen[0], late)
        trial.wait_for_deliveries()
        _one_effect(trial)


def _one_effect(trial: Trial) -> None:
    accepted, published = trial.charges().accepted, [result.job_id for result in trial.published]
    assert accepted == 1, f"one call was paid for {accepted} times"
    assert len(published) == 1, f"one job was published {len(published)} times: {published}"
