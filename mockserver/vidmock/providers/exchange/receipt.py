"""A receipt: what a client knows and has once the answer to its call has reached it, and not before."""

from __future__ import annotations

from dataclasses import dataclass

from vidmock.engine.jobs.job import Job, Output
from vidmock.engine.world.world import World


@dataclass(frozen=True, slots=True)
class Served:
    """The file that answers a call: its job's, or an uploaded one."""

    world: World
    now: float
    job: Job | None


@dataclass(frozen=True, slots=True)
class _FilePart:
    """Bytes of the file of an output, which has *size*, from *first* on."""

    world: World
    output: str
    first: int
    size: int


class Receipt:
    """Collects what an answer tells and hands over; the worlds' job stores hear of it as the answer is written."""

    def __init__(self, told: tuple[tuple[World, tuple[str, ...]], ...] = ()) -> None:
        self._told = told
        self._file: _FilePart | None = None
        self._written = 0

    def __bool__(self) -> bool:
        """Whether there is anything that a client would learn."""
        return bool(self._told) or self._file is not None

    def told_alike(self) -> Receipt:
        """A receipt for what this one tells, which stays if this one is withheld."""
        return Receipt(self._told)

    def tell(self, world: World, job: Job, now: float) -> None:
        """The answer says what *job* has made by *now*."""
        if results := job.results(now):
            self._told = (*self._told, (world, results))

    def hand_over(self, world: World, output: Output, first: int, size: int) -> None:
        """The answer's body is the file of *output*, which has *size* bytes, from the byte *first* on."""
        self._told = (*self._told, (world, (output.id,)))
        self._file = _FilePart(world, output.id, first, size)

    def withhold(self, *, begins_the_same: bool = False) -> None:
        """The answer tells nothing after all; its body is another, but for one that *begins the same*."""
        self._told = ()
        if not begins_the_same:
            self._file = None

    def written(self, size: int) -> None:
        """So many more bytes of the body went to a connection that is open."""
        begin, self._written = self._written, self._written + size
        if file := self._file:
            file.world.jobs.download(file.output, file.first + begin, file.first + self._written, file.size)

    def settle(self) -> None:
        """All of the answer went to a connection that is open."""
        for world, results in self._told:
            world.jobs.collect(results)
