"""A line on a terminal that says how far something is, for commands that take longer than a second."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Final, Self, TextIO

PROGRESS_AFTER: Final = 1.0
"""Seconds before there is a line: what is done sooner needs none."""
PROGRESS_EVERY: Final = 0.25
"""Seconds between two writings of the line."""
_WIDTH: Final = 80
"""Columns of a terminal that does not say how many it has."""
_ERASE: Final = "\r\x1b[K"


class Progress:
    """One line on *stream*, which is written anew; nothing where that is no terminal, or a dumb one.

    Whoever prints something else meanwhile erases it first, as its end does. *now* is a clock in seconds.
    """

    def __init__(self, stream: TextIO, now: Callable[[], float] = time.monotonic) -> None:
        self._stream, self._now = stream, now
        self._next = now() + PROGRESS_AFTER
        self._on_terminal = stream.isatty() and os.environ.get("TERM") != "dumb"
        self._standing = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self.erase()

    def show(self, text: str) -> None:
        """Have the line say *text*, unless it is too early for that; no more of it than the terminal is wide."""
        if not self._on_terminal or (now := self._now()) < self._next:
            return
        self._next, self._standing = now + PROGRESS_EVERY, True
        # In the last column some terminals go on to the next line.
        self._write(f"{_ERASE}{text[: self._width() - 1]}")

    def erase(self) -> None:
        """Make room for what is printed next."""
        if self._standing:
            self._standing = False
            self._write(_ERASE)

    def _width(self) -> int:
        try:
            return os.get_terminal_size(self._stream.fileno()).columns or _WIDTH
        except OSError:
            return _WIDTH

    def _write(self, text: str) -> None:
        # How far it is changes nothing of what is done.
        with suppress(OSError):
            self._stream.write(text)
            self._stream.flush()
