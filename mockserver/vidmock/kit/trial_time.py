"""The clock and the sleep that a client under test is given: those of its world in the mock."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence


class TrialTime:
    """The time of one world: it shows *now* in seconds, and *advance* makes it pass.

    A sleep lets the seconds pass in the world, with all that is due in them, so that no busy machine decides what a
    poll finds. Each sleep is multiplied by the next of *sleep_factors*, which repeat. *in_first_sleep* is called once,
    when the client sleeps for the first time: so a check acts while the client waits for a job.
    """

    def __init__(
        self,
        now: Callable[[], float],
        advance: Callable[[float], None],
        sleep_factors: Sequence[float] = (1.0,),
        in_first_sleep: Callable[[], None] | None = None,
    ) -> None:
        self.now, self._advance = now, advance
        self._sleep_factors = itertools.cycle(sleep_factors)
        self._in_first_sleep = in_first_sleep

    def sleep(self, seconds: float) -> None:
        if self._in_first_sleep is not None:
            call, self._in_first_sleep = self._in_first_sleep, None
            call()
        self._advance(max(0.0, seconds) * next(self._sleep_factors))
