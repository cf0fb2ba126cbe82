"""What became of each bug: which cases failed the client that has it, and what that says of the cases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tests.kit.mutants.catalogue import Bug


@dataclass(frozen=True, slots=True)
class Fate:
    """The *killers* of a *bug*: the ids of the cases that its client fails and the good client passes.

    *idle* are those that the good client passes, and that are not exercised with the bug: no verdict, but a hint.
    """

    bug: Bug
    killers: frozenset[str]
    idle: frozenset[str] = frozenset()

    @property
    def as_foretold(self) -> bool:
        """Whether one of the killers is of a kind that should kill it."""
        return any(kind_of(case) in self.bug.kills for case in self.killers)


def kind_of(case: str) -> str:
    """``POLL`` of ``POLL-01``."""
    return case.partition("-")[0]


def killed_by(fates: Sequence[Fate], cases: Sequence[str]) -> Mapping[str, tuple[Fate, ...]]:
    """The bugs that each of *cases* kills."""
    return {case: tuple(fate for fate in fates if case in fate.killers) for case in cases}


def only_killers(fates: Sequence[Fate]) -> Mapping[str, tuple[Fate, ...]]:
    """The cases that kill a bug that no other case kills, and those bugs."""
    alone = sorted({case for fate in fates if len(fate.killers) == 1 for case in fate.killers})
    return {case: tuple(fate for fate in fates if fate.killers == {case}) for case in alone}


def table_lines(fates: Sequence[Fate], cases: Sequence[str]) -> Iterator[str]:
    """All of it as text: a line a bug, a line a case, what survives, and the share that is killed."""
    width = max((len(fate.bug.id) for fate in fates), default=0)
    for fate in fates:
        idle = f" (not exercised: {' '.join(sorted(fate.idle))})" if fate.idle and not fate.killers else ""
        yield f"{fate.bug.id:<{width}}  {' '.join(sorted(fate.killers)) or 'SURVIVES'}{idle}"
    yield ""
    alone = only_killers(fates)
    for case, killed in killed_by(fates, cases).items():
        only = f", alone: {', '.join(fate.bug.id for fate in alone[case])}" if case in alone else ""
        yield f"{case:<9} kills {len(killed)}{only}"
    survivors = [fate.bug for fate in fates if not fate.killers]
    if survivors:
        yield ""
    for bug in survivors:
        yield f"survives: {bug.id}, which {bug.does} (costs {bug.costs}; {', '.join(sorted(bug.kills))} should kill it)"
    dead = [fate for fate in fates if fate.killers]
    foretold = sum(fate.as_foretold for fate in dead)
    share = 100 * len(dead) / len(fates) if fates else 0.0
    yield ""
    if hinted := sum(bool(fate.idle) for fate in fates if not fate.killers):
        yield f"of those that survive, {hinted} left a case unexercised, which the report says"
    yield f"{len(dead)} of {len(fates)} killed ({share:.1f} %), {foretold} of them by a kind that was foretold"
