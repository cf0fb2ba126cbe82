"""The journal as it is written: server-sent events, one for each exchange."""

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
"""Exchanges that a reader may be behind; one that is slower misses some, and is told how many."""


async def stream_events(ask: ControlRequest) -> object:
    """Exchanges of the worlds asked for, or of all, those to come included; the first event says that it has begun."""
    wanted = {world.key for world in ask.chosen()} if ask.names_a_world else None
    return await EventStream.begun(_events(ask, wanted), {"cache-control": "no-store"})


class EventReader:
    """Somebody who listens: what was said and not yet read."""

    def __init__(self, wanted: set[str] | None, *, reveal: bool) -> None:
        self._wanted, self._reveal = wanted, reveal
        self._said: asyncio.Queue[str | None] = asyncio.Queue()
        self._missed = 0

    def heard(self, world: World, exchange: Exchange) -> None:
        if self._wanted is not None and world.key not in self._wanted:
            return
        if self._said.qsize() >= BEHIND:
            self._missed += 1
            return
        data = json.dumps(exchange_line(world, exchange, reveal=self._reveal), ensure_ascii=False)
        self._said.put_nowait(f"id: {world_id(world)}-{exchange.number}\nevent: exchange\ndata: {data}\n\n")

    def over(self) -> None:
        self._said.put_nowait(None)

    async def events(self) -> AsyncGenerator[str]:
        yield "event: begun\ndata: {}\n\n"
        while True:
            try:
                said = await asyncio.wait_for(self._said.get(), EVENTS_KEEP_ALIVE)
            except TimeoutError:
                said = ": still here\n\n"
            if said is None:
                return
            yield said
            if self._missed and self._said.empty():
                yield f'event: missed\ndata: {{"exchanges": {self._missed}}}\n\n'
                self._missed = 0


async def _events(ask: ControlRequest, wanted: set[str] | None) -> AsyncGenerator[str]:
    reader, worlds = EventReader(wanted, reveal=ask.secrets), ask.engine.worlds
    worlds.listen(reader)
    try:
        async for event in reader.events():
            yield event
    finally:
        worlds.unlisten(reader)


ENTRIES = (ControlRoute("GET", "/journal/live", stream_events, "-N"),)
