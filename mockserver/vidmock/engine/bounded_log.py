"""A log that keeps the newest entries, bounded by number and by bytes, so that a server can run for days."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


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
        return iter([thing for thing, _ in reversed(self._things)])

    def __len__(self) -> int:
        return len(self._things)
