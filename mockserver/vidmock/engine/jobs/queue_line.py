"""Jobs at the same time: in a line each begins when those before it have begun, and no more are at work than may be."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from vidmock.engine.jobs.job import Job, Line, State, Step
from vidmock.engine.jobs.ordered import BEHIND_ALL, Ordered
from vidmock.engine.jobs.timeline import Timeline, bound_timeline
from vidmock.problems import OverQuota

ANNOUNCED_WITHIN = 24 * 3600.0
"""A place that is free later than this, in seconds, is not announced: its job is stuck."""


class QueueLine:
    """The jobs of one provider that have not ended, by their places: in the order in which they were accepted.

    A job that waits in line begins when it is ready, those of its model before it have begun, and a place is free, if
    only so many may be at work. Whoever joins behind the others moves nobody, and neither does an end at the moment for
    which it was planned: the others were placed by it. So those behind a job are placed anew only if it was changed.

    A question is about one moment, *now*, by which a job may have ended whose end is not noted yet.
    """

    def __init__(self) -> None:
        self._jobs: dict[int, Job] = {}
        self._ends: Ordered[tuple[float, int]] = Ordered()
        self._workers: Ordered[int] = Ordered()
        self._work_ends: Ordered[tuple[float, int]] = Ordered()
        self._begins: dict[str, Ordered[tuple[float, int]]] = {}
        self._limited = 0

    def add(self, place: int, job: Job) -> None:
        self._jobs[place] = job
        self._limited += _is_limited(job)
        for keys, key in self._keys(place, job):
            keys.add(key)

    def remove(self, place: int) -> None:
        job = self._jobs.pop(place)
        self._limited -= _is_limited(job)
        for keys, key in self._keys(place, job):
            keys.remove(key)

    def check_at_once(self, at_once: int, now: float) -> None:
        """Check that fewer than *at_once* jobs are under way. Raises OverQuota."""
        ended = self._ends.before((now, BEHIND_ALL))
        if len(self._ends) - ended >= at_once:
            wait = next(self._ends.since((now, BEHIND_ALL)))[0] - now
            raise OverQuota(at_once, wait if wait < ANNOUNCED_WITHIN else None)

    def at_work(self, now: float) -> int:
        """How many jobs are at work, or will be."""
        return len(self._work_ends) - self._work_ends.before((now, BEHIND_ALL))

    def join(self, job: Job, now: float) -> Job:
        """*job*, which is new, behind all others; it stays as it is where it waits in no line."""
        start = job.since(State.RUNNING)
        if job.line is None or start is None:
            return job
        at_once = job.line.at_once or 0
        ends = [ends for ends, _ in islice(reversed(self._work_ends), at_once)]
        joined = job if job.line.ready == start else replace(job, line=Line(job.line.at_once, start))
        return _placed(joined, now, self._last_begin(job.model, BEHIND_ALL), ends)

    def moved_up(self, place: int, now: float) -> list[Job]:
        """The jobs from *place* on that have another turn *now*, as a job there was changed or has gone.

        Of those that wait for one of so many places: it costs what there is behind *place*, and nothing without them.
        """
        if not self._limited:
            return []
        behind = [self._jobs[other] for other in self._workers.since(place)]
        most = max((job.line.at_once or 0 for job in behind if job.line), default=0)
        ends = sorted(islice((ends for ends, other in reversed(self._work_ends) if other < place), most))
        last: dict[str, float] = {}
        moved = []
        for job in behind:
            after = job
            if job.line and job.line.at_once:
                if job.model not in last:
                    last[job.model] = self._last_begin(job.model, place)
                after = _placed(job, now, last[job.model], ends)
                if after is not job:
                    moved.append(after)
            start = after.since(State.RUNNING)
            if start is None:
                continue
            insort(ends, after.ends)
            del ends[:-most]
            if after.line:
                last[after.model] = max(start, last.get(after.model) or self._last_begin(after.model, place))
        return moved

    def _keys(self, place: int, job: Job) -> Iterator[tuple[Ordered[Any], Any]]:
        """Where *job* stands, and by which key in each."""
        yield self._ends, (job.ends, place)
        start = job.since(State.RUNNING)
        if start is None:
            return
        yield self._workers, place
        yield self._work_ends, (job.ends, place)
        if job.line:
            yield self._begins.setdefault(job.model, Ordered()), (start, place)

    def _last_begin(self, model: str, place: int) -> float:
        """When the last job of *model* before *place* that waits in line begins, or has begun."""
        begins = self._begins.get(model, ())
        return next((start for start, other in reversed(begins) if other < place), 0.0)


def ready_in(line: Line, timeline: Timeline) -> Line:
    """*line* for a job with that *timeline*, if nobody is before it."""
    start = next((step.at for step in timeline if step.state is State.RUNNING), 0.0)
    return Line(line.at_once, start)


def _is_limited(job: Job) -> bool:
    """Whether *job* waits for one of so many places."""
    return job.line is not None and job.line.at_once is not None and job.since(State.RUNNING) is not None


def _placed(job: Job, now: float, last: float, ends: Sequence[float]) -> Job:
    """*job* with its run moved to where its turn is; one that has begun by *now*, or never will, stays.

    *last* is when the last job of its model begins that is before it, and *ends* are the last ends of all that work
    before it. A job that waits longer than it may fails.
    """
    start = job.since(State.RUNNING)
    if job.line is None or start is None or start <= now:
        return job
    at_once = job.line.at_once
    free = 0.0 if at_once is None or len(ends) < at_once else sorted(ends)[-at_once]
    turn = max(job.line.ready, now, last, free)
    if turn == start:
        return job
    moved = tuple(Step(step.at if step.at <= now else turn + (step.at - start), step.state) for step in job.timeline)
    steps, failure = bound_timeline(moved, job.failure, job.wait_limit, job.run_limit, job.deadline)
    return replace(job, timeline=steps, failure=failure)
