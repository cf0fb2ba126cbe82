"""What keeps the parts of worlds outside of this process, whatever engine it is."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, runtime_checkable

from vidmock.engine.changes import PartKind
from vidmock.problems import Problem, public

OUTSIDE: Final = "\n"
"""In place of a key, for what belongs to no world. No key has it: it cannot stand in a header."""
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

    def write(self, batch: ChangeBatch) -> Collection[str]:
        """Keep *batch*, so that it is there even if this process, or the machine, ends the moment after.

        An empty one only tries whether something could be kept.

        Returns the keys of the worlds that are somebody else's by now, of which nothing is kept. Called in a thread,
        one call at a time. Raises StateLost: nothing of it is kept.
        """

    def worlds(self) -> Iterator[tuple[str, Sequence[KeptPart]]]:
        """All worlds by key, each with its parts. Raises StateLost."""

    def world(self, key: str) -> Sequence[KeptPart]:
        """The parts of the world of *key*; none where there is no such world. Raises StateLost."""

    def close(self) -> None:
        """Let go of what it is kept in."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A world is ours from now on, with its *parts*; or it is that of the replica at the address *owner*."""

    parts: Sequence[KeptPart] = ()
    owner: str = ""


@runtime_checkable
class SharedStore(StateStore, Protocol):
    """Keeps worlds for several replicas, each world for one at a time. All but ``write`` is called in any thread.

    A replica holds a lease for ``seconds``. The worlds of one whose lease is over are for whoever claims them, and what
    it still writes is refused.
    """

    secret: str
    """By which replicas know each other."""
    where: str
    """What and where the store is, for people."""
    seconds: float

    @property
    def keeps(self) -> bool:
        """Whether the store itself writes to a disk all that it is given. Raises StateLost."""

    def join(self, address: str) -> None:
        """Be the replica at *address*, with a lease. Raises StateLost."""

    def renew(self) -> Collection[str]:
        """Hold the lease for another ``seconds``; return the keys of worlds that were lost. Raises StateLost."""

    def claim(self, key: str, given: str = "") -> Claim:
        """Own the world of *key*, unless another replica does that has not *given* it. Raises StateLost."""

    def let_go(self, key: str) -> str:
        """Forget that the world of *key* is ours; returns that by which another replica is given it."""

    def orphans(self, most: int, *, due: bool = True) -> Sequence[str]:
        """The keys of up to *most* worlds whose replica is gone, those in which something is *due* or all.

        Raises StateLost.
        """

    def others(self) -> Sequence[str]:
        """The addresses of the other replicas that have a lease. Raises StateLost."""

    def find(self, names: Sequence[str]) -> str | None:
        """The key of the world that one of *names* is known in: a job, a file, a ticket. Raises StateLost."""
