"""How many attempts are under way at once, and who is next."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

import httpx
import pytest

from vidmock.engine.jobs.timeline import Latency
from vidmock.engine.time.mode import Mode
from vidmock.engine.webhooks.delivery import Message, ReceiverAnswer
from vidmock.engine.webhooks.under_way import UnderWay
from vidmock.engine.world.settings import Settings
from vidmock.engine.world.world import World
from vidmock.server.app import App

if TYPE_CHECKING:
    from tests.conftest import House, Wire

SECONDS = 60.0
"""Real ones, after which something hangs."""


class Counting:
    """A post office that answers after some turns of the event loop, and counts what is under way meanwhile."""

    def __init__(self) -> None:
        self.at: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.got: Counter[bytes] = Counter()
        self.timeouts: set[float] = set()

    async def __call__(self, message: Message, timeout: float) -> ReceiverAnswer:
        for name in ("all", message.receiver):
            self.at[name] += 1
            self.most[name] = max(self.most[name], self.at[name])
        for _ in range(3):
            await asyncio.sleep(0)
        self.at.subtract(("all", message.receiver))
        self.got[message.body] += 1
        self.timeouts.add(timeout)
        return ReceiverAnswer(200)


def test_a_burst_on_a_fast_clock_arrives_once_each_and_never_too_much_at_once(wires: tuple[Wire, ...]) -> None:
    fal = next(wire for wire in wires if wire.name == "fal")
    settings = Settings(clock=Mode("scaled", 1e6), latency=Latency((1.0, 1.0), (1.0, 1.0)))
    receivers, each, post = 4, 10, Counting()

    async def story() -> None:
        app = App(settings, post)
        app.engine.webhooks._under_way = UnderWay(8, 3)
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://mock.test") as client:
            # Nothing is due before all are accepted.
            world = app.engine.worlds.world("k")
            world.clock.set_mode(Mode("manual"))
            for number in range(receivers * each):
                hook = {"fal_webhook": f"http://receiver-{number % receivers}.test/{number}"}
                key = {"authorization": "Key k"}
                answer = await client.post(fal.submit_path, json=fal.body, params=hook, headers=key)
                assert answer.status_code == 200
            world.clock.set_mode(settings.clock)
            async with asyncio.timeout(SECONDS):
                while post.got.total() < receivers * each or post.at["all"]:
                    await asyncio.sleep(0)
            await world.clock.settle()

    asyncio.run(story())
    assert len(post.got) == receivers * each
    assert set(post.got.values()) == {1}
    assert post.most.pop("all") == 8
    assert max(post.most.values()) <= 3
    assert post.timeouts == {5.0}, "a millionth of fal's 15 s would be nothing for a real program"


def test_those_that_wait_go_in_turn_and_one_receiver_in_its_order() -> None:
    async def story() -> list[str]:
        under_way, went = UnderWay(2, 1), list[str]()
        first = asyncio.Event()

        async def attempt(receiver: str, number: int) -> None:
            async with under_way.room_for(receiver):
                went.append(f"{receiver}{number}")
                if (receiver, number) == ("a", 1):
                    await first.wait()
                await asyncio.sleep(0)

        order = [("a", 1), ("a", 2), ("a", 3), ("b", 1), ("b", 2), ("c", 1)]
        tasks = [asyncio.create_task(attempt(*each)) for each in order]
        for _ in range(20):
            await asyncio.sleep(0)
        assert "a2" not in went, "there is room, but not at this receiver"
        first.set()
        await asyncio.gather(*tasks)
        return went

    assert asyncio.run(story()) == ["a1", "b1", "b2", "c1", "a2", "a3"]


@pytest.mark.parametrize("granted", [False, True])
def test_who_gives_up_waiting_takes_nobodys_room(*, granted: bool) -> None:
    async def story() -> None:
        under_way = UnderWay(1, 1)
        release = asyncio.Event()

        async def attempt() -> None:
            async with under_way.room_for("a"):
                await release.wait()

        async def attempt_first() -> None:
            await attempt()
            if granted:
                # It has its turn, and has not gone on yet.
                waiting.cancel()

        first = asyncio.create_task(attempt_first())
        await asyncio.sleep(0)
        waiting, last = asyncio.create_task(attempt()), asyncio.create_task(attempt())
        await asyncio.sleep(0)
        if not granted:
            waiting.cancel()
        release.set()
        async with asyncio.timeout(SECONDS):
            await asyncio.gather(first, last)
        assert waiting.cancelled()
        assert under_way._all == 0
        assert not under_way._waiting
        assert not under_way._at

    asyncio.run(story())


def test_what_waits_for_its_turn_is_not_sent_once_its_world_is_closed(house: House, wire: Wire) -> None:
    sender = house.app.engine.webhooks
    sender._under_way = UnderWay(1, 1)

    async def story() -> None:
        world = house.world()
        async with sender._under_way.room_for("receiver.test"):
            passing = asyncio.create_task(world.clock.advance(10))
            for _ in range(20):
                await asyncio.sleep(0)
            house.app.engine.worlds.open(World(world.key, world.settings))
        await passing

    wire.submit(house, webhook="http://receiver.test/hook")
    house.run(story())
    assert house.receiver.messages == []


@pytest.mark.parametrize(
    ("url", "receiver"),
    [
        ("http://me:secret@Receiver.test:80/a/b?c=d", "receiver.test:80"),
        ("https://receiver.test", "receiver.test"),
        ("http://[::1]:8/", "[::1]:8"),
        ("not a url", ""),
    ],
)
def test_a_receiver_is_a_host_and_a_port(url: str, receiver: str) -> None:
    assert Message(url, b"").receiver == receiver


def test_a_receiver_has_five_real_seconds_on_any_clock_and_no_more_than_its_provider_gives(
    houses: Callable[..., House], wire: Wire
) -> None:
    promised = {"runpod": 15.0, "runware": 5.0, "eachlabs": 30.0, "fal": 15.0}[wire.name]
    house = houses()
    wire.submit(house, webhook="http://receiver.test/hook")
    house.advance(10)
    (delivery,) = house.world().outbox
    for clock, seconds in (("scaled:1000", 5.0), ("scaled:2", max(5.0, promised / 2)), ("real", promised)):
        house.world().clock.set_mode(Mode.parse(clock))
        house.run(house.app.engine.webhooks.redeliver(house.world(), delivery))
        assert house.receiver.timeouts[-1] == seconds
