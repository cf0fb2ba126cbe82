"""Which worlds know an id: most are known in one, those of a forked world's past in several."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vidmock.engine.world import World


class Place:
    """Where a world is, until it is nowhere: what points here need not be found when the world goes."""

    __slots__ = ("world",)

    def __init__(self, world: World) -> None:
        self.world: World | None = world


class Census:
    """Ids, each with the places that know it, in the order in which they came to.

    A world that goes takes a single step to leave (its ``place`` is emptied); its ids are swept away once there are as
    many of them as of others.
    """

    def __init__(self) -> None:
        self._places: dict[str, tuple[Place, ...]] = {}
        self._stale = 0

    def add(self, name: str, place: Place) -> None:
        others = tuple(other for other in self._places.get(name, ()) if other.world is not None and other is not place)
        self._places[name] = (*others, place)

    def discard(self, name: str, place: Place) -> None:
        """Take *name* from *place*; whoever else knows it still does."""
        known = self._places.get(name, ())
        if place in known:
            if len(known) == 1:
                del self._places[name]
            else:
                self._places[name] = tuple(other for other in known if other is not place)

    def of(self, name: str) -> Iterator[World]:
        """The worlds that know *name*, the first to know it first."""
        for place in self._places.get(name, ()):
            if place.world is not None:
                yield place.world

    def left(self, names: int) -> None:
        """Note that a place was emptied that knew this many *names*."""
        self._stale += names
        if self._stale > max(64, len(self._places) // 2):
            self._stale = 0
            live = ((name, tuple(p for p in places if p.world is not None)) for name, places in self._places.items())
            self._places = {name: places for name, places in live if places}

    def __len__(self) -> int:
        return len(self._places)
