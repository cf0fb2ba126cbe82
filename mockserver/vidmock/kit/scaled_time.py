"""The clock and the sleep that a client under test is given. They use the mock's seconds, shorter than real ones."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Sequence


class ScaledTime:
    """A time in which *factor* seconds pass in a real one.

    Each sleep is multiplied by the next of *sleep_factors*, which repeat. *in_first_sleep* is called once, when the
    client sleeps for the first time: so a check acts while the client waits for a job.
    """

    def __init__(
        self, factor: float, sleep_factors: Sequence[float] = (1.0,), in_first_sleep: Callable[[], None] | None = None
    ) -> None:
        self._factor = factor
        self._sleep_factors = itertools.cycle(sleep_factors)
        self._in_first_sleep = in_first_sleep

    def sleep(self, seconds: float) -> None:
        if self._in_first_sleep is not None:
            call, self._in_first_sleep = self._in_first_sleep, None
            call()
        time.sleep(max(0.0, seconds) * next(self._sleep_factors) / self._factor)

    def now(self) -> float:
        return time.monotonic() * self._factor
