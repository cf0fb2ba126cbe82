"""Rate limits in virtual time, by sliding windows."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from vidmock.engine.changes import Changes
from vidmock.engine.codec import from_plain
from vidmock.problems import OverQuota


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most *count* requests in any *seconds* seconds."""

    count: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Quota:
    """What one key may submit: at most *rate* counted under *name*, and *at_once* unfinished jobs of the provider."""

    name: str
    rate: RateLimit | None = None
    at_once: int | None = None


class RateLimits:
    """The requests of one world that count against limits, by the name of the limit."""

    def __init__(self, changes: Changes | None = None) -> None:
        self._changes = changes or Changes()
        self._taken: dict[str, deque[float]] = {}

    def check(self, name: str, limit: RateLimit, now: float) -> None:
        """Check that there is room for one more request under the limit *name*, and count nothing.

        Raises:
            OverQuota: the window is full; ``retry_after`` says when there is room again.
        """
        taken = self._taken.setdefault(name, deque())
        while taken and taken[0] <= now - limit.seconds:
            taken.popleft()
        if len(taken) >= limit.count:
            wait = taken[0] + limit.seconds - now
            raise OverQuota(limit.count, wait, limit.seconds)

    def take(self, name: str, limit: RateLimit, now: float) -> None:
        """Count one more request against the limit *name*. Raises as :meth:`check`, and then counts nothing."""
        self.check(name, limit, now)
        self._taken[name].append(now)
        if self._changes.on:
            self._changes.note("limits")

    def state(self) -> dict[str, list[float]]:
        """The moments that still count, by name, for a snapshot."""
        return {name: list(taken) for name, taken in self._taken.items() if taken}

    def restore(self, state: Mapping[str, Iterable[float]]) -> None:
        taken = from_plain(dict[str, list[float]], state)
        self._taken = {name: deque(moments) for name, moments in taken.items()}
