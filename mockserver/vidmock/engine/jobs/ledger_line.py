"""What one job cost, and the sums over many."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """What one job cost, in USD: *amount* was charged at *at*, and *refunded* given back for what was not made.

    Where its price is not known, it is not *priced*, and *amount* is 0.
    """

    job: str
    provider: str
    model: str
    at: float
    amount: Decimal
    refunded: Decimal = ZERO
    priced: bool = True

    @property
    def spent(self) -> Decimal:
        return self.amount - self.refunded


@dataclass(slots=True)
class Totals:
    """Sums over many jobs, in USD. Of *unpriced* ones the price is not known, so that they are in no sum."""

    jobs: int = 0
    charged: Decimal = ZERO
    refunded: Decimal = ZERO
    unpriced: int = 0

    @property
    def spent(self) -> Decimal:
        return self.charged - self.refunded

    def add(self, other: Totals, times: int = 1) -> None:
        """Add *other*, or with -1 take it away again."""
        self.jobs += times * other.jobs
        self.charged += times * other.charged
        self.refunded += times * other.refunded
        self.unpriced += times * other.unpriced

    def count(self, line: LedgerLine, times: int = 1) -> None:
        """Add *line*, or with -1 take it away again."""
        self.add(Totals(1, line.amount, line.refunded, int(not line.priced)), times)
