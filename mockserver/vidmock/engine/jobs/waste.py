"""Money spent for nothing: jobs whose result nobody collected, and the same request charged more than once."""

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
    """*job* was paid for in vain. *amount* is in USD; *of* is the job that did the same, for a duplicate."""

    job: str
    amount: Decimal
    why: Literal["uncollected", "duplicate"]
    of: str = ""


def find_waste(jobs: JobStore, now: float) -> tuple[Waste, ...]:
    """What was wasted by *now* among *jobs*, as far as they are still held; each job counts once.

    A job that succeeded is uncollected until an answer, a file or an accepted webhook has told somebody so. Of the
    charged jobs of one provider, model and input, one is meant (a collected one, or else the first), and the others
    are duplicates, still running ones included.
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
