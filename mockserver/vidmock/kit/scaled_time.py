"""The time that a client under test lives in: the mock's, which runs faster than ours, and trips as a check likes."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Sequence


class ScaledTime:
    """*factor* of its seconds fit into a real one. Sleeps last as long as asked times *rhythm*, over and over.

    *meanwhile* is called once, in the client's first sleep: what happens in it happens behind the client's back.
    """

    def __init__(
        self, factor: float, rhythm: Sequence[float] = (1.0,), meanwhile: Callable[[], None] | None = None
    ) -> None:
        self._factor = factor
        self._rhythm = itertools.cycle(rhythm)
        self._meanwhile = meanwhile

    def sleep(self, seconds: float) -> None:
        if self._meanwhile is not None:
            meanwhile, self._meanwhile = self._meanwhile, None
            meanwhile()
        time.sleep(max(0.0, seconds) * next(self._rhythm) / self._factor)

    def now(self) -> float:
        return time.monotonic() * self._factor
