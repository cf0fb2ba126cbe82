"""Writes lines to a stream that may be slow, or stuck: nobody waits for it, and what it cannot take is counted."""

from __future__ import annotations

import os
import select
import threading
from collections import deque
from typing import Final, TextIO

MOST_WAITING: Final = 1_000
"""Lines that wait for the stream."""
_AT_ONCE: Final = 4_096
"""Bytes that a pipe takes whole once it takes any (POSIX, ``PIPE_BUF``; Linux has 4,096)."""
_LOOK: Final = 0.2
"""Real seconds after which it is looked whether it is over."""


class LineWriter:
    """Writes lines to *stream*, in a thread of its own. Lines beyond those that wait are left out.

    Of one that is no file of the system's, as in a program that collects what is printed, nobody can tell whether it is
    stuck: it gets each line as it comes.
    """

    def __init__(self, stream: TextIO) -> None:
        stream.flush()
        self._stream = stream
        try:
            self._descriptor: int | None = stream.fileno()
        except OSError:
            self._descriptor = None
        self._lines: deque[str] = deque()
        self._left_out = 0
        self._changed = threading.Condition()
        self._over = self._is_stuck = False
        self._thread = threading.Thread(target=self._run, name="vidmock log", daemon=True)
        self._thread.start()

    def write(self, line: str) -> None:
        """Have *line* written, unless too many wait."""
        if self._descriptor is None:
            self._stream.write(f"{line}\n")
            return
        with self._changed:
            if len(self._lines) >= MOST_WAITING:
                self._left_out += 1
                return
            self._lines.append(line)
            self._changed.notify()

    def close(self) -> bool:
        """Write what waits, as long as the stream takes it, and no more; whether it has taken all."""
        with self._changed:
            self._over = True
            self._changed.notify()
        self._thread.join()
        return not self._is_stuck

    def _run(self) -> None:
        if self._descriptor is None:
            return
        while not self._is_stuck and (text := self._next()) is not None:
            data = text.encode("utf-8", "backslashreplace")
            while data and self._takes_more(self._descriptor):
                # Whole lines: other processes may write to the same stream.
                end = data.rfind(b"\n", 0, _AT_ONCE) + 1 or _AT_ONCE
                try:
                    data = data[os.write(self._descriptor, data[:end]) :]
                except OSError:
                    # Whoever has read it has gone.
                    break
            self._is_stuck = bool(data)

    def _next(self) -> str | None:
        """The lines that wait; ``None`` when there will be none."""
        with self._changed:
            while not self._lines and not self._over:
                self._changed.wait()
            if not self._lines:
                return None
            lines = [*self._lines]
            self._lines.clear()
            if self._left_out:
                lines.append(f"… {self._left_out} lines were left out here: see /_vidmock/journal")
                self._left_out = 0
        return "".join(f"{line}\n" for line in lines)

    def _takes_more(self, descriptor: int) -> bool:
        """Wait until the stream takes more; false where it is over and it does not."""
        while True:
            try:
                _, ready, _ = select.select([], [descriptor], [], _LOOK)
            except (OSError, ValueError):
                # Windows asks sockets only.
                return True
            if ready:
                return True
            if self._over:
                return False
