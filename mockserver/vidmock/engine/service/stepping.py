"""How a stepped clock goes: by the looks at each job, and by itself where a program waits for a webhook."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol
from weakref import WeakKeyDictionary

from vidmock.engine.jobs.job import Job
from vidmock.engine.time.failures import print_failure
from vidmock.engine.world.world import World

UNWATCHED = 0.5
"""Real seconds without a look after which a world goes on by itself to what a receiver waits for."""


LOOKS_AT_MOST = 4
"""A state that was shown so often goes on even if a new connection looks: some clients open one each time, for ever."""


class Watcher(Protocol):
    """Who looks: the connection of a client. A new one goes on where one that is closed has left off."""

    def is_closing(self) -> bool: ...


Shown = tuple[int, int]
"""A job's attempt, and how many steps of its timeline have begun and of its outputs are ready."""


class Stepping:
    """Moves the clocks of worlds that are stepped; *change* replaces a job from a moment on, and plans it anew.

    Time passes for one job only: the future of all others of its world is put off by as much, so that nobody who looks
    at one uses up the states of another.
    """

    def __init__(self, change: Callable[[World, Job, Job, float], Job]) -> None:
        self._change = change
        self._shown: WeakKeyDictionary[World, dict[str, dict[Watcher | None, Shown]]] = WeakKeyDictionary()
        self._alarms: WeakKeyDictionary[World, asyncio.TimerHandle] = WeakKeyDictionary()
        self._tasks: set[asyncio.Task[None]] = set()

    async def look(self, world: World, job: Job, watcher: Watcher | None) -> None:
        """Take *job* to its next state, if *watcher* was shown the present one; what it sees now is remembered."""
        jobs = self._shown.setdefault(world, {})
        seen = jobs.setdefault(job.id, {})
        now = world.clock.now()
        before, present = seen.pop(watcher, None) or _left_off(seen), _step_of(job, now)
        shown = before == present or sum(step == present for step in seen.values()) >= LOOKS_AT_MOST
        if shown and (change := job.next_change(now)) is not None:
            await self.go_to(world, job, change)
        job = world.jobs.get(job.id, job)
        seen[watcher] = _step_of(job, world.clock.now())
        if job.ended(world.clock.now()):
            jobs.pop(job.id, None)
        self.expect(world)

    async def go_to(self, world: World, job: Job | None, moment: float) -> None:
        """Let time pass up to *moment* for *job* alone, or for none, and for what is due beside jobs."""
        now = world.clock.now()
        for other in tuple(world.jobs.unfinished()):
            if (job is None or other.id != job.id) and moment > now:
                self._change(world, other, other.put_off(moment - now, now), now)
        await world.clock.advance_to(moment)

    def expect(self, world: World) -> None:
        """Go on to what a receiver of *world* waits for, if anything, when nobody has looked for ``UNWATCHED``."""
        if alarm := self._alarms.pop(world, None):
            alarm.cancel()
        if world.clock.mode.kind == "step" and not world.closed and _next_awaited(world):
            # Without a running loop, as where a test asks the engine itself, nobody waits.
            with suppress(RuntimeError):
                self._alarms[world] = asyncio.get_running_loop().call_later(UNWATCHED, self._begin, world)

    def _begin(self, world: World) -> None:
        task = asyncio.get_running_loop().create_task(self._go_on(world))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _go_on(self, world: World) -> None:
        with print_failure():
            if (found := _next_awaited(world)) and world.clock.mode.kind == "step":
                await self.go_to(world, *found)
        self.expect(world)


def _step_of(job: Job, now: float) -> Shown:
    moments = (
        *(step.at for step in job.timeline),
        *(output.ready for output in job.outputs if output.ready is not None),
    )
    return job.attempt, sum(moment <= now for moment in moments)


def _left_off(seen: dict[Watcher | None, Shown]) -> Shown | None:
    """What the last of the watchers saw that are gone; they are forgotten."""
    gone = [watcher for watcher in seen if watcher is not None and watcher.is_closing()]
    return max((seen.pop(watcher) for watcher in gone), default=None)


def _next_awaited(world: World) -> tuple[Job | None, float] | None:
    """What a receiver waits for next, and when: the end of a job that has a webhook, or a delivery."""
    jobs: list[tuple[Job | None, float]] = [(job, job.ends) for job in world.jobs.unfinished() if job.webhook]
    deliveries = [(None, sent.planned) for sent in world.outbox.planned.values() if sent.planned is not None]
    return min((*jobs, *deliveries), key=lambda each: each[1], default=None)
