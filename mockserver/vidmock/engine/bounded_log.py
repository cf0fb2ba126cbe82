"""A log that keeps the newest entries, bounded by number and by bytes, so that a server can run for days."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Generic, Protocol, TypeVar

T = TypeVar("T")


class Numbered(Protocol):
    """What is numbered in the order in which it came."""

    @property
    def number(self) -> int: ...


N = TypeVar("N", bound=Numbered)


class BoundedLog(Generic[T]):
    """At most *keep* entries of at most *keep_bytes* in all; the newest *least* stay whatever their size.

    An iterator sees the log as it was when iteration began.
    """

    def __init__(self, keep: int, keep_bytes: int, least: int = 0) -> None:
        self._keep, self._keep_bytes, self._least = keep, keep_bytes, least
        self._things: deque[tuple[T, int]] = deque()
        self._held = 0

    def add(self, thing: T, weight: int) -> list[T]:
        """Add *thing* of *weight* bytes; return the entries that are dropped for it, which may be *thing* itself."""
        self._things.append((thing, weight))
        self._held += weight
        gone = []
        while len(self._things) > self._keep or (self._held > self._keep_bytes and len(self._things) > self._least):
            oldest, weight = self._things.popleft()
            self._held -= weight
            gone.append(oldest)
        return gone

    def remove(self, thing: T) -> None:
        """Remove *thing*. Raises ValueError: it is not in the log."""
        weight = next((weight for held, weight in self._things if held == thing), None)
        if weight is None:
            raise ValueError(f"{thing!r} is not held")
        self._things.remove((thing, weight))
        self._held -= weight

    def clear(self) -> None:
        self._things.clear()
        self._held = 0

    def __iter__(self) -> Iterator[T]:
        return iter([thing for thing, _ in self._things])

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
