"""The worlds by when something last came to them: a list over all of them begins with the newest of each."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator

from vidmock.engine.world.world import World

AsOf = tuple[float, float]
"""A time on the world's own clock, and what tells two things of one time apart: the later has the higher."""


class LatestWorlds:
    """Each world with a moment that is not before that of the newest thing that came to it."""

    def __init__(self) -> None:
        self._worlds: OrderedDict[World, AsOf] = OrderedDict()
        self._latest: AsOf = (float("-inf"), 0.0)

    def note(self, world: World, moment: AsOf) -> None:
        """Note that something came to *world* at *moment*, after all else or, as clocks differ, not."""
        self._latest = max(self._latest, moment)
        self._worlds[world] = self._latest
        self._worlds.move_to_end(world)

    def forget(self, world: World) -> None:
        """Leave *world* out from now on."""
        self._worlds.pop(world, None)

    def __iter__(self) -> Iterator[tuple[AsOf, World]]:
        """Each with its moment, the last first. None may change meanwhile."""
        for world in reversed(self._worlds):
            yield self._worlds[world], world
