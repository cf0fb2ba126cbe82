"""Time that passes on several clocks at once: what is due on any of them happens in one order."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import partial

from vidmock.engine.time.clock import Clock, Timer
from vidmock.engine.time.epoch import FOREVER
from vidmock.engine.time.mode import Mode
from vidmock.engine.time.passage import Passage, Point
from vidmock.problems import BadRequest


class ClockGroup:
    """The clocks that *clocks* gives, and *lead*: as many seconds pass on each, whatever time each shows.

    *clocks* is called again and again, so that the clock of a world that is made while time passes joins the others.
    It is called only where *changes* is another number than before, if there are many of them: how often one came.
    Moments that the group is given, or gives, are on *lead*. Without one, they are on a clock of the group's own.
    """

    def __init__(
        self,
        clocks: Callable[[], Iterable[Clock]],
        lead: Clock | None = None,
        changes: Callable[[], int] | None = None,
    ) -> None:
        self.lead = Clock(Mode("manual")) if lead is None else lead
        self._clocks, self._changes = clocks, changes or partial(next, itertools.count())

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

    @property
    def unanswered(self) -> int:
        """How many requests wait for one of the clocks, or for nothing that will ever come."""
        return sum(clock.awaited + clock.withheld for clock in self)

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
        await self._passage().run(Point(by))

    async def advance_to(self, moment: float) -> None:
        """Let time pass until *lead* shows *moment*. Raises the first error of an action, as ``advance``."""
        passage = self._passage()
        await passage.run(passage.at(moment))

    async def go_to(self, clock: Clock, moment: float) -> None:
        """Let time pass until *clock*, one of these, shows *moment*, and as long on the others.

        Raises:
            BadRequest: that is after the end of time; nothing has happened.
            Exception: as ``advance``.
        """
        if moment >= FOREVER:
            raise BadRequest("that is after the end of time, which is the year 9999", "to")
        now = clock.now()
        await self._passage().run(Point(moment - now, now, moment))

    async def run_until_idle(self) -> None:
        """Let time pass until nothing is due on any clock. Raises the first error of an action, as ``advance``."""
        await self._passage().run()

    def set_mode(self, mode: Mode) -> None:
        """Let time pass in another *mode* on every clock, from what it shows."""
        for clock in self:
            clock.set_mode(mode)

    def _passage(self) -> Passage:
        return Passage(lambda: self, self.lead, self._changes)
