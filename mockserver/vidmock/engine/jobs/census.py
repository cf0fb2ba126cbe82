"""The census: how many jobs of one model are in which state at a moment, and which of them wait."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from heapq import merge
from typing import NamedTuple

from vidmock.engine.jobs.job import Job, State
from vidmock.engine.jobs.notes import Notes
from vidmock.engine.jobs.ordered import BEHIND_ALL, Ordered


class Standing(NamedTuple):
    """What a job counts as: its *state*, how often it was begun *again*, whether it waits *aside*: for no worker."""

    state: State
    again: int
    aside: bool


class Census:
    """Jobs by their places, which are in the order in which they were accepted. A question is about one moment, *now*.

    What is known is of the moment that was asked for last. From there on, only jobs whose state has changed meanwhile
    are looked at; all are where an earlier moment is asked for.
    """

    def __init__(self) -> None:
        self._now = float("-inf")
        self._jobs: dict[int, Job] = {}
        self._standings: Counter[Standing] = Counter()
        self._places: dict[State, Ordered[int]] = {state: Ordered() for state in State}
        self._changes: Ordered[tuple[float, int]] = Ordered()
        self._ran: Ordered[tuple[float, int]] = Ordered()
        self._ends: Ordered[tuple[float, int]] | None = None
        """Of all jobs; made when it is asked for first."""

    def add(self, place: int, job: Job) -> None:
        self._jobs[place] = job
        if job.since(State.RUNNING) is not None:
            self._ran.add((job.ends, place))
        if self._ends is not None:
            self._ends.add((job.ends, place))
        self._count(place, job, self._now)

    def remove(self, place: int) -> None:
        job = self._jobs.pop(place)
        if job.since(State.RUNNING) is not None:
            self._ran.remove((job.ends, place))
        if self._ends is not None:
            self._ends.remove((job.ends, place))
        if (change := _next_step(job, self._now)) is not None:
            self._changes.remove((change, place))
        self._discount(place, job, self._now)

    def standings(self, now: float) -> Mapping[Standing, int]:
        """How many jobs count as what."""
        self._go_to(now)
        return self._standings

    def count(self, state: State, now: float) -> int:
        """How many jobs are in *state*."""
        self._go_to(now)
        return len(self._places[state])

    def queued(self, now: float) -> list[Job]:
        """The jobs that wait, oldest first."""
        self._go_to(now)
        return [self._jobs[place] for place in self._places[State.QUEUED]]

    def newest(self, now: float, states: Iterable[State] = tuple(State)) -> Iterator[tuple[int, Job]]:
        """The jobs that are in one of *states*, with their places, the newest first. None may change meanwhile."""
        self._go_to(now)
        for place in merge(*(reversed(self._places[state]) for state in states), reverse=True):
            yield place, self._jobs[place]

    def ending(self, start: float, end: float) -> Iterator[tuple[tuple[float, int], Job]]:
        """The jobs that end from *start* to before *end*, by that and their places, the last first."""
        if self._ends is None:
            self._ends = Ordered()
            for key in sorted((job.ends, place) for place, job in self._jobs.items()):
                self._ends.add(key)
        for key in self._ends.until((end, 0)):
            if key[0] < start:
                return
            yield key, self._jobs[key[1]]

    def queued_before(self, place: int, now: float) -> int:
        """How many jobs wait that were accepted before the one at *place*."""
        self._go_to(now)
        return self._places[State.QUEUED].before(place)

    def ended_within(self, seconds: float, now: float) -> int:
        """How many jobs that were at work have ended in the last *seconds*."""
        return self._ran.before((now, BEHIND_ALL)) - self._ran.before((now - seconds, BEHIND_ALL))

    def _go_to(self, now: float) -> None:
        if now < self._now:
            self._begin_anew(now)
        while self._changes and self._changes.first()[0] <= now:
            change, place = self._changes.first()
            self._changes.remove((change, place))
            job = self._jobs[place]
            self._discount(place, job, self._now)
            self._count(place, job, now)
        self._now = now

    def _begin_anew(self, now: float) -> None:
        self._now = now
        self._standings, self._changes = Counter(), Ordered()
        self._places = {state: Ordered() for state in State}
        for place, job in self._jobs.items():
            self._count(place, job, now)

    def _count(self, place: int, job: Job, now: float) -> None:
        """Count *job* as what it is *now*."""
        standing = _standing(job, now)
        self._standings[standing] += 1
        self._places[standing.state].add(place)
        if (change := _next_step(job, now)) is not None:
            self._changes.add((change, place))

    def _discount(self, place: int, job: Job, now: float) -> None:
        """Count *job* no more as what it was *now*; its next change is no more among the others."""
        standing = _standing(job, now)
        self._standings[standing] -= 1
        if not self._standings[standing]:
            del self._standings[standing]
        self._places[standing.state].remove(place)


def _standing(job: Job, now: float) -> Standing:
    return Standing(job.state(now), job.restarts(now), isinstance(job.notes, Notes) and job.notes.waits_aside)


def _next_step(job: Job, now: float) -> float | None:
    return next((step.at for step in job.timeline if step.at > now), None)
