"""The clock of a world, which job states, waiting requests, webhooks, retries and expiry all read."""

from __future__ import annotations

import asyncio
import heapq
import inspect
import itertools
import time
from collections.abc import Awaitable, Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Protocol

from vidmock.engine.changes import Changes
from vidmock.engine.time.epoch import EPOCH, FOREVER
from vidmock.engine.time.failures import print_failure, raise_first
from vidmock.engine.time.mode import Mode
from vidmock.problems import BadRequest

Action = Callable[[], Awaitable[None] | None]

_SWEEP_AT_LEAST = 64


class Timer:
    """An action that is due at the moment *when*, unless it is cancelled before; *about* says what it is for."""

    __slots__ = ("about", "action", "cancelled", "order", "when")

    def __init__(self, when: float, action: Action, order: int = 0, about: object = None) -> None:
        self.when, self.action, self.order, self.about, self.cancelled = when, action, order, about, False

    def cancel(self) -> None:
        self.cancelled = True


class Leader(Protocol):
    """What leads a clock: a stretch of time that passes on several at once."""

    def moment(self, clock: Clock) -> float:
        """What *clock* shows by now."""

    def planned(self, clock: Clock, when: float) -> None:
        """Hear that something was planned on *clock* for *when*."""


class Clock:
    """The time, in seconds since the Unix epoch, and the actions that are planned.

    In a flowing mode, the running event loop's timers run what is due. In ``step`` and ``manual``, ``advance`` does, in
    order. It waits for the awaitable that an action may return before time goes on, so that a retry is planned from the
    moment at which the first attempt has failed. An action that fails does not hold up the others: ``advance`` raises
    its error when all is done; in a flowing mode it is printed. No moment is after ``FOREVER``.
    """

    def __init__(self, mode: Mode | None = None, start: float | None = None, changes: Changes | None = None) -> None:
        self._changes = changes or Changes()
        self.mode = mode or Mode()
        self._heap: list[tuple[float, int, Timer]] = []
        self._order = itertools.count()
        self._sweep_at = _SWEEP_AT_LEAST
        self._alarm: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Future[None]] = set()
        self._anchor = time.monotonic()
        self.awaited = self.withheld = 0
        self._on_wait: Callable[[], None] | None = None
        self._on_change: Callable[[], None] | None = None
        self._lived_by: Callable[[], bool] = lambda: False
        self._leaders: tuple[Leader, ...] = ()
        if start is None:
            start = time.time() if self.mode.flows else EPOCH
        self._base = start

    def now(self) -> float:
        for leader in self._leaders:
            self._move(leader.moment(self))
        return self._shown()

    def _shown(self) -> float:
        if self.mode.flows:
            return min(FOREVER, self._base + (time.monotonic() - self._anchor) * self.mode.factor)
        return self._base

    def wall(self, moment: float | None = None) -> float:
        """What the clock on the wall of those outside shows when this one shows *moment*, by default now.

        What leaves the mock and is judged by somebody's own clock is dated by it: a signature, an expiry. That clock is
        the machine's, unless the program lives by this one (:meth:`live_by`).
        """
        now = self.now()
        if self.is_lived_by:
            return now if moment is None else moment
        return time.time() + (0.0 if moment is None else (moment - now) / self.mode.factor)

    def live_by(self, lives: Callable[[], bool]) -> None:
        """Have *lives* say whether programs take this clock for the wall's, as they do in virtual time."""
        self._lived_by = lives

    @property
    def is_lived_by(self) -> bool:
        """Whether programs take this clock for the wall's: then no real time may decide what they see."""
        return self._lived_by()

    def at(self, when: float, action: Action, about: object = None) -> Timer:
        """Plan *action* for *when*: for the next chance, if that is past, and for ``FOREVER`` at the latest."""
        when = min(FOREVER, when)
        timer = Timer(when, action, next(self._order), about)
        heapq.heappush(self._heap, (when, timer.order, timer))
        for leader in self._leaders:
            leader.planned(self, when)
        if len(self._heap) > self._sweep_at:
            self._sweep()
        if self.mode.flows and (self._alarm is None or self._heap[0][2] is timer):
            self._arm()
        return timer

    def after(self, seconds: float, action: Action) -> Timer:
        return self.at(self.now() + seconds, action)

    def on_wait(self, call: Callable[[], None]) -> None:
        """Call *call* whenever a request begins to wait for this clock."""
        self._on_wait = call

    def on_change(self, call: Callable[[], None] | None) -> None:
        """Call *call* whenever the clock is set to another mode or moment, and not as it flows; ``None`` ends that."""
        self._on_change = call

    @contextmanager
    def awaiting(self) -> Iterator[None]:
        """Wrap a request's wait for this clock: ``awaited`` counts those, and the listener is called as each begins."""
        self.awaited += 1
        try:
            if self._on_wait:
                self._on_wait()
            yield
        finally:
            self.awaited -= 1

    @contextmanager
    def withholding(self) -> Iterator[None]:
        """Wrap a request that is never answered, however much time passes: ``withheld`` counts those."""
        self.withheld += 1
        try:
            yield
        finally:
            self.withheld -= 1

    def due(self, but: Collection[Timer | None] = ()) -> float | None:
        """When the next action is due, the timers in *but* apart; ``None`` if nothing is planned."""
        while self._heap and self._heap[0][2].cancelled:
            heapq.heappop(self._heap)
        if but:
            return min((w for w, _, timer in self._heap if not timer.cancelled and timer not in but), default=None)
        return self._heap[0][0] if self._heap else None

    def soonest(self, most: int) -> list[Timer]:
        """The *most* timers that are due first, in their order."""
        return [entry[2] for entry in heapq.nsmallest(most, (one for one in self._heap if not one[2].cancelled))]

    def __len__(self) -> int:
        """How many timers are held, cancelled ones that were not swept away yet included."""
        return len(self._heap)

    async def advance(self, seconds: float) -> None:
        """Let *seconds* pass, and everything due in them happen in order. Raises BadRequest, as ``advance_to``."""
        await self.advance_to(self.now() + seconds)

    async def advance_to(self, moment: float) -> None:
        """Let time pass up to *moment*, and everything due by then happen in order.

        Raises:
            BadRequest: that is after the end of time; nothing has happened.
            Exception: the first error of an action; everything else that was due has happened as well.
        """
        if not moment <= FOREVER:
            raise BadRequest("that is after the end of time, which is the year 9999")
        errors: list[Exception] = []
        try:
            while (when := self.due()) is not None and when <= moment:
                timer = heapq.heappop(self._heap)[2]
                self._move(when)
                try:
                    happening = timer.action()
                    if happening is not None:
                        await happening
                except Exception as error:  # noqa: BLE001 - raised when everything else is done
                    errors.append(error)
            self._move(moment)
        finally:
            if self.mode.flows:
                # What is due next is nearer now than when the loop's timer was set.
                self._arm()
        if errors:
            raise_first(errors)

    def show(self, moment: float) -> None:
        """Show *moment*, unless that is past, with what is due by then still to happen: for a group of clocks."""
        self._move(moment)

    def follow(self, leader: Leader) -> None:
        """Show what *leader* says whenever it is looked at, unless that is past: so leading many clocks costs nothing.

        What is due by then happens when the clock is advanced.
        """
        self._leaders = (*self._leaders, leader)

    def unfollow(self, leader: Leader) -> None:
        """Go on alone from what the clock shows now."""
        self.now()
        self._leaders = tuple(each for each in self._leaders if each is not leader)

    def set_mode(self, mode: Mode) -> None:
        """Let time pass in another *mode* from now on."""
        self._base, self._anchor, self.mode = self.now(), time.monotonic(), mode
        if self._changes.on:
            self._changes.note("world")
        if self._on_change:
            self._on_change()
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if mode.flows:
            self._arm()

    def start(self, moment: float) -> None:
        """Begin at *moment*, before anything is planned."""
        self._base, self._anchor = moment, time.monotonic()
        if self._changes.on:
            self._changes.note("world")
        if self._on_change:
            self._on_change()

    def release(self) -> None:
        """Run all planned actions now, for the clock will never be advanced again: nobody must wait for it.

        What an action returns to be awaited is not begun.
        """
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        waiting, self._heap = sorted(self._heap), []
        for _, _, timer in waiting:
            with print_failure():
                happening = None if timer.cancelled else timer.action()
                if inspect.iscoroutine(happening):
                    happening.close()

    async def settle(self) -> None:
        """Wait for the actions that are under way (deliveries, in a flowing mode)."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    def _sweep(self) -> None:
        """Drop cancelled timers, which may be far from due: never are more of them held than of the others."""
        self._heap = [entry for entry in self._heap if not entry[2].cancelled]
        heapq.heapify(self._heap)
        self._sweep_at = max(_SWEEP_AT_LEAST, 2 * len(self._heap))

    def _move(self, moment: float) -> None:
        if self._changes.on and moment > self._shown():
            self._changes.note("world")
        before = self._base
        if self.mode.flows:
            self._base += max(0.0, moment - self._shown())
        else:
            # Not by adding a difference: rounding could stop short of the moment, and a job would not have ended yet.
            self._base = max(self._base, moment)
        if self._on_change and self._base > before:
            self._on_change()

    def _arm(self) -> None:
        """Set the event loop's timer for the next action that is due; without a running loop, there is none."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        when = self.due()
        if when is None:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        self._alarm = loop.call_later(max(0.0, (when - self.now()) / self.mode.factor), self._ring)

    def _ring(self) -> None:
        self._alarm = None
        while (when := self.due()) is not None and when <= self.now():
            with print_failure():
                happening = heapq.heappop(self._heap)[2].action()
                if happening is not None:
                    task = asyncio.ensure_future(_finished(happening))
                    self._tasks.add(task)
                    task.add_done_callback(self._tasks.discard)
        self._arm()


async def _finished(happening: Awaitable[None]) -> None:
    with print_failure():
        await happening
