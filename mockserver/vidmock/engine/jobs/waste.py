"""Finds waste: jobs that were paid for and not collected, and requests that were charged more than once."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from vidmock.engine.jobs.job import Job, State
from vidmock.engine.jobs.store import JobStore


@dataclass(frozen=True, slots=True)
class Waste:
    """*job* cost *amount* USD for nothing; *of* is the job that it is a duplicate of."""

    job: str
    amount: Decimal
    why: Literal["uncollected", "duplicate"]
    of: str = ""


def find_waste(jobs: JobStore, now: float) -> tuple[Waste, ...]:
    """The waste among *jobs* by *now*; each job counts once, and those that the store has dropped do not count.

    A job that succeeded is uncollected until an answer, a file or an accepted webhook has told a client so. Of the
    charged jobs of one provider, model and input, one is kept (a collected one, or else the first); the others are
    duplicates, those that still run included.
    """
    found = {}
    for again in _same_requests(job for job in jobs.values() if jobs.spent_on(job.id)):
        meant = next((job for job in again if jobs.collected(job.id)), again[0])
        for job in again:
            if job is not meant:
                found[job.id] = Waste(job.id, jobs.spent_on(job.id), "duplicate", meant.id)
    for job in jobs.values():
        lost = job.state(now) is State.SUCCEEDED and not jobs.collected(job.id)
        if lost and job.id not in found and jobs.spent_on(job.id):
            found[job.id] = Waste(job.id, jobs.spent_on(job.id), "uncollected")
    return tuple(found.values())


def _same_requests(jobs: Iterable[Job]) -> Iterable[list[Job]]:
    groups: dict[tuple[str, str, str], list[Job]] = defaultdict(list)
    for job in jobs:
        # An id that the client made for this very request does not make it another one.
        asked = {name: value for name, value in job.input.items() if value != job.id}
        groups[job.provider, job.model, json.dumps(asked, sort_keys=True)].append(job)
    return groups.values()
