"""What keeps the parts of worlds outside of this process, whatever engine it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from vidmock.engine.changes import PartKind
from vidmock.problems import Problem, public

KeptPart = tuple[PartKind, str, str]
"""The kind of a part, its name, and its value as JSON text."""


@public
class StateLost(Problem, word="unavailable"):
    """What has changed cannot be kept, or what was kept cannot be read. The sentence says why, and what to do."""


@dataclass(frozen=True, slots=True)
class PartChange:
    """The part of that kind and *name*, of the world of *key*, is *value* now: JSON text, or ``None`` where it is gone.

    One that begins *anew* is the newest of its kind, whether or not it was there before.
    """

    key: str
    part: PartKind
    name: str
    value: str | None
    anew: bool = False


@dataclass(frozen=True, slots=True)
class ChangeBatch:
    """Changes that are kept together or not at all: first all of the worlds of the keys *closed* is gone."""

    closed: Sequence[str]
    changes: Sequence[PartChange]


class StateStore(Protocol):
    """Keeps parts of worlds, each kind in the order in which its parts began."""

    def write(self, batch: ChangeBatch) -> None:
        """Keep *batch*, so that it is there even if this process, or the machine, ends the moment after.

        Called in a thread, one call at a time. Raises StateLost: nothing of it is kept.
        """

    def worlds(self) -> Iterator[tuple[str, Sequence[KeptPart]]]:
        """All worlds by key, each with its parts. Raises StateLost."""

    def close(self) -> None:
        """Let go of what it is kept in."""
