"""Money spent for nothing: jobs whose result nobody collected, and the same request charged more than once."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from vidmock.engine.jobs.job import Job, State
from vidmock.engine.jobs.ledger import ZERO
from vidmock.engine.world.world import World


@dataclass(frozen=True, slots=True)
class Waste:
    """*job* was paid for in vain. *amount* is in USD; *of* is the job that did the same, for a duplicate."""

    job: str
    amount: Decimal
    why: Literal["uncollected", "duplicate"]
    of: str = ""


def find_waste(world: World) -> tuple[Waste, ...]:
    """What was wasted by now in *world*, among the jobs that it still holds; each job counts once.

    A job that succeeded is uncollected until an answer, a file or an accepted webhook has told somebody so. Of the
    charged jobs of one provider, model and input, one is meant (a collected one, or else the first), and the others
    are duplicates, still running ones included.
    """
    now = world.clock.now()
    found = {}
    for again in _same_requests(job for job in world.jobs.values() if _spent(world, job)):
        meant = next((job for job in again if job.id in world.collected), again[0])
        for job in again:
            if job is not meant:
                found[job.id] = Waste(job.id, _spent(world, job), "duplicate", meant.id)
    for job in world.jobs.values():
        lost = job.state(now) is State.SUCCEEDED and job.id not in world.collected
        if lost and job.id not in found and _spent(world, job):
            found[job.id] = Waste(job.id, _spent(world, job), "uncollected")
    return tuple(found.values())


def _spent(world: World, job: Job) -> Decimal:
    line = world.ledger.line(job.id)
    return line.spent if line else ZERO


def _same_requests(jobs: Iterable[Job]) -> Iterable[list[Job]]:
    groups: dict[tuple[str, str, str], list[Job]] = defaultdict(list)
    for job in jobs:
        # An id that the client made for this very request does not make it another one.
        asked = {name: value for name, value in job.input.items() if value != job.id}
        groups[job.provider, job.model, json.dumps(asked, sort_keys=True)].append(job)
    return groups.values()
