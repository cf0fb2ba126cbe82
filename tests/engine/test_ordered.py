"""Keys in their order: as a sorted list has them, however many there are."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidmock.engine.jobs import ordered
from vidmock.engine.jobs.ordered import Ordered


@pytest.fixture(autouse=True, scope="module")
def small_blocks() -> Iterator[None]:
    """Blocks so small that a few keys fill several."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ordered, "_LARGEST", 3)
        yield


@given(st.lists(st.integers(0, 30), max_size=60))
def test_they_are_added_removed_and_counted_as_in_a_sorted_list(touched: list[int]) -> None:
    keys: Ordered[int] = Ordered()
    held: list[int] = []
    for key in touched:
        if key in held:
            keys.remove(key)
            held.remove(key)
        else:
            keys.add(key)
            held = sorted([*held, key])
        assert (list(keys), list(reversed(keys)), len(keys)) == (held, held[::-1], len(held))
        for asked in (0, key, key + 1, 31):
            assert keys.before(asked) == bisect_left(held, asked)
            assert list(keys.since(asked)) == held[bisect_left(held, asked) :]
            assert list(keys.until(asked)) == held[: bisect_left(held, asked)][::-1]
        assert not held or keys.first() == held[0]


def test_of_none_there_is_no_first() -> None:
    with pytest.raises(IndexError):
        Ordered[int]().first()
