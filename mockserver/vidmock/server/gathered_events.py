"""Live streams of the control API that are about all worlds, of several replicas: all are heard, and passed on."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Final

from starlette.types import ASGIApp, Message

from vidmock.server.control.joining import JoinedEvents
from vidmock.server.forwarding import Forwarder, Unreachable
from vidmock.server.request_start import RequestStart
from vidmock.state.shared_keeper import SharedKeeper
from vidmock.state.store import StateLost

_LOOK_SECONDS: Final = 1.0
"""Real seconds between looks for replicas that have come."""
_BEGUN_SECONDS: Final = 3.0
"""Real seconds after which a stream begins though a replica has not begun its own."""


class GatheredEvents:
    """Answers *start* with the events of all replicas, as they come: those of this one by *inner*.

    Where a replica comes later, or is heard no more, something may be missed: that is said, as for a slow reader.
    """

    def __init__(
        self,
        inner: ASGIApp,
        keeper: SharedKeeper,
        forwarder: Forwarder,
        joined: JoinedEvents,
        start: RequestStart,
    ) -> None:
        self._inner, self._keeper, self._forwarder, self._start = inner, keeper, forwarder, start
        self._missed = f"event: missed\ndata: {json.dumps({joined.about: None})}\n\n"
        self._listening: dict[str, asyncio.Task[None]] = {}
        self._heard: dict[str, asyncio.Event] = {}
        """By address: whether its stream has begun, or will not."""
        self._begun = asyncio.Event()
        """Our own stream has."""

    async def answer(self) -> None:
        """Answer until the client has gone, or this replica ends. Raises StateLost before anything was said."""
        looking: asyncio.Task[None] | None = None
        try:
            await self._listen_to_all()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._all_heard(), _BEGUN_SECONDS)
            looking = asyncio.create_task(self._look())
            await self._inner(dict(self._start.scope), self._start.receive, self._say)
        finally:
            tasks = [*filter(None, [looking]), *self._listening.values()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _listen_to_all(self) -> None:
        for place in await self._keeper.others():
            if (task := self._listening.get(place)) is None or task.done():
                self._heard[place] = asyncio.Event()
                self._listening[place] = asyncio.create_task(self._listen(place))

    async def _all_heard(self) -> None:
        for heard in [*self._heard.values()]:
            await heard.wait()

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            with suppress(StateLost):
                await self._listen_to_all()

    async def _say(self, message: Message) -> None:
        await self._start.send(message)
        if message["type"] == "http.response.body":
            self._begun.set()

    async def _listen(self, place: str) -> None:
        """Pass on what the replica at *place* says, until it ends."""
        late = self._begun.is_set()
        try:
            async with self._forwarder.listen(place, self._start.scope) as text:
                async for event in _whole(text):
                    begins = event.startswith("event: begun\n")
                    if begins:
                        self._heard[place].set()
                    if late if begins else not event.startswith(":"):
                        await self._pass_on(self._missed if begins else event)
            await self._pass_on(self._missed)
        except Unreachable:
            # Its lease is soon over, and then it is no replica any more.
            return
        finally:
            self._heard[place].set()

    async def _pass_on(self, event: str) -> None:
        """Send *event*, once our own stream has begun."""
        await self._begun.wait()
        await self._start.send({"type": "http.response.body", "body": event.encode(), "more_body": True})


async def _whole(text: AsyncIterator[str]) -> AsyncIterator[str]:
    """The events in *text*, each as a whole."""
    begun = ""
    async for part in text:
        *whole, begun = (begun + part).split("\n\n")
        for event in whole:
            yield event + "\n\n"
