"""A live feed: the newest of what happens in all worlds, each worded once for all clients that read along."""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import AsyncGenerator, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from vidmock.engine.world.world import World
from vidmock.server.control.refusal import ControlProblem

EVENTS_KEEP_ALIVE: Final = 15.0
"""Real seconds of silence after which a comment is sent, so that proxies keep the connection."""
BEHIND: Final = 1_000
"""Events of a feed that are held for slow readers; who is behind by more misses the oldest, and is told how many."""
BEHIND_BYTES: Final = 8 * 2**20
"""Bytes of the events that are held for slow readers of a feed."""
MOST_READERS: Final = 100
"""Clients that read a feed along at the same time."""
LINGER: Final = 10.0
"""Real seconds for which a feed goes on once its last reader has left, who may be back at once."""


class Wording(Protocol):
    """Words a happening, as the members of an event; *reveal* has it show secrets."""

    def __call__(self, *, reveal: bool) -> str: ...


class FeedSource(Protocol):
    """What a feed is of. It publishes to the feed from its beginning to its end."""

    def begin(self, feed: LiveFeed) -> None: ...

    def end(self, feed: LiveFeed) -> None: ...


@dataclass(frozen=True, slots=True)
class _Event:
    """An event of *kind* in the world of *key*; *texts* are its data with secrets (true) and without, as it is read."""

    key: str
    kind: str
    texts: Mapping[bool, str]

    @property
    def size(self) -> int:
        return sum(map(len, self.texts.values()))


class LiveFeed:
    """Has *source* publish while somebody reads along, and holds the newest events for those who are slow.

    *about* says what they are, in the plural. The id of an event is *run* and its place. Once its last reader has left,
    the feed goes on for *linger* real seconds.
    """

    def __init__(self, source: FeedSource, about: str, linger: float = 0.0) -> None:
        self.about, self.run = about, secrets.token_hex(4)
        self._source, self._linger = source, linger
        self._events: deque[_Event] = deque()
        self._held = self._dropped = 0
        self._forms: set[bool] = set()
        self._readers: set[LiveReader] = set()
        self._lingering: asyncio.TimerHandle | None = None
        self._begun = False

    @property
    def held(self) -> int:
        """Characters of the events that are held."""
        return self._held

    @property
    def first(self) -> int:
        """The place of the oldest event that is held."""
        return self._dropped

    @property
    def next(self) -> int:
        """The place of the next event."""
        return self._dropped + len(self._events)

    def join(self, reader: LiveReader) -> None:
        """Tell *reader* of each event. Raises ControlProblem: too many read."""
        if len(self._readers) >= MOST_READERS:
            raise ControlProblem(f"{MOST_READERS} clients read the live {self.about} already: end one of them", 503)
        if self._lingering:
            self._lingering.cancel()
            self._lingering = None
        if not self._begun:
            self._source.begin(self)
            self._begun = True
        self._readers.add(reader)
        self._forms.add(reader.reveal)

    def leave(self, reader: LiveReader) -> None:
        """Tell *reader* no more."""
        self._readers.discard(reader)
        if self._readers or not self._begun or self._lingering:
            return
        if self._linger:
            self._lingering = asyncio.get_running_loop().call_later(self._linger, self._stop)
        else:
            self._stop()

    def place_after(self, event_id: str) -> int | None:
        """The place behind the event of that id; ``None`` where it is not known what came after it."""
        run, _, place = event_id.rpartition("-")
        known = run == self.run and place.isascii() and place.isdecimal() and len(place) <= 18
        return min(int(place) + 1, self.next) if known and self._begun else None

    def event(self, place: int) -> _Event | None:
        """The event at *place*; ``None``: there is none yet. Whoever is behind the oldest was told by ``miss``."""
        at = place - self._dropped
        return self._events[at] if at < len(self._events) else None

    def publish(self, world: World, kind: str, wording: Wording) -> None:
        """Hold an event of *kind*, in place of the oldest where there are too many."""
        held = _Event(world.key, kind, {reveal: wording(reveal=reveal) for reveal in self._forms})
        self._events.append(held)
        self._held += held.size
        while len(self._events) > BEHIND or self._held > BEHIND_BYTES:
            oldest = self._events.popleft()
            self._held -= oldest.size
            for reader in self._readers:
                reader.miss(self._dropped, oldest)
            self._dropped += 1
        for reader in self._readers:
            reader.wake()

    def over(self) -> None:
        """End each stream after what is unread."""
        for reader in self._readers:
            reader.end()

    def _stop(self) -> None:
        self._lingering, self._begun = None, False
        self._source.end(self)
        self._dropped = self.next
        self._events.clear()
        self._held = 0
        self._forms.clear()


class LiveReader:
    """A client that reads *feed* along: the worlds of the keys in *wanted* and events of *kinds*, or all for ``None``.

    It begins behind the event whose id is *after*, where that is known. Raises ControlProblem where too many read.
    """

    def __init__(
        self,
        feed: LiveFeed,
        wanted: Collection[str] | None = None,
        kinds: Collection[str] | None = None,
        *,
        reveal: bool = False,
        after: str = "",
    ) -> None:
        self.reveal = reveal
        self._feed, self._wanted, self._kinds = feed, wanted, kinds
        self._news = asyncio.Event()
        self._missed: int | None = 0
        self._ended = False
        place = feed.place_after(after) if after else feed.next
        feed.join(self)
        self._place = feed.next if place is None else max(place, feed.first)
        if place != self._place:
            # Nobody counted them, or they are not there to be asked whether they were wanted.
            self._missed = None

    def miss(self, place: int, event: _Event) -> None:
        """Go on behind *event* at *place*, which is dropped."""
        if self._place <= place:
            self._place = place + 1
            if self._missed is not None:
                self._missed += self._wants(event)

    def wake(self) -> None:
        """Tone for events again."""
        self._news.set()

    def end(self) -> None:
        """End after what is unread."""
        self._ended = True
        self._news.set()

    async def events(self) -> AsyncGenerator[str]:
        """Server-sent events: 'begun', those of the feed and 'missed', until the end; a comment while there is none."""
        try:
            yield "event: begun\ndata: {}\n\n"
            while True:
                self._news.clear()
                for text in self._unread():
                    yield text
                if self._ended:
                    return
                if not await self._waited():
                    yield ": still here\n\n"
        finally:
            self._feed.leave(self)

    def _unread(self) -> Iterator[str]:
        while True:
            if self._missed != 0:
                missed, self._missed = self._missed, 0
                count = "null" if missed is None else missed
                yield f'event: missed\ndata: {{"{self._feed.about}": {count}}}\n\n'
                continue
            if (event := self._feed.event(self._place)) is None:
                return
            place = self._place
            self._place += 1
            # Who is back may read in a form that was not asked for before.
            if self._wants(event) and self.reveal in event.texts:
                yield f"id: {self._feed.run}-{place}\nevent: {event.kind}\ndata: {event.texts[self.reveal]}\n\n"

    async def _waited(self) -> bool:
        """Whether there is news; false after a silence."""
        try:
            await asyncio.wait_for(self._news.wait(), EVENTS_KEEP_ALIVE)
        except TimeoutError:
            return False
        return True

    def _wants(self, event: _Event) -> bool:
        return (self._wanted is None or event.key in self._wanted) and (
            self._kinds is None or event.kind in self._kinds
        )


@dataclass(frozen=True, slots=True)
class LiveFeeds:
    """The feeds of a server: its *exchanges*, and the *events* of its worlds."""

    exchanges: LiveFeed
    events: LiveFeed
