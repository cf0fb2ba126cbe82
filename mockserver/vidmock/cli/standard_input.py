"""The end of standard input: that of a pipe comes when whoever started this program closes it, or is gone."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import threading

_AT_ONCE = 2**16
"""Bytes that are read at once, and thrown away."""


def set_at_end_of_input(stop: asyncio.Event) -> None:
    """Set *stop*, in the running loop, once nothing more can come on standard input; soon where there is none."""
    loop = asyncio.get_running_loop()

    def read() -> None:
        # By its descriptor: a thread that waits in a file of Python's holds that up at the end of the process.
        with contextlib.suppress(OSError, ValueError):
            while sys.stdin is not None and os.read(sys.stdin.fileno(), _AT_ONCE):
                continue
        # The loop may have ended for another reason.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(stop.set)

    threading.Thread(target=read, name="vidmock standard input", daemon=True).start()
