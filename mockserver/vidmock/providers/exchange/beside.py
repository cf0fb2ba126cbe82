"""Work over a large body, done beside other requests: whoever sends one keeps nobody else waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, TypeVar
from weakref import WeakKeyDictionary

T = TypeVar("T")

WORKED_AT_ONCE: Final = 2**15
"""Bytes of a body up to which it is worked at between two other requests, a limit of ours; a larger one in a thread."""
_TURNS: Final[WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock]] = WeakKeyDictionary()
"""By event loop: who has the thread. Of several threads, each would have the interpreter as often as the loop."""


async def beside(size: int, work: Callable[[], T]) -> T:
    """What *work* gives, whose cost grows with *size* bytes of a body; it reads the body, and nothing that may change.

    Large ones have their turn one after the other, in the order in which they came.
    """
    if size <= WORKED_AT_ONCE:
        return work()
    async with _TURNS.setdefault(asyncio.get_running_loop(), asyncio.Lock()):
        return await asyncio.to_thread(work)


def is_anyone_beside(loop: asyncio.AbstractEventLoop) -> bool:
    """Whether a large body of a request of *loop* is being worked at, or has its turn next."""
    turns = _TURNS.get(loop)
    return turns is not None and turns.locked()
