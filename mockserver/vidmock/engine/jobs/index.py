"""The index of a job store: the jobs of each provider that have not ended, and those of each model by state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import count
from typing import Final

from vidmock.engine.jobs.census import Census
from vidmock.engine.jobs.job import Job
from vidmock.engine.jobs.queue_line import QueueLine

_PLACES: Final = count(1)
"""One row for all stores of the process: a list of the jobs of several is in the order in which they were accepted."""


class JobIndex:
    """Lines by provider and censuses by provider and model of *jobs*, of which those in *unfinished* have not ended.

    Each is made when it is asked for first, and kept in step from then on. A job's place tells when it was accepted.
    """

    def __init__(self, jobs: Mapping[str, Job], unfinished: Mapping[str, None]) -> None:
        self._jobs, self._unfinished = jobs, unfinished
        self._places: dict[str, int] = {}
        self._lines: dict[str, QueueLine] = {}
        self._censuses: dict[tuple[str, str], Census] = {}

    def place(self, job_id: str) -> int:
        """The place of the job; of one that is not known any more, the first."""
        return self._places.get(job_id, 0)

    def line(self, provider: str) -> QueueLine:
        """The provider's jobs that have not ended."""
        line = self._lines.get(provider)
        if line is None:
            line = self._lines[provider] = QueueLine()
            for job in self._of(provider, self._unfinished):
                line.add(self._places[job.id], job)
        return line

    def census(self, provider: str, model: str) -> Census:
        """The jobs of one model that are held."""
        census = self._censuses.get((provider, model))
        if census is None:
            census = self._censuses[provider, model] = Census()
            for job in self._of(provider, self._jobs):
                if job.model == model:
                    census.add(self._places[job.id], job)
        return census

    def moved_up(self, provider: str, place: int, now: float) -> list[Job]:
        """The provider's jobs in line from *place* on that have another turn *now*, as a job there was changed."""
        line = self._lines.get(provider)
        return line.moved_up(place, now) if line else []

    def add(self, job: Job) -> None:
        """Give *job*, which is not among the jobs yet, the next place."""
        if job.line:
            self.line(job.provider)
        self._places[job.id] = next(_PLACES)
        self._enter(job, line=True)

    def replace(self, job: Job) -> None:
        """Put *job* in the place of the one of the same id."""
        waits = job.id in self._unfinished
        self._leave(job, line=waits)
        self._enter(job, line=waits)

    def end(self, job: Job) -> None:
        """Take *job*, which has ended, out of its line."""
        self._leave(job, line=True, census=False)

    def drop(self, job: Job) -> None:
        """Remove *job*, which has ended."""
        self._leave(job, line=False)
        del self._places[job.id]

    def _of(self, provider: str, names: Iterable[str]) -> Iterable[Job]:
        return (job for job in map(self._jobs.__getitem__, names) if job.provider == provider)

    def _enter(self, job: Job, *, line: bool) -> None:
        if line and job.provider in self._lines:
            self._lines[job.provider].add(self._places[job.id], job)
        if census := self._censuses.get((job.provider, job.model)):
            census.add(self._places[job.id], job)

    def _leave(self, job: Job, *, line: bool, census: bool = True) -> None:
        if line and job.provider in self._lines:
            self._lines[job.provider].remove(self._places[job.id])
        if census and (counted := self._censuses.get((job.provider, job.model))):
            counted.remove(self._places[job.id])
