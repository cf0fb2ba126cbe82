"""A live feed: each event is worded once, and what is held for slow readers is bounded over all of them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Callable

import pytest

from vidmock.engine.world.registry import WorldRegistry
from vidmock.engine.world.settings import Settings
from vidmock.server.control import live_feed
from vidmock.server.control.live_feed import LiveFeed, LiveReader
from vidmock.server.control.refusal import ControlProblem

BEGUN = "event: begun\ndata: {}\n\n"


class Studio:
    """A feed in which events are published; *said* has each wording that was asked for."""

    def __init__(self, linger: float = 0.0) -> None:
        self.worlds = WorldRegistry(Settings())
        self.listening = 0
        self.said: list[tuple[str, bool]] = []
        self.count = 0
        self.feed = LiveFeed(self, "exchanges", linger)

    def begin(self, feed: LiveFeed) -> None:
        self.listening += 1

    def end(self, feed: LiveFeed) -> None:
        self.listening -= 1

    def record(self, key: str = "a", times: int = 1, kind: str = "exchange") -> None:
        for _ in range(times if self.listening else 0):
            self.count += 1
            name = f"{key}{self.count}"

            def worded(*, reveal: bool, name: str = name) -> str:
                self.said.append((name, reveal))
                return f"{name}{'!' * reveal}"

            self.feed.publish(self.worlds.world(key), kind, worded)

    def reader(self, *keys: str, reveal: bool = False, kinds: set[str] | None = None, after: str = "") -> LiveReader:
        return LiveReader(self.feed, {*keys} or None, kinds, reveal=reveal, after=after)


@pytest.fixture
def studio() -> Studio:
    return Studio()


def data(event: str) -> str:
    return re.sub(r"^(id: [0-9a-f]{8}-\d+\n)?event: exchange\ndata: (.*)\n\n$", r"\2", event)


async def read(events: AsyncGenerator[str], count: int) -> list[str]:
    return [data(await anext(events)) for _ in range(count)]


def test_an_event_is_worded_once_for_all_readers(studio: Studio) -> None:
    async def run() -> list[list[str]]:
        readers = [studio.reader().events() for _ in range(50)] + [studio.reader(reveal=True).events()]
        studio.record(times=2)
        heard = [await read(events, 3) for events in readers]
        for events in readers:
            await events.aclose()
        return heard

    heard = asyncio.run(run())
    assert heard == 50 * [[BEGUN, "a1", "a2"]] + [[BEGUN, "a1!", "a2!"]]
    assert sorted(studio.said) == [("a1", False), ("a1", True), ("a2", False), ("a2", True)]


def test_nothing_is_worded_or_held_while_nobody_reads(studio: Studio) -> None:
    async def run() -> None:
        events = studio.reader().events()
        await anext(events)
        studio.record()
        assert studio.feed.held == len("a1")
        await events.aclose()

    asyncio.run(run())
    studio.record()
    assert (studio.said, studio.feed.held, studio.listening) == ([("a1", False)], 0, 0)


def test_a_slow_reader_misses_the_oldest_and_is_told_how_many_of_its_own(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_feed, "BEHIND", 4)

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
    assert of_all == [missed % 5, "b6", "b7", "b8", "a9"]
    assert of_b == [missed % 2, "b6", "b7", "b8"]


def test_a_slow_reader_takes_nothing_from_a_quick_one(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_feed, "BEHIND", 2)

    async def run() -> list[str]:
        slow, quick = studio.reader().events(), studio.reader().events()
        await anext(slow)
        heard = await read(quick, 1)
        for _ in range(10):
            studio.record()
            heard += await read(quick, 1)
        return heard

    assert asyncio.run(run()) == [BEGUN, *(f"a{number}" for number in range(1, 11))]


def test_only_events_of_the_kinds_that_were_asked_for_come_or_are_missed(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_feed, "BEHIND", 2)

    async def run() -> list[str]:
        events = studio.reader(kinds={"job"}).events()
        await anext(events)
        for kind in ("job", "clock", "job", "clock"):
            studio.record(kind=kind)
        return await read(events, 2)

    missed, job = asyncio.run(run())
    assert missed == 'event: missed\ndata: {"exchanges": 1}\n\n'
    assert job.endswith("event: job\ndata: a3\n\n")


def test_who_comes_back_at_once_goes_on_where_it_left_off() -> None:
    studio = Studio(linger=3600.0)

    async def run() -> list[str]:
        events = studio.reader().events()
        await anext(events)
        studio.record(times=2)
        last = re.findall("id: (.*)", await anext(events))[0]
        await events.aclose()
        studio.record()
        again = studio.reader(after=last).events()
        return await read(again, 3)

    assert asyncio.run(run()) == [BEGUN, "a2", "a3"]


@pytest.mark.parametrize(
    "after",
    [lambda run: f"{run}-0", lambda run: "01234567-0", lambda run: "nonsense", lambda run: f"{run}-{'9' * 30}"],
    ids=["dropped", "another server's", "nonsense", "too large"],
)
def test_who_comes_back_too_late_is_told_that_something_is_missing(
    after: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_feed, "BEHIND", 1)
    studio = Studio(linger=3600.0)

    async def run() -> list[str]:
        first = studio.reader().events()
        await anext(first)
        studio.record(times=5)
        events = studio.reader(after=after(studio.feed.run)).events()
        heard = await read(events, 2)
        studio.record()
        return heard + [event async for event in _until(events, "a6")]

    begun, missed, *rest = asyncio.run(run())
    assert (begun, missed) == (BEGUN, 'event: missed\ndata: {"exchanges": null}\n\n')
    assert rest[-1] == "a6"


async def _until(events: AsyncGenerator[str], last: str) -> AsyncGenerator[str]:
    async for event in events:
        yield data(event)
        if data(event) == last:
            return


def test_a_feed_ends_some_time_after_its_last_reader() -> None:
    studio = Studio(linger=1e-9)

    async def run() -> None:
        for _ in range(2):
            events = studio.reader().events()
            await anext(events)
            studio.record()
            await events.aclose()
        assert studio.listening == 1
        async with asyncio.timeout(60):
            while studio.listening:
                await asyncio.sleep(0)

    asyncio.run(run())
    assert studio.feed.held == 0


def test_what_is_held_for_the_slow_has_a_bound_in_bytes_too(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_feed, "BEHIND_BYTES", 10)

    async def run() -> None:
        slow = [studio.reader().events() for _ in range(20)]
        for events in slow:
            await anext(events)
        for _ in range(50):
            studio.record()
            assert studio.feed.held <= 10
        assert await read(slow[0], 3) == ['event: missed\ndata: {"exchanges": 47}\n\n', "a48", "a49"]

    asyncio.run(run())


def test_only_so_many_may_read_at_once(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_feed, "MOST_READERS", 2)

    async def run() -> None:
        first, second = studio.reader().events(), studio.reader().events()
        await anext(first)
        await anext(second)
        with pytest.raises(ControlProblem, match="2 clients read the live exchanges already") as refused:
            studio.reader()
        assert refused.value.status == 503
        await first.aclose()
        assert await anext(studio.reader().events()) == BEGUN

    asyncio.run(run())


def test_a_silence_is_broken_by_comments_and_the_end_comes_after_what_is_unread(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_feed, "EVENTS_KEEP_ALIVE", 0.0)

    async def run() -> list[str]:
        events = studio.reader().events()
        heard = await read(events, 2)
        studio.record()
        studio.feed.over()
        return heard + [data(event) async for event in events]

    assert asyncio.run(run()) == [BEGUN, ": still here\n\n", "a1"]
