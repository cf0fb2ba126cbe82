"""Webhooks as handles, and waiting for one on the mock's clock."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

import httpx
import pytest

from vidmock import AsyncMockServer, MockServer
from vidmock.testing.clocks import NoWebhook

if TYPE_CHECKING:
    from tests.testing.conftest import Receiver

MODEL = "fal-ai/kling-video/o1/reference-to-video"
Submit = Callable[..., str]


def test_waiting_lets_the_time_pass_that_it_takes(mock: MockServer, submit: Submit, receiver: Receiver) -> None:
    receiver.statuses = [500, 200]
    began = mock.clock.now
    job = submit(fal_webhook=receiver.url)
    delivery = mock.webhooks.wait_for(job)
    assert [attempt.status for attempt in delivery.attempts] == [500, 200]
    assert mock.clock.now - began > 900
    assert mock.webhooks.filter(job=job) == [delivery] == [mock.webhooks[0]]
    assert (len(mock.webhooks), list(mock.webhooks), mock.webhooks.filter(job="another")) == (1, [delivery], [])
    assert len(receiver.bodies) == 2
    mock.assert_no_waste()


def test_a_webhook_that_does_not_come_is_told_with_the_story(mock: MockServer, submit: Submit) -> None:
    with pytest.raises(NoWebhook, match=r"no webhook of job .* within 60 s\n\n.*is charged"):
        mock.webhooks.wait_for(submit(), within="1m")


def test_time_that_flows_is_waited_for(receiver: Receiver) -> None:
    with MockServer(clock="scaled:1000") as mock, httpx.Client(transport=mock.transport()) as client:
        answer = client.post(
            f"{mock.fal.queue_url}/{MODEL}",
            json={"prompt": "x"},
            params={"fal_webhook": receiver.url},
            headers={"Authorization": "Key k"},
        )
        job = answer.json()["request_id"]
        assert mock.webhooks.wait_for(job).accepted
        with pytest.raises(NoWebhook):
            mock.webhooks.wait_for("another", within=1)


def test_those_that_await_can_wait_as_well(receiver: Receiver) -> None:
    async def work() -> None:
        async with AsyncMockServer(clock="manual") as mock, httpx.AsyncClient(transport=mock.transport()) as client:
            answer = await client.post(
                f"{mock.fal.queue_url}/{MODEL}",
                json={"prompt": "x"},
                params={"fal_webhook": receiver.url},
                headers={"Authorization": "Key k"},
            )
            assert (await mock.webhooks.wait_for(answer.json()["request_id"], within="1h")).accepted

    asyncio.run(work())
