"""A server can run for days: whatever is held stays at its bound, however many requests come."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

import httpx
import pytest
from tests.conftest import _fresh

from vidmock.engine.jobs.ledger import LINE_SIZE
from vidmock.engine.jobs.store import JOB_SIZE
from vidmock.engine.memory import WORLD_SIZE
from vidmock.engine.webhooks.outbox import DELIVERY_SIZE
from vidmock.engine.world.journal import Exchange
from vidmock.problems import Unavailable
from vidmock.server.app import App

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
        "waiting": len(house.app.engine._waiters._waiting),
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


def test_one_bound_holds_over_all_keys_and_the_idlest_loses_first(houses: Callable[..., House], wire: Wire) -> None:
    house = houses(memory=2**20)
    memory = house.app.engine.worlds.memory
    unfinished, ended = wire.submit(house, "waits"), wire.submit(house, "done")
    house.advance(4, "done")
    before = house.world("done").ledger.total
    large = ["x" * 40_000]
    for number in range(60):
        for _ in range(3):
            house.post(wire.submit_path, large, f"key-{number}")
            assert memory.held <= memory.most
    assert memory.held == _counted(house)
    assert list(house.world("waits").jobs) == [unfinished], "what has not ended is kept"
    assert wire.look(house, unfinished, "waits").status_code in (200, 202, 400)
    assert ended not in house.world("done").jobs
    assert house.world("done").ledger.total == before, "what was spent is remembered without the jobs"
    assert (len(house.world("key-0").journal), len(house.world("key-59").journal)) == (0, 3)
    assert memory.dropped["exchanges"] > 100
    assert memory.dropped["jobs"] == 1


def test_whatever_happens_the_account_is_what_is_held(houses: Callable[..., House], wires: tuple[Wire, ...]) -> None:
    house = houses(keep_jobs=4, keep_exchanges=6, keep_worlds=3, behaviours={"eachlabs.limits": "off"})
    for number in range(8):
        key = f"key-{number % 5}"
        for wire in wires:
            wire.look(house, wire.submit(house, key, webhook="http://receiver.test/"), key)
        if number % 2:
            house.advance(2 + number, key)
        if number == 6:
            house.post("/_vidmock/worlds/reset", {}, key)
        saved = house.get(f"/_vidmock/worlds/snapshot?key={key}", None).json()
        if number % 3 == 0:
            house.ask("PUT", f"/_vidmock/worlds/snapshot?key={key}", None, json=saved)
        worlds = house.app.engine.worlds
        assert worlds.memory.held == _counted(house)
        assert worlds.memory.pinned == sum(world.holding.pinned for world in worlds)
    for world in worlds:
        house.advance(40_000, world.key)
    assert worlds.memory.pinned == 0
    assert worlds.memory.held == _counted(house)


def _counted(house: House) -> int:
    """The bytes of all that is held, found by looking at it."""
    worlds = house.app.engine.worlds
    return sum(_counted_in(world) for world in worlds)


def _counted_in(world: World) -> int:
    deliveries = (*world.outbox, *world.outbox.planned.values())
    size: int = (
        WORLD_SIZE
        + sum(exchange.weight for exchange in world.journal)
        + sum(JOB_SIZE + job.weight for job in world.jobs.values())
        + LINE_SIZE * len(world.ledger.lines())
        + sum(DELIVERY_SIZE + len(one.message.body) for one in deliveries)
        + sum(upload.size for upload in (*world.files, *world.parts))
    )
    return size


def test_jobs_that_nobody_ends_are_refused_before_they_fill_the_memory(
    houses: Callable[..., House], wire: Wire
) -> None:
    house = houses(memory=2**18, behaviours={"eachlabs.limits": "off", "runpod.limits": "off"})
    memory = house.app.engine.worlds.memory
    answers = [house.post(wire.submit_path, _fresh(wire.body), f"key-{number % 7}") for number in range(60)]
    refused = [answer for answer in answers if answer.status_code >= 400]
    assert refused
    assert {answer.status_code for answer in refused} <= {429, 500, 503}
    assert memory.pinned <= memory.most_pinned
    assert memory.refused == len(refused)
    for number in range(7):
        house.advance(10, f"key-{number}")
    assert house.post(wire.submit_path, _fresh(wire.body), "key-0").status_code == 200


def test_more_jobs_of_one_key_than_may_wait_are_refused_as_too_many(
    houses: Callable[..., House], wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vidmock.engine.jobs.store.MOST_UNFINISHED", 2)
    house = houses(behaviours={"eachlabs.limits": "off", "runpod.limits": "off"})
    answers = [house.post(wire.submit_path, _fresh(wire.body), "a-key") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert house.world().ledger.jobs == 2
    house.advance(10)
    assert house.post(wire.submit_path, _fresh(wire.body), "a-key").status_code == 200


def test_bodies_under_way_have_a_bound_together(houses: Callable[..., House], wire: Wire) -> None:
    house = houses(memory=2**18)
    answer = house.post(wire.submit_path, "x" * (2**17 + 1), "a-key")
    assert answer.status_code in (429, 500, 503)
    assert house.app.engine.worlds.memory.pinned == 0


def test_whoever_runs_the_server_is_told_that_its_memory_is_full(houses: Callable[..., House]) -> None:
    said: list[str] = []
    house = houses(memory=2**16)
    app = App(house.app.engine.settings, house.receiver, notice=said.append)
    app.engine.worlds.world("a-key").holding.count(2**17)
    assert said == []
    app.engine.worlds.record(app.engine.worlds.world("a-key"), Exchange(0.0, "fal", "GET", "/x", (), b"", 200, (), b""))
    assert [line.partition(":")[0] for line in said] == ["memory is full"]
    with pytest.raises(Unavailable):
        app.engine.worlds.memory.check_room(2**16)
    assert "have not ended" in said[1]
    assert all("--memory" in line and "/_vidmock/memory" in line for line in said)
