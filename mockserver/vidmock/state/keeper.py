"""Keeps what changes in the worlds of a server, before anybody is told of it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Self

from vidmock.engine.changes import Changes
from vidmock.engine.service.engine import Engine
from vidmock.engine.snapshot.parts import PartName, clock_now, clock_state, part_names, read_part, snapshot_of
from vidmock.engine.snapshot.snapshot import load_world
from vidmock.engine.time.mode import Mode
from vidmock.engine.world.registry import WorldRegistry
from vidmock.engine.world.world import World
from vidmock.problems import BadRequest, report_defect
from vidmock.state.store import ChangeBatch, KeptPart, PartChange, StateLost, StateStore

OUTSIDE: Final = "\n"
"""In place of a key, for what belongs to no world. No key has it: it cannot stand in a header."""
LATER_SECONDS: Final = 0.25
"""Real seconds after which that is kept, at the latest, which no answer promises; and between tries of what failed."""

_ENCODE: Final = json.JSONEncoder(separators=(",", ":")).encode


class StateKeeper:
    """Keeps the worlds of *engine* in *store*, inside a running event loop: ``async with StateKeeper(engine, store)``.

    It loads first what the store has. :meth:`settled` is waited for before an answer leaves: all that changed together
    until then is kept in one batch. *notice* is called with a line for whoever runs the server.

    Raises:
        StateLost: the store cannot be read, or what is in it.
    """

    def __init__(self, engine: Engine, store: StateStore, notice: Callable[[str], None] = lambda line: None) -> None:
        self._engine, self._store, self._notice = engine, store, notice
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="vidmock-state")
        self._changed: dict[str, None] = {}
        """The keys of the worlds in which something has changed."""
        self._closed: dict[str, None] = {}
        self._urgent = False
        self._next: asyncio.Future[None] | None = None
        """Is done when the batch that comes next is kept."""
        self._current: asyncio.Future[None] | None = None
        self._later: asyncio.TimerHandle | None = None
        self._writing: asyncio.Task[None] | None = None
        self._lost: StateLost | None = None
        self._loading = False

    async def __aenter__(self) -> Self:
        worlds = self._engine.worlds
        for key, parts in self._store.worlds():
            self._load(key, parts)
        if not worlds.changes.on:
            worlds.changes.watch(self._changed_outside)
        worlds.on_keep(self._keep)
        worlds.on_close(self._close)
        return self

    async def __aexit__(self, *ended: object) -> None:
        """Keep all that has changed."""
        if self._later:
            self._later.cancel()
        self._urgent = self._urgent or bool(self._changed or self._closed)
        try:
            await self.settled()
        except StateLost as lost:
            self._notice(str(lost))
        self._thread.shutdown()
        self._store.close()

    def check(self) -> None:
        """Raise StateLost if the last try to keep something failed: nothing is accepted that could be lost."""
        if self._lost:
            raise self._lost

    async def settled(self) -> None:
        """Wait until all is kept that has changed until now and that an answer promises.

        Raises:
            StateLost: it could not be kept. It is tried again later.
        """
        if self._urgent:
            if self._next is None:
                self._next = asyncio.get_running_loop().create_future()
            self._begin()
            await asyncio.shield(self._next)
        elif self._current:
            await asyncio.shield(self._current)

    async def certain(self) -> None:
        """Wait as :meth:`settled`, and be sure that what is kept is this server's. Raises StateLost: it is not."""
        await self.settled()

    def _load(self, key: str, parts: Sequence[KeptPart]) -> None:
        """Load the world of *key* from *parts*, and watch it; or set the clock by which new worlds begin."""
        worlds = self._engine.worlds
        try:
            named = [(part, name, json.loads(value)) for part, name, value in parts]
            if key == OUTSIDE:
                shown = clock_now(named[0][2])
                worlds.clock.set_mode(Mode.parse(shown["mode"]))
                worlds.clock.start(shown["now"])
                return
            world = load_world(self._engine, snapshot_of(named))
        except (BadRequest, LookupError, TypeError, ValueError) as error:
            known = "the clock" if key == OUTSIDE else f"the world {World(key, self._engine.settings).id}"
            raise StateLost(f"what is kept of {known} cannot be read: {error}") from error
        # Bounds that are narrower now have dropped something already.
        gone = {(part, name) for part, name, _ in named} - {*part_names(world)}
        self._watch(world, gone)

    def _keep(self, world: World) -> None:
        """Keep *world* from now on, with all that it has, and nothing of one that had its key."""
        if self._loading:
            return
        self._closed[world.key] = None
        self._watch(world, part_names(world))

    def _watch(self, world: World, parts: Iterable[PartName]) -> None:
        key = world.key

        def changed(urgent: bool) -> None:
            self._changed[key] = None
            self._hear(urgent)

        world.changes.watch(changed, parts, self.check)

    def _changed_outside(self, urgent: bool) -> None:
        self._changed[OUTSIDE] = None
        self._hear(urgent)

    def _hear(self, urgent: bool) -> None:
        if urgent:
            self._urgent = True
        elif self._later is None:
            self._plan()

    def _close(self, worlds: WorldRegistry, world: World) -> None:
        world.changes.unwatch()
        self._changed.pop(world.key, None)
        self._closed[world.key] = None
        self._urgent = True

    def _plan(self) -> None:
        try:
            self._later = asyncio.get_running_loop().call_later(LATER_SECONDS, self._ring)
        except RuntimeError:
            # A caller outside of the loop: the next one inside keeps it.
            return

    def _ring(self) -> None:
        self._later = None
        self._begin()

    def _begin(self) -> None:
        if self._writing is None:
            self._writing = asyncio.ensure_future(self._write_all())

    async def _write_all(self) -> None:
        """Keep batch after batch, until nothing waits for one."""
        loop = asyncio.get_running_loop()
        try:
            while self._changed or self._closed or self._next:
                kept = self._current = self._next or loop.create_future()
                self._next, self._urgent = None, False
                began, closed, taken = time.perf_counter(), tuple(self._closed), self._take()
                self._closed.clear()
                try:
                    changes = [change for key, noted in taken.items() for change in self._encode(key, noted)]
                    gone = await loop.run_in_executor(self._thread, self._store.write, ChangeBatch(closed, changes))
                except Exception as error:  # noqa: BLE001 - whatever it is, nobody may wait for ever
                    lost = error if isinstance(error, StateLost) else StateLost(str(report_defect(error)))
                    self._engine.worlds.store_times.fail()
                    self._fail(lost, closed, taken)
                    _refuse(kept, lost)
                    break
                self._engine.worlds.store_times.add(time.perf_counter() - began)
                if self._lost:
                    self._lost = None
                    self._notice("the state can be kept again")
                self._written(closed, gone)
                kept.set_result(None)
        finally:
            self._current = self._writing = None

    def _written(self, closed: Collection[str], gone: Collection[str]) -> None:
        """A batch is kept, but for the worlds *gone*, which are somebody else's; those of *closed* were dropped."""

    def _take(self) -> dict[str, Mapping[PartName, bool]]:
        changed, self._changed = self._changed, {}
        return {key: changes.take() for key in changed if (changes := self._changes_of(key))}

    def _changes_of(self, key: str) -> Changes | None:
        if key == OUTSIDE:
            return self._engine.worlds.changes
        world = self._engine.worlds.known(key)
        return world.changes if world else None

    def _encode(self, key: str, noted: Mapping[PartName, bool]) -> list[PartChange]:
        world = self._engine.worlds.known(key)
        found = []
        for (part, name), anew in noted.items():
            value = read_part(world, part, name) if world else clock_state(self._engine.worlds.clock)
            text = None if value is None else _ENCODE(value)
            found.append(PartChange(key, part, name, text, anew))
        return found

    def _fail(self, lost: StateLost, closed: tuple[str, ...], taken: Mapping[str, Mapping[PartName, bool]]) -> None:
        """Have all be kept with the next try."""
        if self._lost is None:
            self._notice(f"{lost}. New jobs are refused until it can be")
        self._lost = lost
        self._closed = {**dict.fromkeys(closed), **self._closed}
        for key, noted in taken.items():
            changes = self._changes_of(key)
            if changes and changes.on:
                changes.restore(noted)
                self._changed[key] = None
        if waiting := self._next:
            self._next = None
            _refuse(waiting, lost)
        self._urgent = False
        if self._later is None:
            self._plan()


def _refuse(waiting: asyncio.Future[None], lost: StateLost) -> None:
    """Tell *lost* to those who wait, if anybody does."""
    waiting.set_exception(lost)
    waiting.exception()
