"""Server-sent events, of which the first is there before the answer begins."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Self

from starlette.responses import StreamingResponse


class EventStream(StreamingResponse):
    """*events* are whole, with their ``data:`` and the empty line behind them.

    Its *body* is empty, because what is recorded of an answer is recorded before it is sent.
    """

    def __init__(self, events: AsyncGenerator[str], headers: Mapping[str, str]) -> None:
        super().__init__(events, 200, headers, "text/event-stream")
        # Not as a class attribute: Starlette would announce its length.
        self.body = b""

    @classmethod
    async def begun(cls, events: AsyncGenerator[str], headers: Mapping[str, str]) -> Self:
        """A stream whose first event has come. Raises what that raises, while there can still be another answer."""
        first = await anext(events)
        return cls(_resumed(first, events), headers)


async def _resumed(first: str, rest: AsyncGenerator[str]) -> AsyncGenerator[str]:
    async with aclosing(rest):
        yield first
        async for event in rest:
            yield event
