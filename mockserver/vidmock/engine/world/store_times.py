"""How long it took to keep what had changed, where the state outlives the process."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from itertools import accumulate
from math import inf
from typing import Final

STORE_BOUNDS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, inf)
"""Real seconds: each time counts at the first of these that it does not exceed."""


class StoreTimes:
    """A histogram of the times of batches, from when one begins until it is kept; *failed* are those that were not."""

    def __init__(self) -> None:
        self._counts = [0] * len(STORE_BOUNDS)
        self.seconds = 0.0
        """The sum of all times."""
        self.failed = 0

    def add(self, seconds: float) -> None:
        """Count a batch that was kept after so many *seconds*."""
        self._counts[bisect_left(STORE_BOUNDS, seconds)] += 1
        self.seconds += seconds

    def fail(self) -> None:
        """Count a batch that could not be kept."""
        self.failed += 1

    def __iter__(self) -> Iterator[tuple[float, int]]:
        """Each bound, with how many batches took no longer."""
        return zip(STORE_BOUNDS, accumulate(self._counts), strict=True)

    def __bool__(self) -> bool:
        """Whether anything was to be kept."""
        return bool(self.failed or any(self._counts))
