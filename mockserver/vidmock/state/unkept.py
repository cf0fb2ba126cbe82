"""What has changed in the worlds of a server and is not kept yet."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from vidmock.engine.changes import LATER, Changes
from vidmock.engine.snapshot.parts import PartName, clock_state, read_part
from vidmock.engine.world.registry import WorldRegistry
from vidmock.state.store import OUTSIDE, ChangeBatch, PartChange

_ENCODE: Final = json.JSONEncoder(separators=(",", ":")).encode

_OF_CALLS: Final[PartName] = ("limits", "")
"""The moments of all calls that count against a limit: some thousands, of which each call adds one."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What is kept together: the keys of worlds that are *closed*, and the names of the parts that have changed."""

    closed: tuple[str, ...] = ()
    changed: Mapping[str, Mapping[PartName, bool]] = field(default_factory=dict)

    @property
    def promised(self) -> bool:
        """Whether an answer promises any of it."""
        return bool(self.closed) or any(part not in LATER for noted in self.changed.values() for part, _ in noted)


class Unkept:
    """The keys of those of *worlds* in which something has changed, or that were closed; each notes what it was."""

    def __init__(self, worlds: WorldRegistry) -> None:
        self._worlds = worlds
        self._changed: dict[str, None] = {}
        self._closed: dict[str, None] = {}
        self._held_back: dict[str, None] = {}
        """The keys of the worlds of which a part that grows with the number of calls waits for its turn."""

    def waits(self, *, whole: bool) -> bool:
        """Whether :meth:`take` would find something."""
        return bool(self._changed or self._closed or (whole and self._held_back))

    def touches(self, key: str) -> bool:
        """Whether something of the world of *key* was noted."""
        return any(key in noted for noted in (self._closed, self._changed, self._held_back))

    def change(self, key: str) -> None:
        """Note that something in the world of *key* has changed."""
        self._changed[key] = None

    def close(self, key: str) -> None:
        """Note that all that was kept of the world of *key* is over."""
        self._closed[key] = None

    def drop(self, key: str) -> None:
        """Forget what was noted of the world of *key*, which is not there any more, or of the clock of new worlds."""
        if key == OUTSIDE:
            self._worlds.changes.take()
        for noted in (self._closed, self._changed, self._held_back):
            noted.pop(key, None)

    def promised(self) -> tuple[str, ...]:
        """The keys of the worlds in which something has changed that an answer promises."""
        found = (key for key in self._changed if (changes := self._changes_of(key)) and changes.promised)
        return tuple(dict.fromkeys((*self._closed, *found)))

    def take(self, *, whole: bool) -> Taken:
        """What was noted; it is not noted any more.

        Unless it is to be the *whole*, what is of no use to an answer and takes as much as there were calls is left.
        """
        changed, self._changed = self._changed, {}
        closed, self._closed = self._closed, {}
        if whole:
            held_back, self._held_back = self._held_back, {}
            for key in held_back:
                changed[key] = None
                if changes := self._changes_of(key):
                    changes.restore({_OF_CALLS: False})
        taken = {key: dict(changes.take()) for key in changed if (changes := self._changes_of(key))}
        for key, noted in taken.items():
            # A world begins with all of its parts.
            if not whole and noted.get(_OF_CALLS) is False:
                del noted[_OF_CALLS]
                self._held_back[key] = None
        return Taken(tuple(closed), taken)

    def put_back(self, taken: Taken) -> None:
        """Note again, first, what could not be kept."""
        self._closed = {**dict.fromkeys(taken.closed), **self._closed}
        for key, noted in taken.changed.items():
            changes = self._changes_of(key)
            if changes and changes.on:
                changes.restore(noted)
                self._changed[key] = None

    def batch_of(self, taken: Taken) -> ChangeBatch:
        """What was *taken*, with the values that its parts have now."""
        return ChangeBatch(
            taken.closed,
            [self._change(key, name, anew) for key, noted in taken.changed.items() for name, anew in noted.items()],
        )

    def _change(self, key: str, name: PartName, anew: bool) -> PartChange:
        world = self._worlds.known(key)
        value = read_part(world, *name) if world else clock_state(self._worlds.clock)
        return PartChange(key, *name, None if value is None else _ENCODE(value), anew)

    def _changes_of(self, key: str) -> Changes | None:
        if key == OUTSIDE:
            return self._worlds.changes
        world = self._worlds.known(key)
        return world.changes if world else None
