"""What it would have cost: one line a job, and totals that outlive the lines."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from decimal import Decimal

from vidmock.engine.job import Job

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Line:
    """*amount* was charged when the job was accepted; *refunded* came back because it did not succeed. USD."""

    job: str
    provider: str
    model: str
    at: float
    amount: Decimal
    refunded: Decimal = ZERO

    @property
    def spent(self) -> Decimal:
        return self.amount - self.refunded


class Ledger:
    """Charges and refunds of one world. The newest *keep* lines are held; the totals count all."""

    def __init__(self, keep: int) -> None:
        self._keep = keep
        self._lines: OrderedDict[str, Line] = OrderedDict()
        self.jobs = 0
        self.charged = ZERO
        self.refunded = ZERO

    @property
    def spent(self) -> Decimal:
        return self.charged - self.refunded

    def charge(self, job: Job) -> None:
        self._lines[job.id] = Line(job.id, job.provider, job.model, job.created, job.cost)
        self.jobs += 1
        self.charged += job.cost
        while len(self._lines) > self._keep:
            self._lines.popitem(last=False)

    def refund(self, job: Job) -> None:
        """Give back what *job* cost, once. A line that is no longer held can still be refunded from its job."""
        line = self._lines.get(job.id)
        if line is not None:
            if line.refunded:
                return
            self._lines[job.id] = replace(line, refunded=line.amount)
        self.refunded += job.cost

    def line(self, job_id: str) -> Line | None:
        return self._lines.get(job_id)

    def lines(self) -> tuple[Line, ...]:
        return tuple(self._lines.values())
