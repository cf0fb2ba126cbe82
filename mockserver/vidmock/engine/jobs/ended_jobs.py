"""The jobs that have ended and are kept: the newest, bounded by number and by bytes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import Final

from vidmock.engine.memory import Holding

LEAST_ENDED: Final = 20
"""Ended jobs that are kept however large their requests: who polls a few jobs at the same time must find them."""


class EndedJobs:
    """The ids of at most *keep* jobs of at most *keep_bytes*, in the order in which they ended; the newest always stay.

    They count in *holding*.
    """

    def __init__(self, keep: int, keep_bytes: int, holding: Holding) -> None:
        self._keep, self._keep_bytes, self._holding, self._changes = keep, keep_bytes, holding, holding.changes
        self._jobs: OrderedDict[str, tuple[int, int]] = OrderedDict()
        """Each with its weight and its stamp."""
        self._held = 0

    def __iter__(self) -> Iterator[str]:
        """Those that are kept when iteration begins."""
        return iter(tuple(self._jobs))

    @property
    def oldest(self) -> int | None:
        """The stamp of the job that ended longest ago."""
        return next(iter(self._jobs.values()))[1] if self._jobs else None

    def add(self, job_id: str, weight: int) -> list[str]:
        """Add a job of *weight* bytes; return those that are dropped for it, which may be itself."""
        self._jobs[job_id] = weight, self._holding.stamp()
        if self._changes.on:
            self._changes.renew("ended", job_id)
        self._count(weight)
        gone = []
        while len(self._jobs) > self._keep or (self._held > self._keep_bytes and len(self._jobs) > LEAST_ENDED):
            gone.append(self.pop())
        return gone

    def pop(self) -> str:
        """Drop the job that ended longest ago and return it. Raises KeyError: there is none."""
        job_id, (weight, _) = self._jobs.popitem(last=False)
        if self._changes.on:
            self._changes.renew("ended", job_id)
        self._count(-weight)
        return job_id

    def remove(self, job_id: str) -> None:
        """Drop a job. Raises ValueError: it is not held."""
        if job_id not in self._jobs:
            raise ValueError(f"{job_id!r} is not held")
        self._count(-self._jobs.pop(job_id)[0])
        if self._changes.on:
            self._changes.renew("ended", job_id)

    def _count(self, weight: int) -> None:
        self._held += weight
        self._holding.count(weight)
