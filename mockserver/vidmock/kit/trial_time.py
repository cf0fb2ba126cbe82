"""The clock and the sleep that a client under test is given: those of its world in the mock."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence


class TrialTime:
    """The time of one world: it shows *now* in seconds, and *advance* makes it pass.

    A sleep lets the seconds pass in the world, with all that is due in them, so that no busy machine decides what a
    poll finds. Each sleep is multiplied by the next of *sleep_factors*, which repeat.
    """

    def __init__(
        self, now: Callable[[], float], advance: Callable[[float], None], sleep_factors: Sequence[float] = (1.0,)
    ) -> None:
        self.now, self._advance = now, advance
        self._sleep_factors = itertools.cycle(sleep_factors)

    def sleep(self, seconds: float) -> None:
        self._advance(max(0.0, seconds) * next(self._sleep_factors))
