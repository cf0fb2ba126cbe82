"""Waits with a limit in the program's own threads, which end by the mock's clock: events, queues, futures and the like.

All of them wait in ``threading.Condition.wait``, and some count by the clock of their module what is left of the limit.
Both are replaced, for whoever asks from one of the program's modules or of its clients'; all others keep the real ones.
"""

from __future__ import annotations

import concurrent.futures
import queue
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from vidmock.testing.virtual_time.patching import Patching, StandInModule

_RealWait = threading.Condition.wait
_RealTimer = threading.Timer.__init__
_LIBRARY = (threading, queue, concurrent.futures._base)  # noqa: SLF001 - where futures wait
INSIDE = {id(vars(module)) for module in (*_LIBRARY, concurrent.futures.thread, sys.modules[__name__])}
"""The globals of modules that wait for others, by identity: who has called them waits."""
_TIMER = threading.Timer.run.__code__
_CLOCKS = {"time", "_time"}
"""What the functions read that count what is left of their limit."""
_MADE_BY: WeakKeyDictionary[threading.Timer, dict[str, Any]] = WeakKeyDictionary()
"""The globals of the modules that made timers in virtual time: what a timer calls may be of the library itself."""
_LATE = 1e-6
"""Seconds by which a limit is over for who counts: a real clock goes on between the end of a wait and a look at it."""


class Limits(Protocol):
    """A virtual time, for those who wait."""

    def covers(self, module: dict[str, Any]) -> bool:
        """Whether *module*, a module's globals, is of the program or its clients, and this thread not the server's."""

    def monotonic(self) -> float:
        """As ``time.monotonic``, on the mock's clock."""

    def limit(self, seconds: float, expire: Callable[[], None], lift: Callable[[], None]) -> Callable[[], None]:
        """Have *expire* called after *seconds*, or *lift* when virtual time ends before; return what cancels that."""


class Waiter:
    """What a thread waits for that may be notified, or else expire: whoever comes first decides.

    A notification that comes after the limit was lifted still counts; one that comes after it has expired is refused,
    as ``Condition.notify`` expects it, so that another thread gets it.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.lock.acquire()
        self._decided = threading.Lock()
        self.expired = self.lifted = self.notified = False

    @property
    def over(self) -> bool:
        """Whether the thread has been woken."""
        return self._decided.locked()

    def release(self) -> None:
        """Notify the thread. Raises RuntimeError: its wait is over."""
        if self._decided.acquire(blocking=False):
            self.notified = True
            self.lock.release()
        elif self.lifted and not self.notified:
            self.notified = True
        else:
            raise RuntimeError("this wait is over")

    def expire(self) -> None:
        """End the wait, if it is not over."""
        if self._decided.acquire(blocking=False):
            self.expired = True
            self.lock.release()

    def lift(self) -> None:
        """Have the thread wait for real, if it still does."""
        if self._decided.acquire(blocking=False):
            self.lifted = True
            self.lock.release()


class _OfThread(threading.local):
    late = False
    """Whether a wait has just expired, and whoever counts has not looked at the clock since."""


class TimedWaits:
    """All virtual times, from ``begin`` to ``end`` of each; who waits goes by the first that covers its module."""

    def __init__(self) -> None:
        self._active: list[Limits] = []
        self._lock = threading.Lock()
        self._own = _OfThread()
        clocks = {id(time.monotonic): self._monotonic, id(time): StandInModule(time, monotonic=self._monotonic)}
        self._patching = Patching(_LIBRARY, lambda real: clocks.get(id(real)))

    def begin(self, limits: Limits) -> None:
        """Have those wait by *limits* whom it knows."""
        with self._lock:
            self._active.append(limits)
            if len(self._active) == 1:
                threading.Condition.wait = _wait  # type: ignore[method-assign]  # until ``end``
                threading.Timer.__init__ = _make_timer  # type: ignore[method-assign, assignment]  # until ``end``
                self._patching.begin()

    def end(self, limits: Limits) -> None:
        """Have nobody wait by *limits* any more; those who do go on as it says."""
        with self._lock:
            self._active.remove(limits)
            if not self._active:
                threading.Condition.wait = _RealWait  # type: ignore[method-assign]  # as it was
                threading.Timer.__init__ = _RealTimer  # type: ignore[method-assign]  # as it was
                self._patching.end()

    def wait(self, condition: Any, timeout: float | None) -> bool:
        """As ``Condition.wait``: whether *condition* was notified."""
        if timeout is None or timeout <= 0 or not condition._is_owned():  # noqa: SLF001 - as the real one
            return _RealWait(condition, timeout)
        limits, counts = self._limits_of(sys._getframe(1))  # noqa: SLF001 - documented
        if limits is None:
            return _RealWait(condition, timeout)
        waiter = Waiter()
        condition._waiters.append(waiter)  # noqa: SLF001 - as the real one
        held = condition._release_save()  # noqa: SLF001 - as the real one
        cancel = limits.limit(timeout, waiter.expire, waiter.lift)
        try:
            # As long as it takes: how long that is for real decides nothing.
            waiter.lock.acquire()
        finally:
            cancel()
            condition._acquire_restore(held)  # noqa: SLF001 - as the real one
            if not waiter.notified and waiter in condition._waiters:  # noqa: SLF001 - as the real one
                condition._waiters.remove(waiter)  # noqa: SLF001 - as the real one
        self._own.late = counts and waiter.expired
        return waiter.notified or (waiter.lifted and _RealWait(condition, timeout))

    def _monotonic(self) -> float:
        limits, _ = self._limits_of(sys._getframe(1))  # noqa: SLF001 - documented
        if limits is None:
            return time.monotonic()
        late, self._own.late = self._own.late, False
        return limits.monotonic() + (_LATE if late else 0.0)

    def _limits_of(self, frame: FrameType | None) -> tuple[Limits | None, bool]:
        """By which virtual time whoever has called the library in *frame* waits; ``None``: by the real one.

        And whether a function of the library counts what is left of the limit.
        """
        counts = False
        while frame is not None and id(frame.f_globals) in INSIDE and frame.f_code is not _TIMER:
            counts = counts or not _CLOCKS.isdisjoint(frame.f_code.co_names)
            frame = frame.f_back
        if frame is None:
            return None, counts
        module = _made_by(frame.f_locals["self"]) if frame.f_code is _TIMER else frame.f_globals
        return next((limits for limits in self._active if limits.covers(module)), None), counts


def _make_timer(self: threading.Timer, /, *arguments: Any, **named: Any) -> None:
    _RealTimer(self, *arguments, **named)
    _MADE_BY[self] = sys._getframe(1).f_globals  # noqa: SLF001 - documented


def _made_by(timer: threading.Timer) -> dict[str, Any]:
    """The globals of the module that made *timer*; of one that is older, those of the function that it calls."""
    made: dict[str, Any] = _MADE_BY.get(timer, getattr(timer.function, "__globals__", {}))
    return made


TIMED_WAITS = TimedWaits()
"""Of this process, whose conditions all have the same class."""


def _wait(self: threading.Condition, timeout: float | None = None) -> bool:
    return TIMED_WAITS.wait(self, timeout)
