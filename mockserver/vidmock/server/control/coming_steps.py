"""The steps that the jobs of a world are still to take before they end: told of as their moments come."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable
from contextlib import suppress

from vidmock.engine.jobs.job import Job, Step
from vidmock.engine.world.world import World


class ComingSteps:
    """Calls *tell* with each job of *world* that begins, or goes back to its queue, and the moment of that step.

    Nothing is planned on the world's clock: what looks on changes nothing. Where the clock flows, a timer of the event
    loop takes what has come; elsewhere :meth:`take` has to be called when time has passed.
    """

    def __init__(self, world: World, tell: Callable[[Job, float], None]) -> None:
        self.world, self._tell = world, tell
        self._heap: list[tuple[float, str]] = []
        self._next: dict[str, float] = {}
        self._alarm: asyncio.TimerHandle | None = None
        for job in world.jobs.unfinished():
            self._expect(job, world.clock.now())
        self._arm()

    def follow(self, job: Job) -> None:
        """Tell of the next step of *job*, which is new or has another future."""
        self._expect(job, self.world.clock.now())
        self._arm()

    def take(self) -> None:
        """Tell of the steps whose moment has come."""
        now = self.world.clock.now()
        while self._heap and self._heap[0][0] <= now:
            at, job_id = heapq.heappop(self._heap)
            if self._next.get(job_id) != at:
                continue
            del self._next[job_id]
            job = self.world.jobs.get(job_id)
            if job and any(step.at == at for step in _before_end(job)):
                self._tell(job, at)
            if job:
                self._expect(job, at)
        self._arm()

    def close(self) -> None:
        """Tell of nothing more."""
        self._heap.clear()
        self._next.clear()
        self._arm()

    def _expect(self, job: Job, after: float) -> None:
        self._next.pop(job.id, None)
        moment = next((step.at for step in _before_end(job) if step.at > after), None)
        if moment is not None:
            self._next[job.id] = moment
            heapq.heappush(self._heap, (moment, job.id))

    def _arm(self) -> None:
        if self._alarm:
            self._alarm.cancel()
            self._alarm = None
        mode = self.world.clock.mode
        if self._heap and mode.flows:
            left = (self._heap[0][0] - self.world.clock.now()) / mode.factor
            with suppress(RuntimeError):
                # Without a loop, nobody can be read to.
                self._alarm = asyncio.get_running_loop().call_later(max(0.0, left), self.take)


def _before_end(job: Job) -> tuple[Step, ...]:
    return job.timeline[1:-1]
