"""The job store: the jobs of one world, with their endings, handover, money and index, which it keeps in step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from heapq import merge
from typing import Final

from vidmock.engine.jobs.census import Census
from vidmock.engine.jobs.ended_jobs import EndedJobs
from vidmock.engine.jobs.handover import Handover
from vidmock.engine.jobs.index import JobIndex
from vidmock.engine.jobs.job import Job, Output, State
from vidmock.engine.jobs.job_listing import JobListing
from vidmock.engine.jobs.ledger import Ledger
from vidmock.engine.jobs.losses import Losses
from vidmock.engine.jobs.queue_line import QueueLine
from vidmock.engine.memory import Holding
from vidmock.problems import OverQuota

MOST_UNFINISHED: Final = 10_000
"""Jobs of one key that have not ended, a limit of ours; one more is refused as the provider refuses so many at once."""
JOB_SIZE: Final = 3_072
"""Bytes of a job beside its request, with all that is kept of it elsewhere."""


class JobStore(Mapping[str, Job]):
    """A mapping from id to job, oldest first, and the only one that changes jobs, their endings and their ledger.

    Each operation takes and returns plain values, so that a store may keep its state outside of this process. Jobs that
    have not ended are all kept, and pinned in *holding*; of the others the newest *keep*, of at most *keep_bytes*.
    """

    kind = "jobs"

    def __init__(self, keep: int, keep_bytes: int, holding: Holding | None = None) -> None:
        self._holding = holding or Holding()
        self._changes = self._holding.changes
        self.ledger = Ledger(keep, self._holding)
        self._jobs: dict[str, Job] = {}
        self._public: set[str] = set()
        self._by_output: dict[str, str] = {}
        self._unfinished: dict[str, None] = {}
        self._ended = EndedJobs(keep, keep_bytes, self._holding)
        self._index = JobIndex(self._jobs, self._unfinished)
        self._handover = Handover(self._changes)
        self._listing: JobListing | None = None
        self._losses: Losses | None = None

    def __getitem__(self, job_id: str) -> Job:
        return self._jobs[job_id]

    def __contains__(self, job_id: object) -> bool:
        return job_id in self._jobs

    def __iter__(self) -> Iterator[str]:
        return iter(self._jobs)

    def __reversed__(self) -> Iterator[str]:
        return reversed(self._jobs)

    def __len__(self) -> int:
        return len(self._jobs)

    def check_room(self, weight: int) -> None:
        """Check that one more job may be accepted, whose request takes *weight* bytes.

        Raises:
            OverQuota: ``MOST_UNFINISHED`` jobs have not ended.
            Unavailable: the jobs of all worlds that have not ended take as much memory as they may.
            StateLost: the job could not be kept where its world is.
        """
        self._changes.check()
        if len(self._unfinished) >= MOST_UNFINISHED:
            raise OverQuota(MOST_UNFINISHED, None)
        self._holding.check_room(JOB_SIZE + weight)

    def accept(self, job: Job, *, public: bool) -> None:
        """Add *job* and charge for it. A *public* job can be found without its key: the server made its id."""
        if self._changes.on:
            self._changes.renew("job", job.id)
        self._hold(job, public=public)
        self._touch(job.id, *self.ledger.charge(job))

    def change(self, job: Job) -> Job:
        """Replace the job of the same id and outputs by *job*, and return it. Raises KeyError: it is not known."""
        before = self._jobs[job.id].outputs
        assert before is job.outputs or [output.id for output in before] == [output.id for output in job.outputs]
        self._jobs[job.id] = job
        self._index.replace(job)
        self._touch(job.id)
        return job

    def end(self, job_id: str) -> Job:
        """Note that the job has ended: refund what it owes, and drop the jobs beyond the bound that ended longest ago.

        Raises:
            KeyError: it has ended before, or is not known.
        """
        if job_id not in self._unfinished:
            raise KeyError(job_id)
        job = self._jobs[job_id]
        self.ledger.refund(job, job.owed)
        self._touch(job_id)
        self._finish(job)
        return job

    def collect(self, results: Iterable[str]) -> None:
        """Note that somebody was told of these *results* of jobs, by their ids; unknown ones are ignored."""
        known = {name: job for name in results if (job := self._jobs.get(self._by_output.get(name, name)))}
        self._handover.tell(known, (name for name, job in known.items() if job.enclosed))
        if self._losses:
            self._touch(*(job.id for job in known.values()))

    def download(self, output_id: str, first: int, end: int, size: int) -> None:
        """Note that the bytes from *first* to before *end* of the output's file, of *size*, have reached somebody."""
        if output_id in self._by_output:
            self._handover.fetch(output_id, first, end, size)
            self._touch(self._by_output[output_id])

    def forget(self, job_id: str) -> None:
        """Drop an ended job. Raises ValueError: it is not known, or has not ended."""
        self._ended.remove(job_id)
        self._drop(job_id)

    @property
    def oldest(self) -> int | None:
        """The stamp of the job that ended longest ago."""
        return self._ended.oldest

    def give_up(self) -> None:
        """Drop the job that ended longest ago, with its line in the ledger."""
        job_id = self._ended.pop()
        self.ledger.drop_line(job_id)
        self._drop(job_id)

    @property
    def losses(self) -> Losses:
        """What went for nothing. It is made when it is asked for first, and kept in step from then on."""
        if self._losses is None:
            self._losses = Losses(self._jobs, self._index.place, self.ledger, self._handover)
        return self._losses

    @property
    def handover(self) -> Handover:
        """What of the results has reached somebody."""
        return self._handover

    def collected(self, job_id: str, now: float) -> bool:
        """Whether the job has made something by *now*, and somebody was told of all of it."""
        results = self._jobs[job_id].results(now) if job_id in self._jobs else ()
        return bool(results) and all(map(self._handover.told, results))

    def downloaded(self, job_id: str, now: float) -> bool:
        """Whether the job has made files by *now*, and all of them were downloaded whole."""
        made = self._jobs[job_id].made_outputs(now) if job_id in self._jobs else ()
        return bool(made) and all(self._handover.downloaded(output.id) for output in made)

    def public(self, job_id: str) -> bool:
        """Whether the job can be found without its key."""
        return job_id in self._public

    def unfinished(self) -> Iterator[Job]:
        """The jobs that have not ended, oldest first."""
        return iter([self._jobs[job_id] for job_id in self._unfinished])

    def is_unfinished(self, job_id: str) -> bool:
        return job_id in self._unfinished

    @property
    def idle(self) -> bool:
        """Whether every job has ended."""
        return not self._unfinished

    def line(self, provider: str) -> QueueLine:
        """The provider's jobs that have not ended, as they stand in line."""
        return self._index.line(provider)

    def census(self, provider: str, model: str) -> Census:
        """The jobs of one model that are held, by state."""
        return self._index.census(provider, model)

    def states(self, now: float, provider: str = "", model: str = "") -> Counter[State]:
        """How many of the jobs are in which state, of all or of one *provider* or *model*."""
        found = Counter[State]()
        for census in self._censuses(provider, model):
            found.update({state: count for state in State if (count := census.count(state, now))})
        return found

    def newest(
        self, now: float, provider: str = "", model: str = "", states: Collection[State] = tuple(State)
    ) -> Iterator[Job]:
        """Those jobs of which :meth:`states` counts that are in one of *states*, the newest first.

        None may change meanwhile.
        """
        kept = (census.newest(now, states) for census in self._censuses(provider, model))
        return (job for _, job in merge(*kept, key=lambda entry: entry[0], reverse=True))

    def last_ended(self, provider: str, models: Collection[str], start: float, end: float) -> Iterator[Job]:
        """The jobs of *models* that end from *start* to before *end*, the last first. None may change meanwhile."""
        kept = (self.census(provider, model).ending(start, end) for model in models)
        return (job for _, job in merge(*kept, key=lambda entry: entry[0], reverse=True))

    def _censuses(self, provider: str, model: str) -> Iterator[Census]:
        for by, of in self.ledger.by_model:
            if provider in ("", by) and model in ("", of):
                yield self.census(by, of)

    def moved_up(self, provider: str, place: int, now: float) -> list[Job]:
        """The provider's jobs in line from *place* on that have another turn *now*, as a job there was changed."""
        return self._index.moved_up(provider, place, now)

    def place(self, job_id: str) -> int:
        """The job's place among all, in the order in which they were accepted; the first where it is not known."""
        return self._index.place(job_id)

    def ended(self) -> Iterator[str]:
        """The ids of the ended jobs that are kept, in the order in which they ended."""
        return iter(self._ended)

    def output(self, output_id: str) -> tuple[Job, Output]:
        """The job and the output of that output id. Raises KeyError: it is not known."""
        job = self._jobs[self._by_output[output_id]]
        return job, next(output for output in job.outputs if output.id == output_id)

    def made(self, output_id: str, now: float) -> bool:
        """Whether the output is made by *now*. Raises KeyError: it is not known."""
        job, output = self.output(output_id)
        return job.made(output, now)

    def list_in(self, listing: JobListing) -> None:
        """Keep *listing* in step with the jobs, from those that are here now on."""
        self._listing = listing
        listing.rest(idle=self.idle)
        for job in self._jobs.values():
            listing.add(job, public=job.id in self._public)

    def restore(
        self,
        jobs: Iterable[tuple[Job, bool]],
        ended: Iterable[str],
        handover: Mapping[str, object],
        ledger: Mapping[str, object],
    ) -> None:
        """Fill an empty store with *jobs* (each with whether it is public); the bounds of this store hold.

        Raises:
            TypeError, ValueError: the parts are not what they should be, or do not fit together.
        """
        for job, public in jobs:
            self._hold(job, public=public)
        self._handover.restore(handover, (*self._by_output, *self._jobs))
        for job_id in ended:
            self._finish(self._jobs[job_id])
        self.ledger.restore(ledger)
        if unknown := {(job.provider, job.model) for job in self._jobs.values()} - {*self.ledger.by_model}:
            raise ValueError(f"the ledger knows nothing of {unknown}")

    def _hold(self, job: Job, *, public: bool) -> None:
        self._index.add(job)
        self._jobs[job.id] = job
        self._unfinished[job.id] = None
        self._holding.pin(JOB_SIZE + job.weight)
        if public:
            self._public.add(job.id)
        for output in job.outputs:
            self._by_output[output.id] = job.id
        if self._listing:
            self._listing.add(job, public=public)
            self._listing.rest(idle=False)

    def _finish(self, job: Job) -> None:
        del self._unfinished[job.id]
        self._index.end(job)
        self._holding.pin(-JOB_SIZE - job.weight)
        for oldest in self._ended.add(job.id, JOB_SIZE + job.weight):
            self._drop(oldest)
        if self._listing and self.idle:
            self._listing.rest(idle=True)

    def _drop(self, job_id: str) -> None:
        job = self._jobs.pop(job_id)
        self._index.drop(job)
        self._public.discard(job_id)
        self._handover.drop((job_id, *(output.id for output in job.outputs)))
        for output in job.outputs:
            del self._by_output[output.id]
        self._touch(job_id)
        if self._listing:
            self._listing.discard(job)

    def _touch(self, *job_ids: str) -> None:
        for job_id in job_ids:
            if self._changes.on:
                self._changes.note("job", job_id)
            if self._losses:
                self._losses.touch(job_id)
