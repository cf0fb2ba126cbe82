"""Collects what is wrong with an input: the first so many things, and the number of all others."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from vidmock.schema import pointer
from vidmock.schema.violation import Violation

MOST_VIOLATIONS: Final = 50
"""How many violations are told of one input: nobody mends more at a time, and the sender chooses how many there are."""
MORE: Final = "more"
"""Rule and keyword of the last entry where there are more than :data:`MOST_VIOLATIONS`; its value is their number."""


class Findings:
    """The violations of one input. Only those that are told are made: making one may look for similar names."""

    def __init__(self) -> None:
        self._told: list[Violation] = []
        self._more = 0

    @property
    def full(self) -> bool:
        """Whether what is found from now on is only counted."""
        return len(self._told) >= MOST_VIOLATIONS

    def add(self, make: Callable[[], Violation]) -> None:
        """Add the violation that *make* makes."""
        if self.full:
            self._more += 1
        else:
            self._told.append(make())

    def count(self, more: int) -> None:
        """Add *more* that nobody tells."""
        self._more += more

    def violations(self) -> tuple[Violation, ...]:
        """What was found; where that is not all, the last entry says how many more there are."""
        if not self._more:
            return tuple(self._told)
        said = f"and {self._more:,} more"
        return (*self._told, Violation((), MORE, MORE, said, value=self._more))


def joined_findings(found: Iterable[Violation]) -> tuple[Violation, ...]:
    """*found*, violations of one input from several sources, as if one had found them."""
    findings = Findings()
    for violation in found:
        if violation.keyword == MORE:
            findings.count(violation.value)
        else:
            findings.add(lambda violation=violation: violation)  # type: ignore[misc] # bound here: the loop goes on
    return findings.violations()


def told_findings(found: Iterable[Violation]) -> list[Violation]:
    """*found* without the entry that says how many more there are: a provider's answer has no such thing."""
    return [violation for violation in found if violation.keyword != MORE]


def number_of(found: Iterable[Violation]) -> int:
    """How many violations *found* stands for, those that are not told included."""
    return sum(violation.value if violation.keyword == MORE else 1 for violation in found)


class BrokenPlaces:
    """The places of violations, of which a rule asks whether one is at, above or below a place that it reads."""

    def __init__(self, paths: Iterable[pointer.Path] = ()) -> None:
        self._at: set[tuple[str, ...]] = set()
        self._above: set[tuple[str, ...]] = set()
        for path in paths:
            self.add(path)

    def add(self, path: pointer.Path) -> bool:
        """Add the place at *path*. Returns whether it is new."""
        names = tuple(map(str, path))
        if names in self._at:
            return False
        self._at.add(names)
        self._above.update(names[:length] for length in range(len(names)))
        return True

    def in_the_way_of(self, places: Iterable[pointer.Path]) -> bool:
        """Whether one is at, above or below one of *places*. An empty place, the whole input, does not count."""
        return any(self._touches(tuple(map(str, place))) for place in places if place)

    def _touches(self, place: tuple[str, ...]) -> bool:
        return place in self._above or any(place[:length] in self._at for length in range(len(place) + 1))
