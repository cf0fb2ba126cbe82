"""Keys in their order, of which any can be added, removed and counted to in as little time among many as among few."""

from __future__ import annotations

import sys
from bisect import bisect_left, insort
from collections.abc import Iterator
from typing import Any, Final, Generic, TypeVar

K = TypeVar("K", int, tuple[float, int])

BEHIND_ALL: Final = sys.maxsize
"""A place behind that of any job, for keys that end in places."""
_LARGEST: Final = 512
"""Keys in one block at most: inserting into a list moves all behind, which for so few costs nothing."""


class Ordered(Generic[K]):
    """Different keys, the least first, in blocks of which none is empty."""

    def __init__(self) -> None:
        self._blocks: list[list[K]] = []
        self._last: list[Any] = []
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[K]:
        for block in self._blocks:
            yield from block

    def __reversed__(self) -> Iterator[K]:
        for block in reversed(self._blocks):
            yield from reversed(block)

    def since(self, key: K) -> Iterator[K]:
        """The keys from *key* on, which itself need not be one."""
        at = bisect_left(self._last, key)
        for block in self._blocks[at : at + 1]:
            yield from block[bisect_left(block, key) :]
        for block in self._blocks[at + 1 :]:
            yield from block

    def until(self, key: K) -> Iterator[K]:
        """The keys before *key*, which itself need not be one, the last first."""
        at = bisect_left(self._last, key)
        for block in self._blocks[at : at + 1]:
            yield from reversed(block[: bisect_left(block, key)])
        for block in reversed(self._blocks[:at]):
            yield from reversed(block)

    def first(self) -> K:
        """The least. Raises IndexError: there is none."""
        return self._blocks[0][0]

    def add(self, key: K) -> None:
        """Add *key*, which is not among them."""
        self._size += 1
        if not self._blocks:
            self._blocks.append([])
            self._last.append(key)
        if key >= self._last[-1]:
            # Most come in their order: places always, and times mostly.
            at = len(self._blocks) - 1
            block = self._blocks[at]
            block.append(key)
        else:
            at = bisect_left(self._last, key)
            block = self._blocks[at]
            insort(block, key)
        if len(block) > _LARGEST:
            half = len(block) // 2
            self._blocks[at : at + 1] = [block[:half], block[half:]]
            self._last.insert(at, block[half - 1])
            at += 1
        self._last[at] = self._blocks[at][-1]

    def remove(self, key: K) -> None:
        """Remove *key*, which is among them."""
        self._size -= 1
        at = bisect_left(self._last, key)
        block = self._blocks[at]
        del block[bisect_left(block, key)]
        if block:
            self._last[at] = block[-1]
        else:
            del self._blocks[at], self._last[at]

    def before(self, key: K) -> int:
        """How many keys are less than *key*, which itself need not be one."""
        at = bisect_left(self._last, key)
        count = sum(map(len, self._blocks[:at]))
        return count + bisect_left(self._blocks[at], key) if at < len(self._blocks) else count
