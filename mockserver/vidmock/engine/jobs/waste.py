"""Finds waste: what was paid for and not collected, or twice; and files that were paid for and not downloaded."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from vidmock.engine.jobs.job import Job, Output
from vidmock.engine.jobs.store import JobStore


@dataclass(frozen=True, slots=True)
class Waste:
    """*job* cost *amount* USD for nothing; *of* is the job that it is a duplicate of.

    *outputs* are the ids of those that nobody was told of, where it is ``uncollected``.
    """

    job: str
    amount: Decimal
    why: Literal["uncollected", "duplicate"]
    of: str = ""
    outputs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MissedFile:
    """The file of an *output* of *job*, called *name*, which cost *amount* USD and was never downloaded whole.

    *told* says whether a client knew of it.
    """

    job: str
    output: str
    name: str
    amount: Decimal
    told: bool


def find_waste(jobs: JobStore, now: float) -> tuple[Waste, ...]:
    """The waste among *jobs* by *now*; each job counts once, and those that the store has dropped do not count.

    A video is uncollected until an answer, a file or an accepted webhook has told a client of it; a job is wasted as
    far as its videos are. Of the charged jobs of one provider, model and input, one is kept (a collected one,
    or else the first); the others are duplicates, those that still run included.
    """
    found = {}
    for again in _same_requests(job for job in jobs.values() if jobs.spent_on(job.id)):
        meant = next((job for job in again if any(map(jobs.handover.told, job.results(now)))), again[0])
        for job in again:
            if job is not meant:
                found[job.id] = Waste(job.id, jobs.spent_on(job.id), "duplicate", meant.id)
    for job in jobs.values():
        lost = [output for output in job.made_outputs(now) if not jobs.handover.told(output.id)]
        if job.id not in found and (amount := _cost(lost)) and jobs.spent_on(job.id):
            found[job.id] = Waste(job.id, amount, "uncollected", outputs=tuple(output.id for output in lost))
    return tuple(found.values())


def find_missed_files(jobs: JobStore, now: float) -> tuple[MissedFile, ...]:
    """The files that were made and paid for by *now*, and that nobody has downloaded whole.

    Those of jobs that the store has dropped do not count.
    """
    return tuple(
        MissedFile(job.id, output.id, f"{output.id}.{output.container}", output.cost, jobs.handover.told(output.id))
        for job in jobs.values()
        if jobs.spent_on(job.id)
        for output in job.made_outputs(now)
        if not jobs.handover.downloaded(output.id)
    )


def _cost(outputs: Iterable[Output]) -> Decimal:
    return sum((output.cost for output in outputs), Decimal(0))


def _same_requests(jobs: Iterable[Job]) -> Iterable[list[Job]]:
    groups: dict[tuple[str, str, str], list[Job]] = defaultdict(list)
    for job in jobs:
        # An id that the client made for this very request does not make it another one.
        asked = {name: value for name, value in job.input.items() if value != job.id}
        groups[job.provider, job.model, json.dumps(asked, sort_keys=True)].append(job)
    return groups.values()
