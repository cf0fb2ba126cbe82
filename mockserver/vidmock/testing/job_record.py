"""A job as it is at one moment, for programs to read: its state, its money, and what of it has reached a client."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from vidmock.engine.jobs.job import Job, Output, State, Step
from vidmock.engine.jobs.ledger_line import ZERO
from vidmock.engine.world.world import World


@dataclass(frozen=True, slots=True)
class OutputRecord:
    """One output of a job: whether it is *made*, somebody was told of it, and its file was downloaded whole."""

    output: Output
    made: bool
    collected: bool
    downloaded: bool

    @property
    def id(self) -> str:
        return self.output.id

    @property
    def cost(self) -> Decimal:
        return self.output.cost


@dataclass(frozen=True, slots=True)
class JobRecord:
    """A job as it is at *now*. *cost* was charged at submission, *refunded* came back; USD.

    Where the price is not known, it is not *priced*, and costs 0 and so do its outputs.
    *collected* says whether an answer, a file or a webhook has told somebody of all that it has made, and *downloaded*
    whether all its files were downloaded whole. *outputs* say it of each.
    """

    job: Job
    now: float
    refunded: Decimal
    collected: bool
    downloaded: bool
    outputs: tuple[OutputRecord, ...]

    @property
    def id(self) -> str:
        return self.job.id

    @property
    def provider(self) -> str:
        return self.job.provider

    @property
    def model(self) -> str:
        return self.job.model

    @property
    def state(self) -> State:
        return self.job.state(self.now)

    @property
    def cost(self) -> Decimal:
        return self.job.cost

    @property
    def priced(self) -> bool:
        return self.job.priced

    @property
    def prompt(self) -> str:
        return self.job.prompt

    @property
    def input(self) -> dict[str, Any]:
        return dict(self.job.input)

    @property
    def history(self) -> tuple[Step, ...]:
        """What has happened to it by now."""
        return tuple(step for step in self.job.timeline if step.at <= self.now)


def job_record(world: World, job: Job, now: float) -> JobRecord:
    """*job* of *world* as it is at *now*."""
    line, jobs = world.ledger.line(job.id), world.jobs

    def record(output: Output) -> OutputRecord:
        handover = jobs.handover
        return OutputRecord(output, job.made(output, now), handover.told(output.id), handover.downloaded(output.id))

    return JobRecord(
        job,
        now,
        refunded=line.refunded if line else ZERO,
        collected=jobs.collected(job.id, now),
        downloaded=jobs.downloaded(job.id, now),
        outputs=tuple(map(record, job.outputs)),
    )
