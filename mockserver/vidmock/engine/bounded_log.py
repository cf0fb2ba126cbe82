"""A log that keeps the newest entries, bounded by number and by bytes, so that a server can run for days."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Generic, Protocol, TypeVar

from vidmock.engine.memory import Holding

T = TypeVar("T")


class Numbered(Protocol):
    """What is numbered in the order in which it came."""

    @property
    def number(self) -> int: ...


N = TypeVar("N", bound=Numbered)


class BoundedLog(Generic[T]):
    """At most *keep* entries of at most *keep_bytes* in all.

    Its entries count in *holding*. An iterator sees the log as it was when iteration began.
    """

    def __init__(self, keep: int, keep_bytes: int, holding: Holding | None = None) -> None:
        self._keep, self._keep_bytes = keep, keep_bytes
        self._holding = holding or Holding()
        self._things: deque[tuple[T, int, int]] = deque()
        """Each with its weight and its stamp."""
        self._held = 0

    @property
    def oldest(self) -> int | None:
        """The stamp of the oldest entry."""
        return self._things[0][2] if self._things else None

    def add(self, thing: T, weight: int) -> list[T]:
        """Add *thing* of *weight* bytes; return the entries that are dropped for it, which may be *thing* itself."""
        self._things.append((thing, weight, self._holding.stamp()))
        self._count(weight)
        gone = []
        while self._things and (len(self._things) > self._keep or self._held > self._keep_bytes):
            gone.append(self.pop())
        return gone

    def pop(self) -> T:
        """Drop the oldest entry and return it. Raises IndexError: there is none."""
        thing, weight, _ = self._things.popleft()
        self._count(-weight)
        return thing

    def clear(self) -> None:
        self._things.clear()
        self._count(-self._held)

    def _count(self, weight: int) -> None:
        self._held += weight
        self._holding.count(weight)

    def __iter__(self) -> Iterator[T]:
        return iter([entry[0] for entry in self._things])

    def __reversed__(self) -> Iterator[T]:
        """The newest first. Nothing may be added or dropped meanwhile."""
        return (entry[0] for entry in reversed(self._things))

    def __getitem__(self, place: int) -> T:
        """The entry at *place*; 0 is the oldest. Raises IndexError: there are fewer."""
        return self._things[place][0]

    def __len__(self) -> int:
        return len(self._things)


def find_numbered(log: BoundedLog[N], number: int) -> N | None:
    """The entry of that number, if *log* still has it: a log of what is numbered one by one."""
    place = number - log[0].number if log else -1
    return log[place] if 0 <= place < len(log) and log[place].number == number else None
