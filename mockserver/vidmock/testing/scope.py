"""Which worlds a handle speaks of, and how it reaches them: the engine is for the server's own loop only."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from vidmock.engine.service.engine import Engine
from vidmock.engine.time.clock import FOREVER
from vidmock.engine.time.clock_group import ClockGroup
from vidmock.engine.world.world import World
from vidmock.testing.world_defaults import WorldDefaults

T = TypeVar("T")


class ServerAccess(Protocol):
    """A server's engine: *call* runs a function in its event loop and gives what it returns."""

    @property
    def engine(self) -> Engine: ...

    @property
    def loop(self) -> asyncio.AbstractEventLoop: ...

    def call(self, work: Callable[[], T], /) -> T: ...


@dataclass(frozen=True, slots=True)
class Scope:
    """The world of *key*, or all worlds where it is ``None``.

    ``worlds``, ``clocks`` and ``next_change`` are for the server's loop only.
    """

    server: ServerAccess
    defaults: WorldDefaults
    key: str | None = None

    def worlds(self) -> tuple[World, ...]:
        worlds = self.server.engine.worlds
        return tuple(worlds) if self.key is None else (worlds.world(self.key),)

    def clocks(self) -> ClockGroup:
        """The clock of the world, or those of all worlds, led by the server's own."""
        lead = self.defaults.clock if self.key is None else self.server.engine.worlds.world(self.key).clock
        return ClockGroup(lambda: [world.clock for world in self.worlds()], lead)

    def next_change(self) -> float | None:
        """When a job next changes its state, as a moment of ``clocks``; ``None`` if none ever does."""
        clocks, found = self.clocks(), list[float]()
        for world in self.worlds():
            now = world.clock.now()
            changes = (job.next_change(now) for job in world.jobs.unfinished())
            found += [clocks.on_lead(world.clock, when) for when in changes if when is not None and when < FOREVER]
        return min(found, default=None)

    def now(self) -> float:
        """What the clock shows, from any thread."""
        world = None if self.key is None else self.server.engine.worlds.known(self.key)
        return world.clock.now() if world else self.defaults.clock.now()

    def call(self, work: Callable[[], T]) -> T:
        """*work*, done in the server's loop, from any thread."""
        return self.server.call(work)

    def gather(self, read: Callable[[World], T]) -> list[T]:
        """*read* of each world, from any thread."""
        return self.call(lambda: [read(world) for world in self.worlds()])


def matches(value: Any, wanted: object | None) -> bool:
    return wanted is None or bool(value == wanted)
