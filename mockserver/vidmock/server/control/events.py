"""The routes of what happens live, as server-sent events: the exchanges, and all that happens in the worlds."""

from __future__ import annotations

import json

from vidmock.engine.world.activity import ActivityEvent
from vidmock.engine.world.journal import Exchange
from vidmock.engine.world.registry import WorldRegistry
from vidmock.engine.world.world import World
from vidmock.problems import did_you_mean
from vidmock.providers.exchange.event_stream import EventStream
from vidmock.server.control.joining import JoinedEvents
from vidmock.server.control.journal import exchange_line
from vidmock.server.control.live_feed import LINGER, LiveFeed, LiveFeeds, LiveReader
from vidmock.server.control.refusal import ControlProblem
from vidmock.server.control.request import ControlRequest
from vidmock.server.control.route import ControlRoute
from vidmock.server.control.world_events import EVENT_KINDS, WorldEvents


class ExchangeEvents:
    """Publishes each exchange in *worlds* to a feed, while somebody reads it."""

    def __init__(self, worlds: WorldRegistry) -> None:
        self._worlds = worlds
        self._feed: LiveFeed | None = None

    def begin(self, feed: LiveFeed) -> None:
        self._worlds.listen(self)
        self._feed = feed

    def end(self, feed: LiveFeed) -> None:
        self._worlds.unlisten(self)
        self._feed = None

    def heard(self, world: World, event: ActivityEvent) -> None:
        if not isinstance(event, Exchange) or self._feed is None:
            return

        def worded(*, reveal: bool) -> str:
            return json.dumps(exchange_line(world, event, reveal=reveal), ensure_ascii=False)

        self._feed.publish(world, "exchange", worded)

    def over(self) -> None:
        if self._feed:
            self._feed.over()


def live_feeds(worlds: WorldRegistry) -> LiveFeeds:
    """The feeds of *worlds*."""
    return LiveFeeds(LiveFeed(ExchangeEvents(worlds), "exchanges"), LiveFeed(WorldEvents(worlds), "events", LINGER))


async def stream_exchanges(request: ControlRequest) -> object:
    """Stream exchanges as they happen: server-sent events 'begun', 'exchange' and 'missed'.

    Without a key, those of worlds that are made later, too. 'begun' comes at once, with nothing in it. Who reads too
    slowly misses the oldest, and 'missed' says how many.
    """
    return await _stream(request, request.live.exchanges, None)


async def stream_events(request: ControlRequest) -> object:
    """Stream what happens in the worlds: server-sent events 'begun', 'missed', and one for each happening.

    Their kinds are job, webhook, money, fault, clock and world; *kinds* asks for some of them. Who comes back with the
    header Last-Event-ID goes on there; where that is not possible, 'missed' comes with null.
    """
    kinds = [kind for kind in request.query("kinds").split(",") if kind]
    for kind in kinds:
        if kind not in EVENT_KINDS:
            said = f"no kind of event {kind!r}.{did_you_mean(kind, EVENT_KINDS)} One of {', '.join(EVENT_KINDS)}"
            raise ControlProblem(said, where="kinds")
    return await _stream(request, request.live.events, frozenset(kinds) or None)


async def _stream(request: ControlRequest, feed: LiveFeed, kinds: frozenset[str] | None) -> EventStream:
    named = request.named()
    wanted = {named.key} if named else None
    after = request.http.headers.get("last-event-id", "")
    reader = LiveReader(feed, wanted, kinds, reveal=request.reveal, after=after)
    return await EventStream.begun(reader.events(), {"cache-control": "no-store"})


LIVE_ROUTES = (
    ControlRoute("GET", "/journal/live", stream_exchanges, "-N", joined=JoinedEvents("exchanges")),
    ControlRoute("GET", "/events", stream_events, "-N", joined=JoinedEvents("events")),
)
