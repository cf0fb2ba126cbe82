"""What was observed of one run, from outside: the calls, the jobs, the money, and what the caller was told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from vidmock.contract.case import ClientScript
from vidmock.kit.client import ClientError, Result


@dataclass(frozen=True, slots=True)
class SeenCall:
    """One request as the server saw it, *at* seconds after the first one, about *jobs*, as far as that can be told.

    *target* is the address without its host, *invalid* what is wrong with the input.
    """

    operation: str
    at: float
    method: str
    status: int
    target: str
    headers: Mapping[str, str]
    jobs: frozenset[str] = frozenset()
    invalid: str = ""

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]


@dataclass(frozen=True, slots=True)
class SeenJob:
    """One accepted job, of which so many *videos* were made. *spent* is in USD, less what was refunded.

    *hooked* is whether a webhook was asked for; *collected* whether somebody was told of all that it has made, and
    *downloaded* whether every byte of that has reached somebody.
    """

    id: str
    state: str
    spent: Decimal
    videos: int
    input: Mapping[str, Any]
    hooked: bool
    collected: bool
    downloaded: bool


@dataclass(frozen=True, slots=True)
class ClientOutcome:
    """What one call came to: a :class:`Result`, or what was raised, after *took* of the mock's seconds.

    *accepted* is how many jobs the provider had accepted by then.
    """

    answer: Result | BaseException
    took: float
    accepted: int = 0


@dataclass(frozen=True, slots=True)
class Observed:
    """A run of *script* at *provider*. *asked* are the inputs of the calls, in their order.

    *generations* is how many jobs are to be paid for. Of a command nobody knows what it asks for, and what became of
    that: it has no *outcomes*, and *generations* is how many jobs it has made when nothing goes wrong.

    The client's API key is *key*. *videos* are the whole videos that came with the result of each job, those that are
    the same counted once, as digests; *published* are the ids of the jobs that the client published. *left* are the
    names of the files in its folder, *outside* of those beside it, *parts* of those that were not whole at some time
    and had the name of a video. *taken* says of each webhook that it was handed whether it took it, *acted* whether its
    job was published then. *unstruck* are the faults that were planned and never struck. *story* is the run with its
    times, for people.
    """

    script: ClientScript
    provider: str
    generations: int
    asked: tuple[Mapping[str, Any], ...]
    outcomes: tuple[ClientOutcome, ...]
    calls: tuple[SeenCall, ...]
    jobs: tuple[SeenJob, ...]
    key: str
    videos: Mapping[str, frozenset[str]]
    published: tuple[str, ...]
    left: tuple[str, ...]
    outside: tuple[str, ...]
    parts: tuple[str, ...]
    taken: tuple[bool, ...]
    acted: bool
    unstruck: tuple[str, ...]
    story: str

    @property
    def spent(self) -> Decimal:
        """USD, less what was refunded."""
        return sum((job.spent for job in self.jobs), Decimal(0))

    @property
    def pairs(self) -> tuple[tuple[Mapping[str, Any], SeenJob], ...]:
        """What was asked for, with the job that was made of it; nothing where not every call has one job."""
        if self.script.at_once:
            return tuple((asked, jobs[0]) for asked, jobs in zip(self.asked, self.jobs_of_calls, strict=True) if jobs)
        return tuple(zip(self.asked, self.jobs, strict=True)) if len(self.asked) == len(self.jobs) else ()

    @property
    def jobs_of_calls(self) -> tuple[tuple[SeenJob, ...], ...]:
        """The jobs of each call, where all calls differ in what their videos show."""
        says = self.script.paid_call(self.provider).says
        return tuple(tuple(job for job in self.jobs if job.input.get(says) == asked[says]) for asked in self.asked)

    @property
    def too_late(self) -> tuple[SeenJob, ...]:
        """Those that were accepted when their callers had been told that there is no video."""
        if not self.script.at_once:
            return ()
        of_calls = zip(self.outcomes, self.jobs_of_calls, strict=True)
        return tuple(job for outcome, jobs in of_calls for job in jobs if job in self.jobs[outcome.accepted :])

    @property
    def lost(self) -> Decimal:
        """USD of *spent* for which the caller has no result."""
        if not self.outcomes:
            return sum((job.spent for job in self.jobs if not self.has_reached(job)), Decimal(0))
        told = {outcome.answer.job_id for outcome in self.outcomes if isinstance(outcome.answer, Result)}
        return sum((job.spent for job in self.jobs if job.id not in told), Decimal(0))

    def has_reached(self, job: SeenJob) -> bool:
        """Whether somebody has the result of *job*: its files too, where the script is about those."""
        by_file = any(rule.phase == "media" for rule in self.script.scenario.faults)
        return job.downloaded if by_file else job.collected

    def is_named(self, error: ClientError) -> bool:
        """Whether *error* has the id of one of the jobs, as its ``job_id`` or in what it says."""
        return any(job.id in f"{error} {error.job_id}" for job in self.jobs)

    def count(self, operation: str) -> int:
        """How many calls of *operation* there were."""
        return sum(call.operation == operation for call in self.calls)
