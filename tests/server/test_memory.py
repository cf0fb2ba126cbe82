"""A server can run for days: whatever is held stays at its bound, however many requests come."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from tests.conftest import House, Wire

    from vidmock.engine.world.world import World

ROUNDS = 250
"""Of every provider: each bound is met more than ten times over."""
KEEP_JOBS, KEEP_EXCHANGES = 20, 30


def _sizes(house: House, world: World) -> dict[str, int]:
    worlds = house.app.engine.worlds
    return {
        "jobs": len(world.jobs),
        "ended": len(list(world.jobs.ended())),
        "endings": len(list(world.jobs.unfinished())),
        "exchanges": len(world.journal),
        "deliveries": len(world.outbox),
        "lines": len(world.ledger.lines()),
        "timers": len(world.clock),
        "jobs by id": len(worlds._by_job),
        "outputs by id": len(worlds._by_output),
        "waiting": len(house.app.engine._waiting),
    }


def test_any_number_of_requests_leaves_no_more_than_the_bounds(
    houses: Callable[..., House], wires: tuple[Wire, ...]
) -> None:
    house = houses(keep_jobs=KEEP_JOBS, keep_exchanges=KEEP_EXCHANGES)

    async def one(client: httpx.AsyncClient, wire: Wire, number: int) -> str:
        key = {"authorization": f"{'Key' if wire.name == 'fal' else 'Bearer'} a-key"}
        body, params = wire.webhook(wire.body, "http://receiver.test/")
        if isinstance(body, list):
            body = [body[0] | {"taskUUID": f"00000000-0000-4000-8000-{number:012}"}]
        answer = await client.post(wire.submit_path, json=body, params=params, headers=key)
        method, path, poll = wire.poll(wire.job_id(answer.json()))
        answer = await client.request(method, path, json=poll, headers=key)
        return path

    async def story() -> None:
        world = house.world()
        transport = httpx.ASGITransport(house.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://mock.test") as client:
            for number in range(ROUNDS):
                paths = [await one(client, wire, number) for wire in wires]
                if number % 3 == 0:
                    await client.put(paths[2] + "/cancel", headers={"authorization": "Key a-key"})
                await world.clock.advance(1.0)
                house.receiver.messages.clear()

    house.run(story())
    world = house.world()
    assert world.journal.seen >= 2 * ROUNDS * len(wires)
    assert world.ledger.jobs == ROUNDS * len(wires)
    sizes = _sizes(house, world)
    assert sizes["endings"] <= 3 * len(wires)
    assert sizes["jobs"] <= KEEP_JOBS + sizes["endings"]
    assert sizes["ended"] == sizes["lines"] == KEEP_JOBS
    assert sizes["exchanges"] == sizes["deliveries"] == KEEP_EXCHANGES
    assert sizes["jobs by id"] <= sizes["outputs by id"] == sizes["jobs"]
    assert sizes["waiting"] == 0
    assert sizes["timers"] <= 64


def test_waiting_for_ever_leaves_no_timer_behind(house: House) -> None:
    async def story() -> None:
        headers = {"authorization": "Key a-key"}
        transport = httpx.ASGITransport(house.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://mock.test", headers=headers) as client:
            for _ in range(200):
                url = "/fal/run/fal-ai/kling-video/o1/reference-to-video"
                waiting = asyncio.ensure_future(client.post(url, json={"prompt": "x"}))
                while house.world().jobs.idle:
                    assert not waiting.done(), "it was refused"
                    await asyncio.sleep(0)
                await house.world().clock.advance(3)
                assert (await waiting).status_code == 200

    house.run(story())
    assert len(house.world().clock) <= 64


def test_refused_keys_make_no_worlds(house: House) -> None:
    for number in range(100):
        house.post("/fal/queue/x/y", {}, None, headers={"authorization": "Key vidmock-invalid"})
        house.get(f"/fal/queue/x/y/requests/{number}", None)
    assert [world.key for world in house.app.engine.worlds] == [""]
