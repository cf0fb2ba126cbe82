"""What is planned on a clock, by name: the end of a job, the next attempt of a delivery."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar

from vidmock.engine.time.clock import Action, Clock, Timer

Name = TypeVar("Name", bound=Hashable)


class Schedule(Generic[Name]):
    """At most one plan a name. A plan stays until it is dropped, also while its action is under way."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._timers: dict[Name, Timer] = {}

    def plan(self, name: Name, when: float, action: Action) -> None:
        """Have *action* happen at *when*, in place of what was planned under *name* before."""
        self.drop(name)
        self._timers[name] = self._clock.at(when, action)

    def drop(self, name: Name) -> bool:
        """Whether anything was planned under *name*, which now does not happen any more."""
        timer = self._timers.pop(name, None)
        if timer is not None:
            timer.cancel()
        return timer is not None

    def clear(self) -> None:
        """Have nothing happen of all that is planned."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def __contains__(self, name: Name) -> bool:
        return name in self._timers

    def __iter__(self) -> Iterator[Name]:
        """The names, in the order in which their actions happen."""
        return iter(sorted(self._timers, key=lambda name: (self._timers[name].when, self._timers[name].order)))

    def __len__(self) -> int:
        return len(self._timers)
