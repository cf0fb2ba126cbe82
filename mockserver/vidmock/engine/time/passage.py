"""One stretch of time on several clocks: it costs what happens in it, and one look at each clock."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from vidmock.engine.time.clock import Clock
from vidmock.engine.time.epoch import FOREVER
from vidmock.engine.time.failures import raise_first

_LAST = math.nextafter(FOREVER, 0.0)
"""No clock is led further: what is due at FOREVER stands for what never happens."""


@dataclass(frozen=True, slots=True)
class Point:
    """*elapsed* seconds after the beginning; exactly the moment *when* on clocks that showed *began* then.

    Adding *elapsed* to a time of day may miss *when* by a rounding error.
    """

    elapsed: float
    began: float | None = None
    when: float = 0.0

    def on(self, began: float) -> float:
        """The moment on a clock that showed *began*."""
        return self.when if began == self.began else min(_LAST, began + self.elapsed)


class Passage:
    """Leads the clocks that *clocks* gives: all show as much time passed at any moment, *lead* among them.

    *clocks* is asked again where *changes* is another number.
    """

    def __init__(self, clocks: Callable[[], Iterable[Clock]], lead: Clock, changes: Callable[[], int]) -> None:
        self._clocks, self._lead, self._changes = clocks, lead, changes
        self._changed = changes()
        self._point = Point(0.0)
        self._began = {clock: clock.now() for clock in clocks()}
        self._order = {clock: place for place, clock in enumerate(self._began)}
        self._due: list[tuple[float, int, Clock]] = []
        """When something is due on which clock, soonest first, in seconds from the beginning; perhaps no longer."""

    def at(self, moment: float) -> Point:
        """*moment* of the lead."""
        began = self._began[self._lead]
        return Point(moment - began, began, moment)

    def moment(self, clock: Clock) -> float:
        """What *clock* shows by now."""
        return self._point.on(self._began[clock])

    def planned(self, clock: Clock, when: float) -> None:
        """Note that something is due on *clock* at *when*."""
        if when < FOREVER:
            heapq.heappush(self._due, (when - self._began[clock], self._order[clock], clock))

    async def run(self, end: Point | None = None) -> None:
        """Have everything happen that is due up to *end*, or at all, in order. Raises the first error of an action."""
        errors: list[Exception] = []
        try:
            for clock in self._began:
                self._take(clock)
            while (point := self._next_due()) is not None and (end is None or point.elapsed <= end.elapsed):
                errors += await self._go_to(point)
            if end is not None:
                self._move(end)
            for clock in tuple(self._began):
                errors += await _advance(clock, self.moment(clock)) if clock.mode.flows else ()
        finally:
            for clock in self._began:
                clock.unfollow(self)
        raise_first(errors)

    def _take(self, clock: Clock) -> None:
        clock.follow(self)
        self._plan(clock)

    def _plan(self, clock: Clock) -> None:
        if (due := clock.due()) is not None:
            self.planned(clock, due)

    def _next_due(self) -> Point | None:
        """When the next thing is due on any clock."""
        self._join()
        while self._due:
            elapsed, _, clock = self._due[0]
            due, began = clock.due(), self._began[clock]
            if due is not None and due - began == elapsed:
                return Point(elapsed, began, due)
            # It was cancelled, or has happened.
            heapq.heappop(self._due)
            self._plan(clock)
        return None

    async def _go_to(self, point: Point) -> list[Exception]:
        """Have everything happen that is due at *point*; what has failed comes back."""
        # Whoever is told of something by one world finds the same time in the others.
        self._move(point)
        waiting: dict[Clock, float] = {}
        while self._due and self._due[0][0] <= point.elapsed:
            clock = heapq.heappop(self._due)[2]
            due, began = clock.due(), self._began[clock]
            if due is not None and due - began <= point.elapsed:
                waiting[clock] = max(point.on(began), due)
        errors: list[Exception] = []
        for clock, target in waiting.items():
            errors += await _advance(clock, target)
            self._plan(clock)
        return errors

    def _move(self, point: Point) -> None:
        if point.elapsed >= self._point.elapsed:
            self._point = point

    def _join(self) -> None:
        """Lead the clocks that are new, on which as much time has passed as they would have shown."""
        if (changed := self._changes()) == self._changed:
            return
        self._changed = changed
        for clock in self._clocks():
            if clock not in self._began:
                now = clock.now()
                began = self._began[self._lead] if now == self._lead.now() else now - self._point.elapsed
                self._began[clock], self._order[clock] = began, len(self._order)
                self._take(clock)


async def _advance(clock: Clock, moment: float) -> list[Exception]:
    try:
        await clock.advance_to(moment)
    except Exception as error:  # noqa: BLE001 - raised when everything else is done
        return [error]
    return []
