"""The live journal: the newest exchanges of all worlds, each worded once for all clients that read along."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from vidmock.engine.world.activity import ActivityEvent
from vidmock.engine.world.journal import Exchange
from vidmock.engine.world.registry import WorldRegistry
from vidmock.engine.world.world import World
from vidmock.server.control.refusal import ControlProblem

EVENTS_KEEP_ALIVE: Final = 15.0
"""Real seconds of silence after which a comment is sent, so that proxies keep the connection."""
BEHIND: Final = 1_000
"""Exchanges that are held for slow readers; who is behind by more misses the oldest, and is told how many."""
BEHIND_BYTES: Final = 8 * 2**20
"""Bytes of the exchanges that are held for slow readers."""
MOST_READERS: Final = 100
"""Clients that read along at the same time."""


class Wording(Protocol):
    """Makes the server-sent event of an exchange in a world; *reveal* has it show secrets."""

    def __call__(self, world: World, exchange: Exchange, *, reveal: bool) -> str: ...


@dataclass(frozen=True, slots=True)
class _Event:
    """An exchange in the world of *key*; *texts* are its event, with secrets (true) and without, as it is read."""

    key: str
    texts: Mapping[bool, str]

    @property
    def size(self) -> int:
        return sum(map(len, self.texts.values()))


class LiveJournal:
    """Hears every exchange of *worlds* while somebody reads along, and holds the newest for those who are slow."""

    def __init__(self, worlds: WorldRegistry, wording: Wording) -> None:
        self._worlds, self._wording = worlds, wording
        self._events: deque[_Event] = deque()
        self._held = self._dropped = 0
        self._readers: set[LiveReader] = set()

    @property
    def held(self) -> int:
        """Characters of the events that are held."""
        return self._held

    def join(self, reader: LiveReader) -> int:
        """Tell *reader* of each event; returns the place of the first one. Raises ControlProblem: too many read."""
        if len(self._readers) >= MOST_READERS:
            raise ControlProblem(f"{MOST_READERS} clients read the live journal already: end one of them", 503)
        if not self._readers:
            self._worlds.listen(self)
        self._readers.add(reader)
        return self._dropped + len(self._events)

    def leave(self, reader: LiveReader) -> None:
        """Tell *reader* no more."""
        self._readers.discard(reader)
        if not self._readers:
            self._worlds.unlisten(self)
            self._dropped += len(self._events)
            self._events.clear()
            self._held = 0

    def event(self, place: int) -> _Event | None:
        """The event at *place*; ``None``: there is none yet. Whoever is behind the oldest was told by ``miss``."""
        at = place - self._dropped
        return self._events[at] if at < len(self._events) else None

    def heard(self, world: World, event: ActivityEvent) -> None:
        """Hold *event*, if it is an exchange, in place of the oldest where there are too many."""
        if not isinstance(event, Exchange):
            return
        forms = {reader.reveal for reader in self._readers}
        held = _Event(world.key, {reveal: self._wording(world, event, reveal=reveal) for reveal in forms})
        self._events.append(held)
        self._held += held.size
        while len(self._events) > BEHIND or self._held > BEHIND_BYTES:
            oldest = self._events.popleft()
            self._held -= oldest.size
            for reader in self._readers:
                reader.miss(self._dropped, oldest.key)
            self._dropped += 1
        for reader in self._readers:
            reader.wake()

    def over(self) -> None:
        """End each stream after what is unread."""
        for reader in self._readers:
            reader.end()


class LiveReader:
    """A client that reads *live* along: the worlds of the keys in *wanted*, or all where that is ``None``.

    Raises ControlProblem where too many read already.
    """

    def __init__(self, live: LiveJournal, wanted: set[str] | None, *, reveal: bool) -> None:
        self.reveal = reveal
        self._live, self._wanted = live, wanted
        self._news = asyncio.Event()
        self._missed, self._ended = 0, False
        self._place = live.join(self)

    def miss(self, place: int, key: str) -> None:
        """Go on behind the event at *place*, of the world of *key*, which is dropped."""
        if self._place <= place:
            self._place = place + 1
            self._missed += self._wants(key)

    def wake(self) -> None:
        """Tone for events again."""
        self._news.set()

    def end(self) -> None:
        """End after what is unread."""
        self._ended = True
        self._news.set()

    async def events(self) -> AsyncGenerator[str]:
        """Server-sent events 'begun', 'exchange' and 'missed', until the end; a comment while there is none."""
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
            self._live.leave(self)

    def _unread(self) -> Iterator[str]:
        while event := self._live.event(self._place):
            if self._missed:
                missed, self._missed = self._missed, 0
                yield f'event: missed\ndata: {{"exchanges": {missed}}}\n\n'
                continue
            self._place += 1
            if self._wants(event.key):
                yield event.texts[self.reveal]

    async def _waited(self) -> bool:
        """Whether there is news; false after a silence."""
        try:
            await asyncio.wait_for(self._news.wait(), EVENTS_KEEP_ALIVE)
        except TimeoutError:
            return False
        return True

    def _wants(self, key: str) -> bool:
        return self._wanted is None or key in self._wanted
