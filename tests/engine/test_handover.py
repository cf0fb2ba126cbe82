"""The handover: bytes of files add up to a download, whatever order they come in."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidmock.engine.jobs.handover import MOST_FILE_PARTS, Handover, Parts, add_part

SIZE = 30
RANGES = st.lists(st.tuples(st.integers(0, SIZE), st.integers(0, SIZE)), max_size=12)


@given(RANGES)
def test_parts_hold_the_bytes_that_came_and_no_others(ranges: list[tuple[int, int]]) -> None:
    handover, came = Handover(), set[int]()
    parts: Parts = ()
    for first, end in ranges:
        handover.fetch("file", first, end, SIZE)
        parts = add_part(parts, first, end)
        came |= {*range(first, end)}
    assert {byte for first, end in parts for byte in range(first, end)} == came
    assert all(before[1] < after[0] for before, after in pairwise(parts))
    assert handover.downloaded("file") is (len(came) == SIZE)


def test_a_client_that_fetches_a_thousand_crumbs_costs_no_more_than_a_few() -> None:
    handover = Handover()
    for first in range(0, 2000, 2):
        handover.fetch("file", first, first + 1, 2000)
    assert len(handover.state()["begun"]["file"]) == MOST_FILE_PARTS
    handover.fetch("file", 0, 2000, 2000)
    assert handover.downloaded("file")
    handover.fetch("file", 0, 1, 2000)
    assert handover.state() == {"told": [], "downloaded": ["file"], "begun": {}}


def test_a_handover_is_restored_as_far_as_its_results_are_known() -> None:
    handover, again = Handover(), Handover()
    handover.tell(["one", "two", "gone"])
    handover.fetch("one", 0, 5, 5)
    handover.fetch("two", 0, 4, 5)
    again.restore(handover.state(), ["one", "two", "three"])
    assert again.state() == handover.state() | {"told": ["one", "two"]}
    again.fetch("two", 4, 5, 5)
    assert again.downloaded("two")
    again.drop(["one", "two"])
    assert again.state() == Handover().state()


@pytest.mark.parametrize("broken", [{"told": 5}, {"downloaded": [1]}, {"begun": {"one": [["a", 1]]}}], ids=str)
def test_what_is_no_handover_is_refused(broken: dict[str, object]) -> None:
    with pytest.raises((TypeError, ValueError)):
        Handover().restore(Handover().state() | broken, [])
