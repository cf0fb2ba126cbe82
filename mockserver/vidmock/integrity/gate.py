"""A lock that many may share, and one may have for itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class QuietGate:
    """Clients of one key pass together; whoever needs a quiet world waits for them, and keeps the others out."""

    def __init__(self) -> None:
        self._inside = 0
        self._alone = asyncio.Lock()
        self._changed = asyncio.Condition()

    @asynccontextmanager
    async def shared(self) -> AsyncIterator[None]:
        async with self._alone:
            self._inside += 1
        try:
            yield
        finally:
            async with self._changed:
                self._inside -= 1
                self._changed.notify_all()

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        async with self._alone, self._changed:
            await self._changed.wait_for(lambda: self._inside == 0)
            self._changed.release()
            try:
                yield
            finally:
                await self._changed.acquire()
