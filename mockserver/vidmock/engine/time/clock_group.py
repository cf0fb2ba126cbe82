"""The clocks of several worlds kept in step: what is due in any of them happens in one order."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import chain

from vidmock.engine.time.clock import FOREVER, Clock, Mode, Timer
from vidmock.engine.time.failures import Failures
from vidmock.engine.world.world import World


class ClockGroup:
    """*lead* and the clocks of *worlds*, of which it may be one. Moments are on *lead*, whatever others show."""

    def __init__(self, lead: Clock, worlds: Iterable[World]) -> None:
        self.lead = lead
        self._worlds = tuple(worlds)
        self._clocks = tuple(dict.fromkeys(chain((world.clock for world in self._worlds), (lead,))))

    @property
    def mode(self) -> Mode:
        return self.lead.mode

    @property
    def awaited(self) -> int:
        """How many requests wait for one of the clocks."""
        return sum(clock.awaited for clock in self._clocks)

    def now(self) -> float:
        return self.lead.now()

    def furthest(self) -> float:
        """What the clock shows that is ahead of the others."""
        return max(clock.now() for clock in self._clocks)

    def due(self, but: Collection[Timer | None] = ()) -> float | None:
        """When the next thing is due, those of *but* apart; what never ends is not due."""
        due = ((clock, clock.due(but)) for clock in self._clocks)
        moments = (self._here(clock, when) for clock, when in due if when is not None and when < FOREVER)
        return min(moments, default=None)

    def change(self) -> float | None:
        """When a job next changes its state."""
        found = []
        for world in self._worlds:
            now = world.clock.now()
            changes = (job.next_change(now) for job in world.jobs.unfinished())
            found += [self._here(world.clock, when) for when in changes if when is not None and when < FOREVER]
        return min(found, default=None)

    async def advance_to(self, moment: float) -> None:
        """Let time pass up to *moment*, and everything due in it happen, in order."""
        failures = Failures()
        while (when := self.due()) is not None and when <= moment:
            with failures.put_off():
                await self._move(when)
        with failures.put_off():
            await self._move(moment)
        failures.raise_first()

    async def run_until_idle(self) -> None:
        """Let time pass until nothing is planned any more."""
        failures = Failures()
        while (when := self.due()) is not None:
            with failures.put_off():
                await self._move(when)
        failures.raise_first()

    def turn(self, mode: Mode) -> None:
        """Let time go on in another *mode*."""
        for clock in self._clocks:
            clock.turn(mode)

    async def _move(self, moment: float) -> None:
        now = self.now()
        there = [(clock, self._there(clock, now, moment)) for clock in self._clocks]
        # Whoever is told of something by one world finds the same time in the others.
        for clock, until in there:
            clock.show(until)
        failures = Failures()
        for clock, until in there:
            with failures.put_off():
                await clock.advance_to(until)
        failures.raise_first()

    def _here(self, clock: Clock, when: float) -> float:
        now, here = clock.now(), self.now()
        return when if now == here else here + (when - now)

    def _there(self, clock: Clock, now: float, moment: float) -> float:
        """*moment* on *clock*; rounding must not stop short of what is due by then."""
        if clock.now() == now:
            return moment
        due = clock.due()
        until = clock.now() + (moment - now)
        return until if due is None or self._here(clock, due) > moment else max(until, due)
