"""What is bounded by number and by bytes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidmock.engine.bounded_log import BoundedLog

if TYPE_CHECKING:
    from tests.conftest import House, Wire


@given(
    st.lists(st.integers(0, 50), max_size=30),
    st.integers(0, 10),
    st.integers(0, 100),
    st.integers(0, 5),
)
def test_the_newest_are_held_within_the_bounds(weights: list[int], keep: int, keep_bytes: int, least: int) -> None:
    newest: BoundedLog[int] = BoundedLog(keep, keep_bytes, least)
    gone: list[int] = []
    for number, weight in enumerate(weights):
        gone += newest.add(number, weight)
        held = list(newest)
        assert [*gone, *held] == list(range(number + 1))
        assert len(newest) <= keep
        assert sum(weights[each] for each in held) <= keep_bytes or len(held) <= least
    assert list(reversed(newest)) == list(newest)[::-1]


def test_what_is_removed_makes_room() -> None:
    newest: BoundedLog[str] = BoundedLog(10, 100)
    newest.add("a", 60)
    newest.add("b", 30)
    newest.remove("a")
    assert newest.add("c", 60) == []
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
