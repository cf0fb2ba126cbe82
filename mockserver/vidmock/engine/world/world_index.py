"""An index over all worlds: by which of them an id is known."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Final

from vidmock.engine.world.name_listing import NameListing
from vidmock.engine.world.world import Reference, World

_SWEPT_AT_ONCE: Final = 4


class WorldIndex:
    """References to the worlds that know an id, in the order in which they were added: forked worlds share ids.

    Closing a world takes one step, however many ids it has: they are removed later, a few with each id that is added,
    so that no more of them are kept than were in use at some time.
    """

    def __init__(self) -> None:
        self._references: dict[str, tuple[Reference, ...]] = {}
        self._names: dict[Reference, dict[str, None]] = {}
        self._left: deque[tuple[Reference, dict[str, None]]] = deque()

    def seen_by(self, reference: Reference) -> NameListing:
        """This index, as what belongs to the world of *reference* is listed in it."""
        return _OfOneWorld(self, reference)

    def add(self, name: str, reference: Reference) -> None:
        self._sweep()
        known = self._references.get(name, ())
        others = tuple(other for other in known if other.target is not None and other is not reference)
        self._references[name] = (*others, reference)
        self._names.setdefault(reference, {})[name] = None

    def discard(self, name: str, reference: Reference) -> None:
        """Remove *reference* from *name*; other references stay."""
        if name in self._names.get(reference, ()):
            del self._names[reference][name]
            self._forget(name, reference)

    def of(self, name: str) -> Iterator[World]:
        """The worlds that know *name*, the first to know it first."""
        for reference in self._references.get(name, ()):
            if reference.target is not None:
                yield reference.target

    def leave(self, reference: Reference) -> None:
        """Remove *reference*, whose world is closed, from all its ids."""
        if names := self._names.pop(reference, None):
            self._left.append((reference, names))

    def __contains__(self, name: str) -> bool:
        """Whether *name* may be known in a world: that of a closed one counts until it is removed."""
        return name in self._references

    def __len__(self) -> int:
        """How many ids are kept, those of closed worlds that are not removed yet included."""
        return len(self._references)

    def _sweep(self) -> None:
        for _ in range(_SWEPT_AT_ONCE):
            if not self._left:
                return
            reference, names = self._left[0]
            self._forget(names.popitem()[0], reference)
            if not names:
                self._left.popleft()

    def _forget(self, name: str, reference: Reference) -> None:
        others = tuple(other for other in self._references.get(name, ()) if other is not reference)
        if others:
            self._references[name] = others
        else:
            self._references.pop(name, None)


class _OfOneWorld:
    def __init__(self, index: WorldIndex, reference: Reference) -> None:
        self._index, self._reference = index, reference

    def add(self, name: str) -> None:
        self._index.add(name, self._reference)

    def discard(self, name: str) -> None:
        self._index.discard(name, self._reference)
