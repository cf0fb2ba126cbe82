"""The route of the live journal: a server-sent event for each exchange, as it is written."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator

from vidmock.engine.world.journal import Exchange
from vidmock.engine.world.world import World
from vidmock.providers.exchange.event_stream import EventStream
from vidmock.server.control.journal import exchange_line
from vidmock.server.control.request import ControlRequest, world_id
from vidmock.server.control.route import ControlRoute

EVENTS_KEEP_ALIVE = 15.0
"""Real seconds of silence after which a comment is sent, so that proxies keep the connection."""
BEHIND = 1000
"""Exchanges that may wait for a slow reader; it misses those beyond that, and is told how many."""


async def stream_events(request: ControlRequest) -> object:
    """Stream exchanges as they happen: server-sent events 'begun', 'exchange' and 'missed'.

    Without a key, those of worlds that are made later, too. 'begun' comes at once, with nothing in it.
    """
    wanted = {world.key for world in request.worlds()} if request.names_a_world else None
    return await EventStream.begun(_events(request, wanted), {"cache-control": "no-store"})


class EventReader:
    """A client that reads the live journal: the events that it has not read yet.

    *wanted* are the keys of the worlds it reads of, or ``None`` for all.
    """

    def __init__(self, wanted: set[str] | None, *, reveal: bool) -> None:
        self._wanted, self._reveal = wanted, reveal
        self._unread: asyncio.Queue[str | None] = asyncio.Queue()
        self._missed = 0

    def heard(self, world: World, exchange: Exchange) -> None:
        """Add *exchange*, if it is of one of the worlds wanted."""
        if self._wanted is not None and world.key not in self._wanted:
            return
        if self._unread.qsize() >= BEHIND:
            self._missed += 1
            return
        data = json.dumps(exchange_line(world, exchange, reveal=self._reveal), ensure_ascii=False)
        self._unread.put_nowait(f"id: {world_id(world)}-{exchange.number}\nevent: exchange\ndata: {data}\n\n")

    def over(self) -> None:
        """End the stream after what is unread."""
        self._unread.put_nowait(None)

    async def events(self) -> AsyncGenerator[str]:
        """Each event as it is sent, until the end; a comment while there is none."""
        yield "event: begun\ndata: {}\n\n"
        while True:
            try:
                event = await asyncio.wait_for(self._unread.get(), EVENTS_KEEP_ALIVE)
            except TimeoutError:
                event = ": still here\n\n"
            if event is None:
                return
            yield event
            if self._missed and self._unread.empty():
                yield f'event: missed\ndata: {{"exchanges": {self._missed}}}\n\n'
                self._missed = 0


async def _events(request: ControlRequest, wanted: set[str] | None) -> AsyncGenerator[str]:
    reader, worlds = EventReader(wanted, reveal=request.reveal), request.engine.worlds
    worlds.listen(reader)
    try:
        async for event in reader.events():
            yield event
    finally:
        worlds.unlisten(reader)


LIVE_ROUTES = (ControlRoute("GET", "/journal/live", stream_events, "-N"),)
