"""What is to happen in a world, soonest first: what is planned on its clock, and what its jobs and files come to."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

from vidmock.engine.jobs.job import Job, State
from vidmock.engine.time.clock import Timer
from vidmock.engine.time.epoch import FOREVER
from vidmock.engine.world.world import Due, World

UpcomingKind = Literal["begin", "requeue", "output", "end", "webhook", "answer", "forget", "expire"]
UPCOMING_KINDS: tuple[UpcomingKind, ...] = get_args(UpcomingKind)
"""A job begins, goes back to the queue, has an output ready, or ends; a webhook is tried; a request that waits is
answered; the provider forgets a job; an upload expires."""


@dataclass(frozen=True, slots=True)
class Upcoming:
    """That happens *at* a moment, in seconds since the epoch: to a *job*, by its id, and to what else is named."""

    at: float
    what: UpcomingKind
    job: str = ""
    output: str = ""
    delivery: int | None = None
    upload: str = ""


def upcoming(world: World, most: int) -> list[Upcoming]:
    """The *most* that happen first, soonest first; what never happens is not among them.

    It costs one look at each job and file that is held.
    """
    now = world.clock.now()
    planned = (_planned(world, timer) for timer in world.clock.soonest(most) if timer.when < FOREVER)
    # What happens at the same moment comes in the order in which it will.
    return heapq.nsmallest(most, (*planned, *_of_jobs(world, now), *_of_files(world, now)), key=lambda one: one.at)


def _planned(world: World, timer: Timer) -> Upcoming:
    due, when = timer.about, timer.when
    if not isinstance(due, Due):
        return Upcoming(when, "answer")
    if due.delivery is not None:
        delivery = world.outbox.planned.get(due.delivery)
        return Upcoming(when, "webhook", delivery.job if delivery else "", delivery=due.delivery)
    if due.output is not None:
        return Upcoming(when, "output", world.jobs.output(due.output)[0].id, due.output)
    return Upcoming(when, "end", due.job or "")


def _of_jobs(world: World, now: float) -> Iterator[Upcoming]:
    for job in world.jobs.values():
        yield from _steps(job, now) if world.jobs.is_unfinished(job.id) else _forgotten(job, now)


def _steps(job: Job, now: float) -> Iterator[Upcoming]:
    """The steps before its end that *job* is still to take: the end itself is planned on the clock."""
    for step in job.timeline[1:-1]:
        if step.at > now:
            yield Upcoming(step.at, "requeue" if step.state is State.QUEUED else "begin", job.id)


def _forgotten(job: Job, now: float) -> Iterator[Upcoming]:
    kept = FOREVER if job.retention is None else job.ends + job.retention
    until = min(kept, FOREVER if job.deadline is None else job.deadline)
    if now < until < FOREVER:
        yield Upcoming(until, "forget", job.id)


def _of_files(world: World, now: float) -> Iterator[Upcoming]:
    for upload in world.files:
        if upload.expires is not None and now < upload.expires < FOREVER:
            yield Upcoming(upload.expires, "expire", upload=upload.id)
