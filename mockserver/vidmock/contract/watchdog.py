"""How long a client is waited for: some seconds, and longer on a machine that has more to do than it can."""

from __future__ import annotations

import os
from time import monotonic
from typing import Final

MOST_OFTEN: Final = 3.0
"""How many times as long at most."""


class Watchdog:
    """So many real *seconds* from now on, as many times as there is more to do than there are cores to do it."""

    def __init__(self, seconds: float) -> None:
        self._seconds, self._began = seconds, monotonic()

    @property
    def is_over(self) -> bool:
        passed = monotonic() - self._began
        return passed > self._seconds and passed > self._seconds * _how_busy()


def _how_busy() -> float:
    """How much more the machine has had to do in the last minute than it could, from 1 to ``MOST_OFTEN``."""
    try:
        at_work = os.getloadavg()[0]
    except (OSError, AttributeError):
        # Nobody counts it here.
        return 1.0
    return min(max(1.0, at_work / (os.cpu_count() or 1)), MOST_OFTEN)
