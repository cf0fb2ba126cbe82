"""What a type checker knows of the fixtures, where a test says what they are."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import assert_type

import pytest

from vidmock import ClockHandle, EffectName, MockServer, MockWorld


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
