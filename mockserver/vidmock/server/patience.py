"""Time limits that do not charge others for our own delays."""

from __future__ import annotations

import asyncio
from typing import Final

PARTS: Final = 10
"""The parts of a limit. A time in which the event loop stood still counts for one of them, however long it was."""


class Patience:
    """Ends *limit*, a timeout that was begun without a deadline, some real seconds after each :meth:`begin`.

    A plain timeout of the loop ends as soon as the loop goes on after a delay of ours (many jobs that end at once, a
    machine that is busy), though what it waits for may be there and has only not been read yet.
    """

    def __init__(self, limit: asyncio.Timeout) -> None:
        self._limit = limit
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._part, self._left = 0.0, 0
        self.what = ""

    def begin(self, seconds: float, what: str) -> None:
        """Wait for *what* (that did not happen, if it does not) for so many seconds from now on."""
        self.end()
        self.what = f"{what} within {seconds:g} s"
        self._part, self._left = seconds / PARTS, PARTS
        self._timer = self._loop.call_later(self._part, self._pass)

    def end(self) -> None:
        """Wait for nothing any more."""
        if self._timer:
            self._timer.cancel()

    def _pass(self) -> None:
        self._left -= 1
        if self._left:
            self._timer = self._loop.call_later(self._part, self._pass)
        else:
            self._limit.reschedule(self._loop.time())
