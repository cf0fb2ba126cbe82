"""Which worlds know an id: most are known in one, those of a forked world's past in several."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from vidmock.engine.world.world import World

_SWEPT_AT_ONCE: Final = 4


class WorldRef:
    """Where a world is, until it is nowhere: what points here need not be found when the world goes."""

    __slots__ = ("world",)

    def __init__(self, world: World) -> None:
        self.world: World | None = world


class JobIndex:
    """Ids, each with the places that know it, in the order in which they came to.

    A world that goes leaves in one step, however many ids it had: they are swept away later, a few with each id that
    is added, so that there are never more of them than were in use at some time.
    """

    def __init__(self) -> None:
        self._places: dict[str, tuple[WorldRef, ...]] = {}
        self._names: dict[WorldRef, dict[str, None]] = {}
        self._left: deque[tuple[WorldRef, dict[str, None]]] = deque()

    def add(self, name: str, place: WorldRef) -> None:
        self._sweep()
        others = tuple(other for other in self._places.get(name, ()) if other.world is not None and other is not place)
        self._places[name] = (*others, place)
        self._names.setdefault(place, {})[name] = None

    def discard(self, name: str, place: WorldRef) -> None:
        """Take *name* from *place*; whoever else knows it still does."""
        if name in self._names.get(place, ()):
            del self._names[place][name]
            self._forget(name, place)

    def of(self, name: str) -> Iterator[World]:
        """The worlds that know *name*, the first to know it first."""
        for place in self._places.get(name, ()):
            if place.world is not None:
                yield place.world

    def leave(self, place: WorldRef) -> None:
        """Nothing is known at *place* any more, whose world has gone."""
        if names := self._names.pop(place, None):
            self._left.append((place, names))

    def __contains__(self, name: str) -> bool:
        """Whether *name* may be known somewhere: a place that has gone still counts until it is swept away."""
        return name in self._places

    def __len__(self) -> int:
        """How many ids are held, those to be swept away included."""
        return len(self._places)

    def _sweep(self) -> None:
        for _ in range(_SWEPT_AT_ONCE):
            if not self._left:
                return
            place, names = self._left[0]
            self._forget(names.popitem()[0], place)
            if not names:
                self._left.popleft()

    def _forget(self, name: str, place: WorldRef) -> None:
        others = tuple(other for other in self._places.get(name, ()) if other is not place)
        if others:
            self._places[name] = others
        else:
            self._places.pop(name, None)
