"""What is bounded by number and by bytes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidmock.engine.bounded_log import BoundedLog
from vidmock.engine.jobs.ended_jobs import LEAST_ENDED, EndedJobs
from vidmock.engine.memory import Holding

if TYPE_CHECKING:
    from tests.conftest import House, Wire


@given(st.lists(st.integers(0, 50), max_size=30), st.integers(0, 10), st.integers(0, 100))
def test_the_newest_are_held_within_the_bounds(weights: list[int], keep: int, keep_bytes: int) -> None:
    newest: BoundedLog[int] = BoundedLog(keep, keep_bytes)
    gone: list[int] = []
    for number, weight in enumerate(weights):
        gone += newest.add(number, weight)
        held = list(newest)
        assert [*gone, *held] == list(range(number + 1))
        assert len(newest) <= keep
        assert sum(weights[each] for each in held) <= keep_bytes
    assert list(reversed(newest)) == list(newest)[::-1]


@given(st.lists(st.integers(0, 50), max_size=60), st.integers(0, 40), st.integers(0, 100))
def test_of_the_jobs_that_have_ended_some_stay_whatever_their_size(
    weights: list[int], keep: int, keep_bytes: int
) -> None:
    holding = Holding(base=0)
    newest = EndedJobs(keep, keep_bytes, holding)
    gone: list[str] = []
    for number, weight in enumerate(weights):
        gone += newest.add(str(number), weight)
        held = list(newest)
        assert [*gone, *held] == list(map(str, range(number + 1)))
        assert len(held) <= keep
        assert holding.held == sum(weights[int(each)] for each in held)
        assert holding.held <= keep_bytes or len(held) <= LEAST_ENDED


def test_what_is_removed_makes_room() -> None:
    newest = EndedJobs(LEAST_ENDED + 1, 100, Holding())
    assert newest.oldest is None
    for number in range(LEAST_ENDED):
        newest.add(str(number), 0)
    newest.add("a", 60)
    newest.add("b", 30)
    oldest = newest.oldest
    newest.remove("a")
    assert newest.oldest == oldest
    assert newest.add("c", 60) == []
    newest.remove("1")
    assert newest.oldest != oldest
    with pytest.raises(ValueError, match="'a' is not held"):
        newest.remove("a")


def test_large_requests_are_not_held_for_ever(houses: Callable[..., House], wire: Wire) -> None:
    house = houses(keep_bytes=10)
    jobs = []
    for _ in range(30):
        jobs.append(wire.submit(house, webhook="http://receiver.test/"))
        house.advance(4)
    world = house.world()
    assert [job for job in jobs if job in world.jobs] == jobs[-20:], "the newest stay, whatever they weigh"
    assert len(world.outbox) == 0
    assert world.ledger.jobs == len(house.receiver.messages) == 30
