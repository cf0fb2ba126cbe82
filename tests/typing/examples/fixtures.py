"""What a type checker knows of the fixtures, where a test says what they are."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, assert_type

import pytest

from vidmock import ClockHandle, EffectName, MockServer, MockWorld, ReceivedWebhook, WebhookReceiver


@pytest.fixture(scope="session")
def vidmock_server() -> Iterator[MockServer]:
    with MockServer(clock="manual", seed=7) as server:
        yield server


@pytest.fixture
def app_world(vidmock_server: MockServer) -> Iterator[MockWorld]:
    yield vidmock_server.world("the-key")
    vidmock_server.close("the-key")


@pytest.mark.vidmock(latency="15m")
@pytest.mark.parametrize("effect", ["lost", "reset"])
def test_a_lost_answer(
    vidmock: MockWorld, vidmock_clock: ClockHandle, vidmock_env: dict[str, str], effect: EffectName
) -> None:
    vidmock.faults.add(effect, phase="after", operation="submit", times=1)
    vidmock_clock.advance("15m")
    assert_type(vidmock.ledger.wasted, Decimal)
    assert_type(vidmock_env["FAL_KEY"], str)


async def app(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})


def test_a_webhook(vidmock: MockWorld, vidmock_hook: WebhookReceiver, vidmock_module: MockWorld) -> None:
    vidmock_hook.answer(503, times=2)
    vidmock_hook.deliver_to(app)
    assert_type(vidmock_hook.wait(within="1h"), ReceivedWebhook)
    assert_type([came.signed for came in vidmock_hook], list[bool | None])
    before = vidmock.snapshot()
    assert_type(vidmock.fork("another"), MockWorld)
    vidmock.restore(before)
    with vidmock_module.receive_webhooks() as hook:
        assert_type(hook, WebhookReceiver)
