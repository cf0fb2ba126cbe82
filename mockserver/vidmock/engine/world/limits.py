"""Rate limits in virtual time: at most so many takes in a sliding window."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from vidmock.engine.codec import from_plain
from vidmock.problems import TooMany


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most *count* takes in any *seconds* seconds."""

    count: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Quota:
    """What one key may submit: at most *rate* counted under *name*, and *at_once* unfinished jobs of the provider."""

    name: str
    rate: RateLimit | None = None
    at_once: int | None = None


class RateLimits:
    """The takes of one world, by the name of what is limited."""

    def __init__(self) -> None:
        self._taken: dict[str, deque[float]] = {}

    def take(self, name: str, limit: RateLimit, now: float) -> None:
        """Count one more take of *name*.

        Raises:
            TooMany: the window is full; nothing is counted, and ``retry_after`` says when it will not be.
        """
        taken = self._taken.setdefault(name, deque())
        while taken and taken[0] <= now - limit.seconds:
            taken.popleft()
        if len(taken) >= limit.count:
            wait = taken[0] + limit.seconds - now
            raise TooMany(f"more than {limit.count} in {limit.seconds:g} s; try again in {wait:.1f} s", wait)
        taken.append(now)

    def state(self) -> dict[str, list[float]]:
        """The moments of what still counts, by name."""
        return {name: list(taken) for name, taken in self._taken.items() if taken}

    def restore(self, state: Mapping[str, Iterable[float]]) -> None:
        taken = from_plain(dict[str, list[float]], state)
        self._taken = {name: deque(moments) for name, moments in taken.items()}
