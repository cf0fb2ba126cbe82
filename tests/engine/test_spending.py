"""What was spent in a stretch of time is what its lines say, however many there are and whatever became of them."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidmock.engine.jobs import spending
from vidmock.engine.jobs.job import Job, State, Step
from vidmock.engine.jobs.ledger import Ledger
from vidmock.engine.jobs.ledger_line import Totals

MODELS = ("a", "b")
PLACES = [("fal", model) for model in MODELS]


@pytest.fixture(autouse=True, scope="module")
def small_blocks() -> Iterator[None]:
    """Blocks so small that a few lines fill several."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spending, "_LARGEST", 3)
        yield


def _job(number: int, model: str, at: float) -> Job:
    steps = (Step(at, State.QUEUED), Step(at + 1, State.SUCCEEDED))
    return Job(str(number), "fal", model, "key", {}, "", steps, (), Decimal(number + 1), "w", "http://mock.test")


@given(
    st.lists(
        st.tuples(st.sampled_from(MODELS), st.integers(0, 2), st.sampled_from(("keep", "refund", "drop", "again"))),
        max_size=30,
    ),
    st.integers(0, 20),
    st.integers(0, 20),
    st.booleans(),
)
def test_a_stretch_has_the_lines_that_were_charged_in_it(
    bills: list[tuple[str, int, str]], start: int, end: int, early: bool
) -> None:
    ledger, at = Ledger(keep=20), 0
    for number, (model, later, then) in enumerate(bills):
        if early:
            ledger.spending.totals(start, end)
        at += later
        job = _job(number, model, at)
        ledger.charge(job)
        if then == "refund":
            ledger.refund(job, job.cost)
        elif then == "drop":
            ledger.drop_line(str(number // 2))
        elif then == "again":
            ledger.charge(_job(number // 2, model, at))
    inside = [line for line in ledger.lines() if start <= line.at < end]
    paid = [line for line in inside if line.spent]
    assert list(ledger.spending.paid(start, end, PLACES)) == paid
    assert list(ledger.spending.paid(start, end, PLACES, newest_first=True)) == paid[::-1]
    assert list(ledger.spending.paid(start, end, PLACES[:1])) == [line for line in paid if line.model == "a"]
    found = ledger.spending.totals(start, end)
    for place in PLACES:
        expected = Totals()
        for line in inside:
            if (line.provider, line.model) == place:
                expected.count(line)
        assert found.get(place, Totals()) == expected


def test_a_ledger_that_is_restored_has_the_spending_of_its_lines() -> None:
    ledger, saved = Ledger(keep=10), Ledger(keep=10)
    ledger.charge(_job(1, "a", 0.0))
    saved.charge(_job(2, "a", 0.0))
    assert ledger.spending.totals(0, 1)["fal", "a"].spent == 2
    ledger.restore(saved.state())
    assert ledger.spending.totals(0, 1)["fal", "a"].spent == 3
