"""One list of several, each of which is opened only when its turn comes."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from itertools import count
from typing import TypeVar

from vidmock.engine.world.latest_worlds import AsOf

T = TypeVar("T")


def merge_last_first(lists: Iterable[tuple[AsOf, Iterable[tuple[AsOf, T]]]]) -> Iterator[T]:
    """The entries of *lists*, that of the last moment first.

    In each list the last is first as well. A list comes with a moment that none of its own is after, and of the lists
    the one whose is the last comes first. So as many are opened as are needed for the entries that are asked for.
    """
    waiting, opened = iter(lists), list[tuple[AsOf, int, T, Iterator[tuple[AsOf, T]]]]()
    order = count()
    upcoming = next(waiting, None)
    while opened or upcoming:
        if upcoming and (not opened or upcoming[0] >= _turned(opened[0][0])):
            entries = iter(upcoming[1])
            upcoming = next(waiting, None)
        else:
            _, _, entry, entries = heapq.heappop(opened)
            yield entry
        for moment, entry in entries:
            heapq.heappush(opened, (_turned(moment), next(order), entry, entries))
            break


def _turned(moment: AsOf) -> AsOf:
    """*moment* for an order in which the last is the least; and back."""
    return -moment[0], -moment[1]
