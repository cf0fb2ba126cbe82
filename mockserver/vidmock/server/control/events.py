"""The route of the live journal: a server-sent event for each exchange, as it is written."""

from __future__ import annotations

import json

from vidmock.engine.world.journal import Exchange
from vidmock.engine.world.world import World
from vidmock.providers.exchange.event_stream import EventStream
from vidmock.server.control.journal import exchange_line
from vidmock.server.control.live_journal import LiveReader
from vidmock.server.control.request import ControlRequest
from vidmock.server.control.route import ControlRoute


def exchange_event(world: World, exchange: Exchange, *, reveal: bool) -> str:
    """The server-sent event of *exchange*."""
    data = json.dumps(exchange_line(world, exchange, reveal=reveal), ensure_ascii=False)
    return f"id: {world.id}-{exchange.number}\nevent: exchange\ndata: {data}\n\n"


async def stream_events(request: ControlRequest) -> object:
    """Stream exchanges as they happen: server-sent events 'begun', 'exchange' and 'missed'.

    Without a key, those of worlds that are made later, too. 'begun' comes at once, with nothing in it. Who reads too
    slowly misses the oldest, and 'missed' says how many.
    """
    named = request.named()
    wanted = {named.key} if named else None
    reader = LiveReader(request.live, wanted, reveal=request.reveal)
    return await EventStream.begun(reader.events(), {"cache-control": "no-store"})


LIVE_ROUTES = (ControlRoute("GET", "/journal/live", stream_events, "-N"),)
