"""Runs a client in a thread of its own, which is given up when it does not come back."""

from __future__ import annotations

import concurrent.futures.thread
import ctypes
import sys
import threading
from collections.abc import Callable
from typing import Final, TypeVar

from vidmock.contract.watchdog import Watchdog
from vidmock.testing.virtual_time.rest import ABANDONED

Answer = TypeVar("Answer")
BETWEEN_LOOKS: Final = 0.05
"""Real seconds between looks at what a client does."""
LAST_WORDS: Final = 1.0
"""Real seconds that a thread has to end when it is told to."""
_LOOKS: Final = 10
_MOMENT: Final = 0.002
_IDLE: Final = concurrent.futures.thread._worker.__code__  # noqa: SLF001 - where idle workers of pools wait


class Hangs(Exception):
    """The client has not come back."""


class _GivenUp(SystemExit):
    """Ends a thread of a client that hangs, wherever it is in Python, without a word about it."""


def run_watched(work: Callable[[], Answer], seconds: float, look: Callable[[], None], *, alone: bool) -> Answer:
    """What *work* gives, in a thread of its own. *look* is called again and again meanwhile.

    Where it runs *alone*, all threads that began since are its own, and are ended when it hangs. Those that cannot be,
    because they wait outside of Python, are left behind: virtual time waits for them no more.

    Raises:
        Hangs: it has not come back after so many real *seconds*, or more on a busy machine.
    """
    done: list[Answer] = []
    before = {*threading.enumerate()}
    thread = threading.Thread(target=lambda: done.append(work()), daemon=True)
    thread.start()
    watchdog = Watchdog(seconds)
    while thread.is_alive() and not watchdog.is_over:
        thread.join(BETWEEN_LOOKS)
        look()
    if not done:
        if alone:
            _give_up([each for each in threading.enumerate() if each not in before])
        raise Hangs(f"it has not come back after {seconds:g} s")
    return done[0]


def _give_up(threads: list[threading.Thread]) -> None:
    frames = sys._current_frames()  # noqa: SLF001 - documented
    # Idle workers of a pool serve the next client too.
    busy = [each for each in threads if (frame := frames.get(each.ident or 0)) and frame.f_code is not _IDLE]
    ABANDONED.update(busy)
    for each in filter(_can_be_told, busy):
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(each.ident or 0), ctypes.py_object(_GivenUp))
    for each in busy:
        each.join(LAST_WORDS / len(busy))


def _can_be_told(thread: threading.Thread) -> bool:
    """Whether *thread* hears of an exception soon, if that matters.

    In CPython 3.11 all threads that are traced, as for coverage, stand still for as long as one is to hear of an
    exception, and one that waits outside of Python never does.
    """
    return sys.gettrace() is None or len({_place_of(thread) for _ in range(_LOOKS)}) > 1


def _place_of(thread: threading.Thread) -> object:
    """Where in Python *thread* is, a moment later."""
    thread.join(_MOMENT)
    frame = sys._current_frames().get(thread.ident or 0)  # noqa: SLF001 - documented
    return frame and (frame.f_code, frame.f_lasti)
