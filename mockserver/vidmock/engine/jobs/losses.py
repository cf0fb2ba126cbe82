"""What of the money of jobs went for nothing, brought up to date by what has changed since it was asked for last."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from vidmock.engine.jobs.handover import Handover
from vidmock.engine.jobs.job import Job, Output
from vidmock.engine.jobs.ledger import Ledger
from vidmock.engine.jobs.ledger_line import ZERO
from vidmock.engine.jobs.ordered import Ordered
from vidmock.engine.jobs.waste import MissedFile, Waste
from vidmock.schema.pricing import plain_amount


@dataclass(slots=True)
class LostMoney:
    """Sums in USD: what was *wasted*, and what was paid for files that nobody has downloaded whole."""

    wasted: Decimal = ZERO
    undownloaded: Decimal = ZERO

    def add(self, other: LostMoney) -> None:
        # What was added and taken away again leaves its digits in a sum.
        self.wasted = plain_amount(self.wasted + other.wasted)
        self.undownloaded = plain_amount(self.undownloaded + other.undownloaded)


@dataclass(frozen=True, slots=True)
class _Case:
    """A charged job: what it cost, which of its outputs nobody was told of or has, and when it changes by itself."""

    place: int
    job: str
    asked: tuple[str, str, bytes]
    spent: Decimal
    told: bool
    untold: tuple[Output, ...]
    missed: tuple[tuple[Output, bool], ...]
    change: float | None


class _Again:
    """The places of the jobs of one request: of those, one was meant."""

    def __init__(self) -> None:
        self.all: Ordered[int] = Ordered()
        self.told: Ordered[int] = Ordered()

    @property
    def meant(self) -> int:
        """The first of which somebody was told, or else the first; 0 where there is none."""
        return self.told.first() if self.told else self.all.first() if self.all else 0


class Losses:
    """The waste and the missed files among *jobs*, whose places *place* tells; those that are dropped do not count.

    A video is uncollected until an answer, a file or an accepted webhook has told a client of it; a job is wasted as
    far as its videos are. Of the charged jobs of one provider, model and input, one is meant (a collected one, or else
    the first); the others are duplicates, those that still run included. Each job counts once.

    Whoever changes a job, its line or its handover says so with :meth:`touch`. What passes by itself is found as the
    moment that is asked for, *now*, goes on.
    """

    def __init__(
        self, jobs: Mapping[str, Job], place: Callable[[str], int], ledger: Ledger, handover: Handover
    ) -> None:
        self._jobs, self._place, self._ledger, self._handover = jobs, place, ledger, handover
        self._now = float("-inf")
        self._touched = dict.fromkeys(jobs)
        self._cases: dict[str, _Case] = {}
        self._by_place: dict[int, _Case] = {}
        self._again: defaultdict[tuple[str, str, bytes], _Again] = defaultdict(_Again)
        self._changes: Ordered[tuple[float, int]] = Ordered()
        self._wasted: Ordered[int] = Ordered()
        self._missed: Ordered[int] = Ordered()
        self._sums: defaultdict[tuple[str, str], LostMoney] = defaultdict(LostMoney)

    def touch(self, job_id: str) -> None:
        """Note that the job of that id, its line or its handover has changed; one that is gone is taken out at once."""
        if job_id in self._jobs:
            self._touched[job_id] = None
        else:
            self._touched.pop(job_id, None)
            self._leave(job_id)

    def sums(self, now: float) -> Mapping[tuple[str, str], LostMoney]:
        """What was lost by *now*, by provider and model."""
        self._go_to(now)
        return self._sums

    def waste(self, now: float) -> Iterator[Waste]:
        """The waste by *now*, that of the newest job first. Nothing may change meanwhile."""
        self._go_to(now)
        for place in reversed(self._wasted):
            case = self._by_place[place]
            meant = self._again[case.asked].meant
            if place == meant:
                names = tuple(output.id for output in case.untold)
                yield Waste(case.job, _cost(case.untold), "uncollected", outputs=names)
            else:
                yield Waste(case.job, case.spent, "duplicate", self._by_place[meant].job)

    def missed_files(self, now: float) -> Iterator[MissedFile]:
        """The files that were made and paid for by *now* and not downloaded whole, those of the newest job first."""
        self._go_to(now)
        for place in reversed(self._missed):
            case = self._by_place[place]
            for output, told in reversed(case.missed):
                yield MissedFile(case.job, output.id, f"{output.id}.{output.container}", output.cost, told)

    def _go_to(self, now: float) -> None:
        self._now = max(now, self._now)
        while self._changes and self._changes.first()[0] <= self._now:
            self._update(self._by_place[self._changes.first()[1]].job)
        while self._touched:
            self._update(self._touched.popitem()[0])

    def _update(self, job_id: str) -> None:
        before = self._leave(job_id)
        job, spent = self._jobs[job_id], self._ledger.spent_on(job_id)
        if spent:
            self._enter(self._case(job, spent, before.asked if before else _asked(job)))

    def _case(self, job: Job, spent: Decimal, asked: tuple[str, str, bytes]) -> _Case:
        made, told = job.made_outputs(self._now), self._handover.told
        return _Case(
            self._place(job.id),
            job.id,
            asked,
            spent,
            any(map(told, job.results(self._now))),
            tuple(output for output in made if not told(output.id)),
            tuple((output, told(output.id)) for output in made if not self._handover.downloaded(output.id)),
            job.next_change(self._now),
        )

    def _enter(self, case: _Case) -> None:
        again, sums = self._again[case.asked], self._sums[case.asked[:2]]
        self._settle(again, -1)
        self._cases[case.job] = self._by_place[case.place] = case
        again.all.add(case.place)
        if case.told:
            again.told.add(case.place)
        self._wasted.add(case.place)
        sums.add(LostMoney(case.spent, _cost(output for output, _ in case.missed)))
        self._settle(again)
        if case.missed:
            self._missed.add(case.place)
        if case.change is not None:
            self._changes.add((case.change, case.place))

    def _leave(self, job_id: str) -> _Case | None:
        """Take the case of that job out, if there is one, and return it."""
        case = self._cases.pop(job_id, None)
        if case is None:
            return None
        again, sums = self._again[case.asked], self._sums[case.asked[:2]]
        self._settle(again, -1)
        self._wasted.remove(case.place)
        sums.add(LostMoney(-case.spent, -_cost(output for output, _ in case.missed)))
        again.all.remove(case.place)
        if case.told:
            again.told.remove(case.place)
        del self._by_place[case.place]
        self._settle(again)
        if not again.all:
            del self._again[case.asked]
        if case.missed:
            self._missed.remove(case.place)
        if case.change is not None:
            self._changes.remove((case.change, case.place))
        return case

    def _settle(self, again: _Again, times: int = 1) -> None:
        """Count the job that was meant by what nobody was told of it, and not as a duplicate; with -1, as one again."""
        case = self._by_place.get(again.meant)
        if case is None:
            return
        untold = _cost(case.untold)
        self._sums[case.asked[:2]].add(LostMoney(times * (untold - case.spent)))
        if not untold:
            (self._wasted.remove if times > 0 else self._wasted.add)(case.place)


def _cost(outputs: Iterable[Output]) -> Decimal:
    return sum((output.cost for output in outputs), ZERO)


def _asked(job: Job) -> tuple[str, str, bytes]:
    """What makes two jobs the same request: provider, model, and input."""
    # An id that the client made for this very request does not make it another one.
    asked = {name: value for name, value in job.input.items() if value != job.id}
    return job.provider, job.model, hashlib.blake2b(json.dumps(asked, sort_keys=True).encode()).digest()
