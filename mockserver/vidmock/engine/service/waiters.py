"""Waiters: the calls that are held until a job has ended."""

from __future__ import annotations

import asyncio

from vidmock.engine.jobs.job import Job
from vidmock.engine.world.world import World


class Waiters:
    """The calls that wait, by world and job."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[str, str], list[asyncio.Future[float]]] = {}

    async def wait(self, world: World, job: Job, deadline: float) -> float:
        """Wait until *job* has ended, or for the *deadline* on the clock of *world*; returns the moment."""
        over: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        waiting = self._waiting.setdefault((world.key, job.id), [])
        waiting.append(over)
        # A world that is reset lets its waiters go before their time.
        timer = world.clock.at(
            deadline, lambda: None if over.done() else over.set_result(min(deadline, world.clock.now()))
        )
        try:
            with world.clock.awaiting():
                return await over
        finally:
            timer.cancel()
            waiting.remove(over)

    def let_go(self, world: World, job_id: str, now: float) -> None:
        """The job of that id ended *now*, which its timer may notice late: nobody waits for it any more."""
        for waiting in self._waiting.pop((world.key, job_id), ()):
            if not waiting.done():
                waiting.set_result(now)
