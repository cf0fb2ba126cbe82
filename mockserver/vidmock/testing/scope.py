"""Which worlds a handle is about, and how it reaches them from any thread: the engine belongs to its event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from vidmock.engine.service.engine import Engine
from vidmock.engine.time.clock_group import ClockGroup
from vidmock.engine.time.epoch import FOREVER
from vidmock.engine.world.world import World
from vidmock.schema.catalog import ModelCatalog
from vidmock.testing.virtual_time.blocking_reads import is_taken_here
from vidmock.testing.world_defaults import WorldDefaults

T = TypeVar("T")

_KEY_START = 4
"""Characters of a key that are shown: it may be a real one."""


class ServerAccess(Protocol):
    """A server's engine: *call* runs a function in its event loop and gives what it returns."""

    @property
    def engine(self) -> Engine: ...

    @property
    def loop(self) -> asyncio.AbstractEventLoop: ...

    def call(self, work: Callable[[], T], /) -> T: ...


@dataclass(frozen=True, slots=True)
class Scope:
    """The world of *key*, or all worlds of a server where it is ``None``. What came *before* is none of its story.

    ``now``, ``call`` and ``gather`` are for any thread, all else for the server's event loop only.
    """

    server: ServerAccess
    defaults: WorldDefaults
    key: str | None = None
    before: Mapping[str, int] = field(default_factory=dict)

    def now(self) -> float:
        """What the clock shows: the world's, or the one that all worlds begin by."""
        world = None if self.key is None else self.server.engine.worlds.known(self.key)
        return (world or self.server.engine.worlds).clock.now()

    @property
    def catalog(self) -> ModelCatalog:
        """The models of the world, or of the server."""
        world = None if self.key is None else self.server.engine.worlds.known(self.key)
        return (world or self.server.engine.worlds).settings.catalog

    def call(self, work: Callable[[], T]) -> T:
        """Run *work* in the server's loop, and give what it returns."""
        return self.server.call(work)

    def gather(self, read: Callable[[World], T]) -> list[T]:
        """Run *read* on each world in the server's loop, and give what it returns."""
        return self.call(lambda: [read(world) for world in self.worlds()])

    def worlds(self) -> tuple[World, ...]:
        """The world of the key, which is made if there is none, or all that there are."""
        worlds = self.server.engine.worlds
        return tuple(worlds) if self.key is None else (worlds.world(self.key),)

    def clocks(self) -> ClockGroup:
        """The clock of the world; or those of all worlds, with the one that worlds begin by as their lead."""
        return self.server.engine.worlds.clocks(self.key)

    def next_change(self) -> float | None:
        """When a job next changes its state, as a moment of ``clocks``; ``None`` if none ever does."""
        clocks, found = self.clocks(), list[float]()
        for world in self.worlds():
            now = world.clock.now()
            changes = (job.next_change(now) for job in world.jobs.unfinished())
            found += [clocks.on_lead(world.clock, when) for when in changes if when is not None and when < FOREVER]
        return min(found, default=None)

    def traffic(self) -> int:
        """How many requests came in so far, and how many webhooks went out, each attempt counted."""
        return sum(
            world.journal.seen + sum(len(delivery.attempts) for delivery in world.outbox) for world in self.worlds()
        )

    def sending_abroad(self) -> str:
        """The URL of a webhook that is on its way to another process; empty if there is none."""
        for world in self.worlds():
            now = world.clock.now()
            for delivery in world.outbox.planned.values():
                under_way = delivery.planned is not None and delivery.planned <= now and not delivery.held
                if under_way and not is_taken_here(delivery.message.url):
                    return delivery.message.url
        return ""

    def other_keys(self) -> str:
        """What to tell a user whose requests all came with another key than this world's; empty if that is not so."""
        if self.key is None or any(world.journal.seen for world in self.worlds()):
            return ""
        came = {world.key: _requests(world, self.before.get(world.key, 0)) for world in self.server.engine.worlds}
        count = sum(came.values())
        if not count:
            return ""
        keys = ", ".join(_shown(key) for key, times in came.items() if times)
        return (
            f"{count} request{'' if count == 1 else 's'} reached this server with another key ({keys}): "
            "the app must use vidmock.key"
        )


def _requests(world: World, before: int) -> int:
    """How many requests came to *world* after the first ones, *before*; without a key, those that were refused.

    Some need none, such as that for the keys of fal's signatures. Those that are held are not in the journal yet.
    """
    if world.key:
        return world.journal.seen - min(before, world.journal.seen) + world.clock.awaited
    return sum(each.number > before and not 200 <= each.status < 400 for each in world.journal)


def _shown(key: str) -> str:
    return (key if len(key) <= _KEY_START else f"{key[:_KEY_START]}…") or "none that is valid, or one that only looked"
