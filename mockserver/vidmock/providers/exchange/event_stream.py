"""An answer of server-sent events, which begins only when its first event is there."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Self

from starlette.responses import StreamingResponse


class EventStream(StreamingResponse):
    """A response of *events*, each with its ``data:`` and the empty line after it.

    ``body`` is empty, because the exchange is recorded before the events are sent.
    """

    def __init__(self, events: AsyncGenerator[str], headers: Mapping[str, str]) -> None:
        super().__init__(events, 200, headers, "text/event-stream")
        self.events = events
        # Not as a class attribute: Starlette would announce its length.
        self.body = b""

    @classmethod
    async def begun(cls, events: AsyncGenerator[str], headers: Mapping[str, str]) -> Self:
        """A stream that has its first event. Raises what that event raises, so that an error can still be answered."""
        first = await anext(events)
        return cls(_resumed(first, events), headers)

    def with_events(self, events: AsyncGenerator[str]) -> EventStream:
        """The same answer with other *events*."""
        return EventStream(events, {name: text for name, text in self.headers.items() if name != "content-type"})


async def _resumed(first: str, rest: AsyncGenerator[str]) -> AsyncGenerator[str]:
    async with aclosing(rest):
        yield first
        async for event in rest:
            yield event
