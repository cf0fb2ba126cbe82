"""Money: charged once, refunded once, and the totals outlive the lines."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from vidmock.engine.jobs.job import Job, State, Step
from vidmock.engine.jobs.ledger import Ledger
from vidmock.engine.jobs.ledger_line import LedgerLine


def _job(name: str, cost: str) -> Job:
    steps = (Step(7.0, State.QUEUED), Step(8.0, State.RUNNING), Step(9.0, State.SUCCEEDED))
    return Job(name, "fal", "m", "key", {}, "", steps, (), Decimal(cost), "w", "http://mock.test")


def test_a_job_is_one_line() -> None:
    ledger = Ledger(keep=10)
    cost = Decimal("0.336")
    ledger.charge(_job("a", "0.336"))
    assert ledger.lines() == (LedgerLine("a", "fal", "m", 7.0, cost),)
    assert (ledger.jobs, ledger.charged, ledger.refunded, ledger.spent) == (1, cost, Decimal(0), cost)


def test_a_refund_happens_once() -> None:
    ledger = Ledger(keep=10)
    ledger.charge(_job("a", "0.56"))
    for _ in range(3):
        ledger.refund(_job("a", "0.56"), Decimal("0.5"))
    line = ledger.line("a")
    assert line is not None
    assert line.spent == ledger.spent == Decimal("0.06")
    assert ledger.refunded == Decimal("0.5")


def test_a_line_that_is_no_longer_held_can_still_be_refunded() -> None:
    ledger = Ledger(keep=1)
    ledger.charge(_job("old", "1"))
    ledger.charge(_job("new", "2"))
    assert ledger.line("old") is None
    ledger.refund(_job("old", "1"), Decimal(1))
    assert (ledger.jobs, ledger.charged, ledger.spent) == (2, Decimal(3), Decimal(2))


@given(st.lists(st.tuples(st.decimals("0", "9", places=3), st.booleans()), max_size=20))
def test_the_totals_are_the_sum_of_the_lines(bills: list[tuple[Decimal, bool]]) -> None:
    ledger = Ledger(keep=100)
    for number, (cost, failed) in enumerate(bills):
        job = _job(str(number), str(cost))
        ledger.charge(job)
        if failed:
            ledger.refund(job, job.cost)
    assert ledger.spent == sum((line.spent for line in ledger.lines()), Decimal(0))
    assert ledger.spent == sum((cost for cost, failed in bills if not failed), Decimal(0))
