"""RunPod's limits on the requests of one key to one endpoint: in ten seconds, and at the same time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Final

from vidmock.engine.world.limits import RateLimit
from vidmock.engine.world.world import World
from vidmock.problems import OverQuota
from vidmock.providers.runpod import behaviours

WINDOW = 10.0
"""Seconds in which requests are counted."""
PUBLISHED: Final[Mapping[str, tuple[int, int | None]]] = MappingProxyType(
    {
        "run": (1000, 200),
        "runsync": (2000, 400),
        "status": (2000, 400),
        "stream": (2000, 400),
        "cancel": (100, 20),
        "purge-queue": (2, None),
    }
)
"""By route: requests in 10 s, and requests at the same time. /retry and /health have no published limit."""


class Traffic:
    """Counts the requests under way, by key, endpoint and route."""

    def __init__(self) -> None:
        self._open: Counter[tuple[str, str, str]] = Counter()

    @contextmanager
    def request(self, world: World, endpoint: str, operation: str, now: float) -> Iterator[None]:
        """Count one request, which begins *now* and ends with the block.

        Raises:
            OverQuota: it is beyond one of the limits.
        """
        if operation not in PUBLISHED or world.choice(behaviours.LIMITS) == "off":
            yield
            return
        count, at_once = PUBLISHED[operation]
        world.take(f"runpod.{endpoint}.{operation}", RateLimit(count, WINDOW), now)
        place = (world.key, endpoint, operation)
        if at_once is not None and self._open[place] >= at_once:
            raise OverQuota(at_once, 1.0)
        self._open[place] += 1
        try:
            yield
        finally:
            self._open[place] -= 1
            if not self._open[place]:
                del self._open[place]
