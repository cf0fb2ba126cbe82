"""How many attempts are under way at once: what waits for its turn costs its receiver no time."""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

AT_ONCE: Final = 256
"""Attempts under way, of all worlds."""
AT_ONE_RECEIVER: Final = 32
"""Attempts under way at one host and port: as many as any web server takes at once."""


class UnderWay:
    """The attempts under way, and those that wait: in the order of one receiver, and each receiver in its turn."""

    def __init__(self, at_once: int = AT_ONCE, at_one_receiver: int = AT_ONE_RECEIVER) -> None:
        self._at_once, self._at_one_receiver = at_once, at_one_receiver
        self._at: Counter[str] = Counter()
        self._all = 0
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()

    @asynccontextmanager
    async def room_for(self, receiver: str) -> AsyncIterator[None]:
        """Wait until there is room for one more attempt at *receiver*, which then has it until the end."""
        if self._is_free(receiver):
            self._take(receiver)
        else:
            await self._turn(receiver)
        try:
            yield
        finally:
            self._leave(receiver)

    async def _turn(self, receiver: str) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(receiver, deque()).append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._leave(receiver)
            raise

    def _is_free(self, receiver: str) -> bool:
        return self._all < self._at_once and self._at[receiver] < self._at_one_receiver

    def _take(self, receiver: str) -> None:
        self._all += 1
        self._at[receiver] += 1

    def _leave(self, receiver: str) -> None:
        self._all -= 1
        self._at[receiver] -= 1
        if not self._at[receiver]:
            del self._at[receiver]
        while turn := self._next():
            turn.set_result(None)

    def _next(self) -> asyncio.Future[None] | None:
        """The next turn, which is taken; ``None`` while there is no room for any that waits."""
        while self._all < self._at_once:
            # Those that are passed over are full, and not many can be.
            receiver = next(filter(self._is_free, self._waiting), None)
            if receiver is None:
                break
            turns = self._waiting.pop(receiver)
            turn = turns.popleft()
            if turns:
                self._waiting[receiver] = turns
            if not turn.cancelled():
                self._take(receiver)
                return turn
        return None
