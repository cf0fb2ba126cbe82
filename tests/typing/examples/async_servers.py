"""What a type checker knows of a server in the running loop."""

from __future__ import annotations

from typing import assert_type

import httpx

from vidmock import (
    AsyncClockHandle,
    AsyncMockServer,
    AsyncMockWorld,
    AsyncWebhooksHandle,
    Delivery,
    JobRecord,
    MockWorld,
    Settings,
    WorldHandle,
)


async def look() -> None:
    async with AsyncMockServer(seed=1, clock="manual", latency="15m") as mock:
        assert_type(mock, AsyncMockServer)
        assert_type(mock.clock, AsyncClockHandle)
        assert_type(mock.webhooks, AsyncWebhooksHandle)
        assert_type(mock.world("key", Settings(seed=2)), AsyncMockWorld)
        assert_type(mock.worlds, dict[str, AsyncMockWorld])
        assert_type(mock.jobs.one(provider="fal"), JobRecord)
        async with httpx.AsyncClient(transport=mock.transport()):
            await mock.clock.advance("15m")
        await mock.clock.run_until_idle()
        assert_type(await mock.webhooks.wait_for("id", within="1h"), Delivery)
        assert_type(mock.clock.now, float)
        mock.close("key")
        assert_spent_little(mock)


def assert_spent_little(world: MockWorld | AsyncMockWorld) -> None:
    common: WorldHandle = world
    common.assert_spend(at_most="1.00")
