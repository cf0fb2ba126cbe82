"""Jobs at the same time: in a line each begins when those before it have begun, and no more are at work than may be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from vidmock.engine.jobs.job import Job, State, Step
from vidmock.engine.jobs.timeline import bound_timeline
from vidmock.problems import OverQuota

ANNOUNCED_WITHIN = 24 * 3600.0
"""A place that is free later than this, in seconds, is not announced: its job is stuck."""


def check_at_once(jobs: Sequence[Job], at_once: int, now: float) -> None:
    """Check that fewer than *at_once* jobs are under way, which *jobs* are. Raises OverQuota."""
    if len(jobs) >= at_once:
        wait = min(job.ends for job in jobs) - now
        raise OverQuota(at_once, wait if wait < ANNOUNCED_WITHIN else None)


def join_line(job: Job, ahead: Sequence[Job], now: float) -> Job:
    """*job*, which is new and waits in a line, behind the jobs *ahead*, in their order, that have not ended."""
    start = job.since(State.RUNNING)
    if job.line is None or start is None:
        return job
    return place_in_line(replace(job, line=replace(job.line, ready=start)), ahead, now)


def place_in_line(job: Job, ahead: Sequence[Job], now: float) -> Job:
    """*job* with its run moved to where its turn is behind the jobs *ahead*; one that has begun, or never will, stays.

    A job that waits longer than it may fails.
    """
    start = job.since(State.RUNNING)
    if job.line is None or start is None or start <= now:
        return job
    turn = max(job.line.ready, now, _last_begins(job, ahead, now), _place_is_free(job.line.at_once, ahead))
    if turn == start:
        return job
    moved = tuple(Step(step.at if step.at <= now else turn + (step.at - start), step.state) for step in job.timeline)
    steps, failure = bound_timeline(moved, job.failure, job.wait_limit, job.run_limit, job.deadline)
    return replace(job, timeline=steps, failure=failure)


def moved_up(jobs: Sequence[Job], now: float) -> list[Job]:
    """Those of *jobs*, which are all that have not ended, in their order, whose turn is another *now*."""
    moved = [*jobs]
    for place, job in enumerate(jobs):
        moved[place] = place_in_line(job, moved[:place], now)
    return [after for before, after in zip(jobs, moved, strict=True) if after is not before]


def _last_begins(job: Job, ahead: Sequence[Job], now: float) -> float:
    """When the last job of the same model begins that still waits; one that is stuck holds up nobody."""
    waiting = (other.since(State.RUNNING) for other in ahead if other.model == job.model and other.line)
    return max((start for start in waiting if start is not None and start > now), default=now)


def _place_is_free(at_once: int | None, ahead: Sequence[Job]) -> float:
    """When fewer than *at_once* of the jobs *ahead* are still to work."""
    ends = sorted((other.ends for other in ahead if other.since(State.RUNNING) is not None), reverse=True)
    return 0.0 if at_once is None or len(ends) < at_once else ends[at_once - 1]
