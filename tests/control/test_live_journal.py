"""The live journal: each exchange is worded once, and what is held for slow readers is bounded over all of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest

from vidmock.engine.world.journal import Exchange
from vidmock.engine.world.registry import WorldRegistry
from vidmock.engine.world.settings import Settings
from vidmock.engine.world.world import World
from vidmock.server.control import live_journal
from vidmock.server.control.live_journal import LiveJournal, LiveReader
from vidmock.server.control.refusal import ControlProblem


class Wordings:
    """Words an exchange by its number; *said* has each wording that was asked for."""

    def __init__(self) -> None:
        self.said: list[tuple[int, bool]] = []

    def __call__(self, world: World, exchange: Exchange, *, reveal: bool) -> str:
        self.said.append((exchange.number, reveal))
        return f"{world.key}{exchange.number}{'!' * reveal}"


class Studio:
    """A live journal over worlds in which exchanges are recorded."""

    def __init__(self) -> None:
        self.worlds = WorldRegistry(Settings())
        self.wordings = Wordings()
        self.live = LiveJournal(self.worlds, self.wordings)

    def record(self, key: str = "a", times: int = 1) -> None:
        for _ in range(times):
            exchange = Exchange(0.0, "fal", "POST", "/", (), b"", 200, (), b"")
            self.worlds.record(self.worlds.world(key), exchange)

    def reader(self, *keys: str, reveal: bool = False) -> LiveReader:
        return LiveReader(self.live, {*keys} or None, reveal=reveal)


@pytest.fixture
def studio() -> Studio:
    return Studio()


async def read(events: AsyncGenerator[str], count: int) -> list[str]:
    return [await anext(events) for _ in range(count)]


def test_an_exchange_is_worded_once_for_all_readers(studio: Studio) -> None:
    async def run() -> list[list[str]]:
        readers = [studio.reader().events() for _ in range(50)] + [studio.reader(reveal=True).events()]
        studio.record(times=2)
        heard = [await read(events, 3) for events in readers]
        for events in readers:
            await events.aclose()
        return heard

    heard = asyncio.run(run())
    assert heard == 50 * [["event: begun\ndata: {}\n\n", "a1", "a2"]] + [["event: begun\ndata: {}\n\n", "a1!", "a2!"]]
    assert sorted(studio.wordings.said) == [(1, False), (1, True), (2, False), (2, True)]


def test_nothing_is_worded_or_held_while_nobody_reads(studio: Studio) -> None:
    async def run() -> None:
        events = studio.reader().events()
        await anext(events)
        studio.record()
        assert studio.live.held == len("a1")
        await events.aclose()

    asyncio.run(run())
    studio.record()
    assert (studio.wordings.said, studio.live.held, studio.worlds.listening) == ([(1, False)], 0, 0)


def test_a_slow_reader_misses_the_oldest_and_is_told_how_many_of_its_own(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_journal, "BEHIND", 4)

    async def run() -> tuple[list[str], list[str]]:
        of_all, of_b = studio.reader().events(), studio.reader("b").events()
        await anext(of_all)
        await anext(of_b)
        studio.record("a", 3)
        studio.record("b", 5)
        studio.record("a")
        return await read(of_all, 5), await read(of_b, 4)

    of_all, of_b = asyncio.run(run())
    missed = 'event: missed\ndata: {"exchanges": %d}\n\n'
    assert of_all == [missed % 5, "b3", "b4", "b5", "a4"]
    assert of_b == [missed % 2, "b3", "b4", "b5"]


def test_what_is_held_for_the_slow_has_a_bound_in_bytes_too(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_journal, "BEHIND_BYTES", 10)

    async def run() -> None:
        slow = [studio.reader().events() for _ in range(20)]
        for events in slow:
            await anext(events)
        for _ in range(50):
            studio.record()
            assert studio.live.held <= 10
        assert await read(slow[0], 3) == ['event: missed\ndata: {"exchanges": 47}\n\n', "a48", "a49"]

    asyncio.run(run())


def test_only_so_many_may_read_at_once(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_journal, "MOST_READERS", 2)

    async def run() -> None:
        first, second = studio.reader().events(), studio.reader().events()
        await anext(first)
        await anext(second)
        with pytest.raises(ControlProblem, match="2 clients read the live journal already") as refused:
            studio.reader()
        assert refused.value.status == 503
        await first.aclose()
        assert await anext(studio.reader().events()) == "event: begun\ndata: {}\n\n"

    asyncio.run(run())


def test_a_silence_is_broken_by_comments_and_the_end_comes_after_what_is_unread(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_journal, "EVENTS_KEEP_ALIVE", 0.0)

    async def run() -> list[str]:
        events = studio.reader().events()
        heard = await read(events, 2)
        studio.record()
        studio.worlds.dismiss()
        return heard + [event async for event in events]

    assert asyncio.run(run()) == ["event: begun\ndata: {}\n\n", ": still here\n\n", "a1"]
