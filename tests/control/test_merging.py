"""Lists over all worlds: one order of time, and none is opened before its turn."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from vidmock.server.control.merging import merge_last_first

LISTS = st.lists(st.lists(st.integers(0, 9), max_size=4), max_size=6)


@given(LISTS, st.integers(0, 3))
def test_entries_come_in_one_order_whatever_list_they_are_in(lists: list[list[int]], late: int) -> None:
    entries = [
        sorted(((float(time), float(place)) for time in times), reverse=True) for place, times in enumerate(lists)
    ]
    with_moments = [((ones[0][0] + late, ones[0][1]) if ones else (9.0, 9.0), ones) for ones in entries]
    with_moments.sort(key=lambda entry: entry[0], reverse=True)
    found = merge_last_first((moment, [(one, one) for one in ones]) for moment, ones in with_moments)
    assert list(found) == sorted((one for ones in entries for one in ones), reverse=True)


def test_no_more_lists_are_opened_than_are_needed() -> None:
    opened = []

    def entries(time: float) -> Iterator[tuple[tuple[float, float], float]]:
        opened.append(time)
        yield (time, 0.0), time

    found = merge_last_first(((time, 0.0), entries(time)) for time in (9.0, 7.0, 5.0, 3.0))
    assert (next(found), next(found), opened) == (9.0, 7.0, [9.0, 7.0])
