"""The ledger: what the jobs of a world would have cost, one line for each, and totals that outlive the lines."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from itertools import islice
from reprlib import repr as shortened
from typing import Any, Final

from vidmock.engine.codec import from_plain, to_plain
from vidmock.engine.jobs.job import Job
from vidmock.engine.jobs.ledger_line import ZERO, LedgerLine, Totals
from vidmock.engine.jobs.spending import Spending
from vidmock.engine.memory import Holding
from vidmock.engine.money import parse_amount
from vidmock.problems import BadRequest, NoBalance

LINE_SIZE: Final = 512
"""Bytes of a line."""
UNLIMITED = Decimal(1000)
"""USD. The balance that providers tell of an account whose budget has no end."""


class SharedTotals:
    """Sums that several threads add to."""

    def __init__(self) -> None:
        self._totals = Totals()
        self._lock = threading.Lock()

    def add(self, more: Totals) -> None:
        with self._lock:
            self._totals.add(more)

    def read(self) -> Totals:
        with self._lock:
            return replace(self._totals)


PROCESS_TOTALS: Final = SharedTotals()
"""Over all ledgers of this process, as they are charged and refunded."""


class Ledger:
    """Charges and refunds of one world, and its budget. The newest *keep* lines are held; the totals count all.

    Lines count in *holding*, which gives one up with its job. Totals are never given up.
    ``by_model`` are the totals by provider and model; ``budget`` is in USD, and ``None`` for none.
    """

    def __init__(self, keep: int, holding: Holding | None = None) -> None:
        self._keep = keep
        self._holding = holding or Holding()
        self._changes = self._holding.changes
        self._lines: OrderedDict[str, LedgerLine] = OrderedDict()
        self.by_model: dict[tuple[str, str], Totals] = {}
        self._spending: Spending | None = None
        self.budget: Decimal | None = None

    @property
    def total(self) -> Totals:
        total = Totals()
        for part in self.by_model.values():
            total.add(part)
        return total

    @property
    def jobs(self) -> int:
        return self.total.jobs

    @property
    def charged(self) -> Decimal:
        return self.total.charged

    @property
    def refunded(self) -> Decimal:
        return self.total.refunded

    @property
    def spent(self) -> Decimal:
        return self.total.spent

    @property
    def unpriced(self) -> int:
        return self.total.unpriced

    @property
    def balance(self) -> Decimal:
        """What is left of the budget, in USD; without a budget, an amount that nothing is taken from."""
        return UNLIMITED if self.budget is None else max(ZERO, self.budget - self.spent)

    def set_budget(self, budget: Decimal | None) -> None:
        self.budget = budget
        if self._changes.on:
            self._changes.note("world")

    def check(self, cost: Decimal) -> None:
        """Check that the budget covers a job of *cost* USD.

        Raises:
            NoBalance: with it, more would be spent than the budget.
        """
        if self.budget is not None and self.spent + cost > self.budget:
            raise NoBalance

    def check_left(self) -> None:
        """Check that something of the budget is left. Raises NoBalance."""
        if self.budget is not None and self.spent >= self.budget:
            raise NoBalance

    def charge(self, job: Job) -> list[str]:
        """Charge for *job*, and return the jobs whose lines are dropped for its own."""
        # One that is charged anew is the newest.
        self.drop_line(job.id)
        line = self._lines[job.id] = LedgerLine(
            job.id, job.provider, job.model, job.created, job.cost, priced=job.priced
        )
        if self._spending:
            self._spending.add(line)
        self._holding.count(LINE_SIZE)
        for totals in (self.by_model.setdefault((job.provider, job.model), Totals()), PROCESS_TOTALS):
            totals.add(Totals(1, job.cost, unpriced=int(not job.priced)))
        if self._changes.on:
            self._changes.renew("line", job.id)
            self._changes.note("totals")
        dropped = list(islice(self._lines, max(0, len(self._lines) - self._keep)))
        for job_id in dropped:
            self.drop_line(job_id)
        return dropped

    def refund(self, job: Job, amount: Decimal) -> None:
        """Refund *amount* USD of *job*, once; also where its line is no longer kept."""
        line = self._lines.get(job.id)
        if line is not None:
            if line.refunded:
                return
            line = self._lines[job.id] = replace(line, refunded=amount)
            if self._spending:
                self._spending.replace(line)
        for totals in (self.by_model[job.provider, job.model], PROCESS_TOTALS):
            totals.add(Totals(refunded=amount))
        if self._changes.on:
            self._changes.note("line", job.id)
            self._changes.note("totals")

    def drop_line(self, job_id: str) -> None:
        """Drop the line of that job, if there is one; the totals stay."""
        if self._lines.pop(job_id, None):
            self._holding.count(-LINE_SIZE)
            if self._changes.on:
                self._changes.renew("line", job_id)
            if self._spending:
                self._spending.remove(job_id)

    def line(self, job_id: str) -> LedgerLine | None:
        return self._lines.get(job_id)

    def spent_on(self, job_id: str) -> Decimal:
        """What was charged for the job and not refunded, in USD; 0 where its line is no longer kept."""
        line = self._lines.get(job_id)
        return line.spent if line else ZERO

    def lines(self) -> tuple[LedgerLine, ...]:
        return tuple(self._lines.values())

    @property
    def spending(self) -> Spending:
        """The lines by time. It is made when it is asked for first, and kept in step from then on."""
        if self._spending is None:
            self._spending = Spending(self._lines.values())
        return self._spending

    def state(self) -> dict[str, Any]:
        """Lines and totals as plain data, for a snapshot."""
        return {
            "lines": [to_plain(line) for line in self._lines.values()],
            "by_model": self.totals_state(),
        }

    def totals_state(self) -> list[Any]:
        """The totals by provider and model as plain data, without the lines."""
        return [[*place, to_plain(totals)] for place, totals in self.by_model.items()]

    def restore(self, state: Mapping[str, Any]) -> None:
        lines = from_plain(list[LedgerLine], state["lines"])
        for job_id in tuple(self._lines):
            self.drop_line(job_id)
        self._lines = OrderedDict((line.job, line) for line in lines)
        self._holding.count(LINE_SIZE * len(self._lines))
        self._spending = None
        totals = from_plain(list[tuple[str, str, Totals]], state["by_model"])
        self.by_model = {(provider, model): sums for provider, model, sums in totals}


def parse_budget(value: object) -> Decimal | None:
    """A budget as people write it: ``"5.00"``, ``5``, or ``None`` for none.

    Raises:
        BadRequest: it is no amount of money.
    """
    if value is None:
        return None
    try:
        return parse_amount(value)
    except ValueError:
        said = shortened(value)
        raise BadRequest(f"a budget is an amount in USD such as '5.00', or null for none, and not {said}") from None
