"""Time that passes on several clocks at once: what is due on any of them happens in one order."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass

from vidmock.engine.time.clock import Clock, Timer
from vidmock.engine.time.epoch import FOREVER
from vidmock.engine.time.failures import raise_first
from vidmock.engine.time.mode import Mode
from vidmock.problems import BadRequest

_LAST = math.nextafter(FOREVER, 0.0)
"""A group stops here: what is due at FOREVER stands for what never happens."""


class ClockGroup:
    """The clocks that *clocks* gives, and *lead*: as many seconds pass on each, whatever time each shows.

    *clocks* is called again and again, so that the clock of a world that is made while time passes joins the others.
    Moments that the group is given, or gives, are on *lead*. Without one, they are on a clock of the group's own.
    """

    def __init__(self, clocks: Callable[[], Iterable[Clock]], lead: Clock | None = None) -> None:
        self.lead = Clock(Mode("manual")) if lead is None else lead
        self._clocks = clocks

    def __iter__(self) -> Iterator[Clock]:
        """Each clock once, *lead* included."""
        return iter(dict.fromkeys((*self._clocks(), self.lead)))

    @property
    def mode(self) -> Mode:
        return self.lead.mode

    @property
    def awaited(self) -> int:
        """How many requests wait for one of the clocks."""
        return sum(clock.awaited for clock in self)

    def now(self) -> float:
        return self.lead.now()

    def furthest(self) -> float:
        """The latest time that any of the clocks shows."""
        return max(clock.now() for clock in self)

    def on_lead(self, clock: Clock, when: float) -> float:
        """The moment *when* of *clock*, on *lead*."""
        now, here = clock.now(), self.now()
        return when if now == here else here + (when - now)

    def due(self, but: Collection[Timer | None] = ()) -> float | None:
        """When the next thing is due on any clock, the timers in *but* apart; what never happens is not due."""
        due = ((clock, clock.due(but)) for clock in self)
        moments = (self.on_lead(clock, when) for clock, when in due if when is not None and when < FOREVER)
        return min(moments, default=None)

    async def advance(self, by: float) -> None:
        """Let *by* seconds pass on every clock, and everything that is due in them happen in order.

        Raises:
            BadRequest: one of the clocks would come to the end of time; nothing has happened.
            Exception: the first error of an action; everything else that was due has happened as well.
        """
        if any(clock.now() + by >= FOREVER for clock in self):
            raise BadRequest("that is after the end of time, which is the year 9999", "by")
        await _Passage(self).run(_Point(by))

    async def advance_to(self, moment: float) -> None:
        """Let time pass until *lead* shows *moment*. Raises the first error of an action, as ``advance``."""
        passage = _Passage(self)
        await passage.run(passage.at(moment))

    async def run_until_idle(self) -> None:
        """Let time pass until nothing is due on any clock. Raises the first error of an action, as ``advance``."""
        await _Passage(self).run()

    def set_mode(self, mode: Mode) -> None:
        """Let time pass in another *mode* on every clock, from what it shows."""
        for clock in self:
            clock.set_mode(mode)


@dataclass(frozen=True, slots=True)
class _Point:
    """*elapsed* seconds after the beginning; exactly the moment *when* on clocks that showed *began* then.

    Adding *elapsed* to a time of day may miss *when* by a rounding error.
    """

    elapsed: float
    began: float | None = None
    when: float = 0.0


class _Passage:
    """One stretch of time on the clocks of *group*, which all show as much of it at any moment."""

    def __init__(self, group: ClockGroup) -> None:
        self._group = group
        self._elapsed = 0.0
        self._began = {clock: clock.now() for clock in group}

    def at(self, moment: float) -> _Point:
        """*moment* of the group's lead."""
        began = self._began[self._group.lead]
        return _Point(moment - began, began, moment)

    async def run(self, end: _Point | None = None) -> None:
        """Have everything happen that is due up to *end*, or at all, in order."""
        errors: list[Exception] = []
        while (point := self._next_due()) is not None and (end is None or point.elapsed <= end.elapsed):
            errors += await self._go_to(point)
        if end is not None:
            errors += await self._go_to(end)
        raise_first(errors)

    def _next_due(self) -> _Point | None:
        """When the next thing is due on any clock."""
        soonest, found = math.inf, None
        for clock, began in self._clocks():
            due = clock.due()
            if due is not None and due < FOREVER and due - began < soonest:
                soonest, found = due - began, (began, due)
        return None if found is None else _Point(soonest, *found)

    async def _go_to(self, point: _Point) -> list[Exception]:
        """Have everything happen that is due at *point*; what has failed comes back."""
        self._elapsed = max(self._elapsed, point.elapsed)
        waiting: list[tuple[Clock, float]] = []
        # Whoever is told of something by one world finds the same time in the others.
        for clock, began in self._clocks():
            target = point.when if began == point.began else min(_LAST, began + point.elapsed)
            due = clock.due()
            if due is not None and due - began <= point.elapsed and due < FOREVER:
                target = max(target, due)
                waiting.append((clock, target))
            elif clock.mode.flows:
                waiting.append((clock, target))
            clock.show(target)
        errors: list[Exception] = []
        for clock, target in waiting:
            try:
                await clock.advance_to(target)
            except Exception as error:  # noqa: BLE001 - raised when everything else is done
                errors.append(error)
        return errors

    def _clocks(self) -> Iterator[tuple[Clock, float]]:
        """Each clock, and what it showed at the beginning; a new one, what it would have shown."""
        for clock in self._group:
            began = self._began.get(clock)
            if began is None:
                lead = self._group.lead
                in_step = clock.now() == lead.now()
                began = self._began[clock] = self._began[lead] if in_step else clock.now() - self._elapsed
            yield clock, began
