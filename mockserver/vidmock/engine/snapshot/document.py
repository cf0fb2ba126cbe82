"""A snapshot as typed values, checked: each value by itself, and whether the parts fit together."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import chain, pairwise
from typing import Any

from vidmock.engine.codec import from_plain, parse_count
from vidmock.engine.jobs.job import Job, State
from vidmock.engine.jobs.notes import Notes, read_notes
from vidmock.engine.jobs.timeline import Latency
from vidmock.engine.time.epoch import FOREVER
from vidmock.engine.webhooks.delivery import Delivery
from vidmock.engine.world.journal import Exchange
from vidmock.engine.world.label import kept_label
from vidmock.engine.world.upload_tickets import UploadTicket
from vidmock.engine.world.uploads import Upload
from vidmock.engine.world.world import Due
from vidmock.media.clip import LONGEST_CLIP
from vidmock.problems import UnknownModel
from vidmock.schema.catalog import ModelCatalog
from vidmock.schema.outputs import makes_videos


@dataclass(frozen=True, slots=True)
class ClockState:
    """A clock's mode, as in ``--clock``, and its time in seconds since the epoch."""

    mode: str
    now: float


@dataclass(frozen=True, slots=True)
class JobState:
    """A job, and whether it is public: found without its key."""

    job: Job
    public: bool


@dataclass(frozen=True, slots=True)
class JournalState:
    """The exchanges that the journal keeps, and the number of all that it has seen."""

    seen: int
    exchanges: tuple[Exchange, ...]


@dataclass(frozen=True, slots=True)
class DeliveryState:
    """A delivery, and whether each further attempt gets a new signature."""

    delivery: Delivery
    signed: bool


@dataclass(frozen=True, slots=True)
class SnapshotDocument:
    """The members of a snapshot.

    Limits, faults, handover and ledger are still plain data: the parts of the world that they belong to read them.
    """

    key: str
    seed: int
    magic_inputs: bool
    latency: Latency
    behaviours: Mapping[str, str]
    budget: Decimal | None
    clock: ClockState
    drawn: int
    labelled: int
    jobs: tuple[JobState, ...]
    ended: tuple[str, ...]
    handover: Mapping[str, Any]
    limits: Mapping[str, list[float]]
    faults: Mapping[str, Any]
    ledger: Mapping[str, Any]
    journal: JournalState
    announced: int
    deliveries: tuple[DeliveryState, ...]
    uploads: tuple[Upload, ...]
    due: tuple[Due, ...]
    tickets: tuple[UploadTicket, ...] = ()
    task_ids: tuple[str, ...] = ()
    struck: Mapping[str, list[str]] = field(default_factory=dict)
    label: str = ""

    @classmethod
    def of(cls, data: object, catalog: ModelCatalog) -> SnapshotDocument:
        """The document of *data*, whose models are in *catalog*.

        Raises:
            LookupError, TypeError, ValueError, Problem: it is not a valid snapshot.
        """
        found = from_plain(cls, data)
        found = replace(found, jobs=tuple(replace(held, job=_with_notes(held.job)) for held in found.jobs))
        kept_label(found.label)
        for number in (found.drawn, found.labelled, found.announced, found.journal.seen):
            parse_count(number)
        for moment in found._moments():  # noqa: SLF001 - of this class
            if not 0 <= moment <= FOREVER:
                raise ValueError(f"{moment} is no moment of the years 1970 to 9999")
        for held in found.jobs:
            _check_job(held.job, catalog)
        for exchange in found.journal.exchanges:
            _check_exchange(exchange, catalog)
        found._check_names()  # noqa: SLF001 - of this class
        return found

    def _moments(self) -> Iterator[float]:
        """Every time in the document, in seconds since the epoch."""
        yield self.clock.now
        yield from chain.from_iterable(self.limits.values())
        for held in self.jobs:
            yield from (step.at for step in held.job.timeline)
            yield held.job.deadline or 0.0
            yield from (output.ready or 0.0 for output in held.job.outputs)
        for exchange in self.journal.exchanges:
            yield from (exchange.at, exchange.at - exchange.took)
        for sent in self.deliveries:
            yield from (sent.delivery.at, sent.delivery.planned or 0.0)
            yield from (attempt.at for attempt in sent.delivery.attempts)
        yield from (ticket.until for ticket in self.tickets)

    def _check_names(self) -> None:
        """Raise ValueError unless each job has ended or is due to end, and each due event is in the document once."""
        jobs = _once("job", [held.job.id for held in self.jobs])
        ended = _once("ended", self.ended)
        planned = _once("delivery", [sent.delivery.number for sent in self.deliveries])
        planned -= {sent.delivery.number for sent in self.deliveries if not _is_planned(sent.delivery)}
        _once("due", self.due)
        _once("task id", self.task_ids)
        ending = {due.job for due in self.due if due.job is not None}
        ready = {
            output.id
            for held in self.jobs
            for output in held.job.outputs
            if output.ready is not None and held.job.id in ending
        }
        for due in self.due:
            named = [name for name in (due.job, due.delivery, due.output) if name is not None]
            if len(named) != 1 or not (due.job is not None or due.delivery in planned or due.output in ready):
                raise ValueError(f"what is due at {due} is not in it")
        if strange := (ended | ending) - jobs:
            raise ValueError(f"jobs have ended or will that are not in it: {', '.join(sorted(strange))}")
        if wrong := (ended & ending) | (jobs - ended - ending):
            raise ValueError(f"jobs have either ended or will: {', '.join(sorted(wrong))}")


def _with_notes(job: Job) -> Job:
    return job if isinstance(job.notes, Notes) else replace(job, notes=read_notes(job.provider, job.notes))


def _check_job(job: Job, catalog: ModelCatalog) -> None:
    model = catalog.find(job.provider, job.model, given=job.input)
    parse_count(job.weight)
    if not job.timeline or not job.timeline[-1].state.ended:
        raise ValueError(f"job {job.id} has no end")
    if any(step.at > following.at for step, following in pairwise(job.timeline)):
        raise ValueError(f"the timeline of job {job.id} goes back in time")
    if job.timeline[-1].state is State.SUCCEEDED and not job.outputs and makes_videos(model):
        raise ValueError(f"job {job.id} succeeds without a video")
    if not job.apart and any(output.ready is not None for output in job.outputs):
        raise ValueError(f"a video of job {job.id} is ready before its end, though it is told of at its end")
    for output in job.outputs:
        if not 0 < output.seconds <= LONGEST_CLIP:
            raise ValueError(f"a video lasts up to {LONGEST_CLIP} seconds, and not {output.seconds}")


def _check_exchange(exchange: Exchange, catalog: ModelCatalog) -> None:
    if not 0 <= exchange.status <= 999:
        raise ValueError(f"{exchange.status} is no HTTP status")
    for model, _ in exchange.submitted:
        try:
            catalog.find(exchange.provider, model)
        except UnknownModel:
            # A client may have asked for a model that does not exist.
            continue


def _is_planned(delivery: Delivery) -> bool:
    return delivery.planned is not None and delivery.message.retries is not None


def _once(what: str, names: Iterable[Hashable]) -> set[Any]:
    names = list(names)
    if len({*names}) < len(names):
        raise ValueError(f"something is in it twice: {what}")
    return {*names}
