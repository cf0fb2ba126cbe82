"""Keeps what changes in the worlds of a server, before anybody is told of it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Final, Self

from vidmock.engine.service.engine import Engine
from vidmock.engine.snapshot.parts import PartName, clock_now, part_names, snapshot_of
from vidmock.engine.snapshot.snapshot import load_world
from vidmock.engine.time.mode import Mode
from vidmock.engine.world.registry import WorldRegistry
from vidmock.engine.world.world import World
from vidmock.problems import BadRequest, report_defect
from vidmock.state.store import OUTSIDE, KeptPart, StateLost, StateStore
from vidmock.state.unkept import Taken, Unkept

LATER_SECONDS: Final = 0.25
"""Real seconds after which that is kept, at the latest, which no answer promises; and between tries of what failed."""


class StateKeeper:
    """Keeps the worlds of *engine* in *store*, inside a running event loop: ``async with StateKeeper(engine, store)``.

    It loads first what the store has. :meth:`settled` is waited for before an answer leaves: all that changed together
    until then is kept in one batch. Where that fails, and a client is told so, what it was told of is undone: its world
    is read again from the store. *notice* is called with a line for whoever runs the server.

    Raises:
        StateLost: the store cannot be read, or what is in it.
    """

    def __init__(self, engine: Engine, store: StateStore, notice: Callable[[str], None] = lambda line: None) -> None:
        self._engine, self._store, self._notice = engine, store, notice
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="vidmock-state")
        self._unkept = Unkept(engine.worlds)
        self._urgent = False
        self._next: asyncio.Future[None] | None = None
        """Is done when the batch that comes next is kept."""
        self._current: asyncio.Future[None] | None = None
        """Is done when the batch that is being written is kept, if an answer promises any of it."""
        self._under_way: asyncio.Future[None] | None = None
        """Is done when the batch that is being written is kept."""
        self._later: asyncio.TimerHandle | None = None
        self._writing: asyncio.Task[None] | None = None
        self._lost: StateLost | None = None
        self._loading = self._promised = self._whole = False
        self._unread: dict[str, None] = {}
        """The keys of the worlds that are to be read again, for what was changed in them was refused."""
        self.undone = 0
        """How often something was undone: whoever asked before that, and was not answered, may have seen it."""

    async def __aenter__(self) -> Self:
        worlds = self._engine.worlds
        for key, parts in self._store.worlds():
            self._load(key, parts)
        if not worlds.changes.on:
            worlds.changes.watch(self._changed_outside, check=self.check)
        worlds.on_keep(self._keep)
        worlds.on_close(self._close)
        return self

    async def __aexit__(self, *ended: object) -> None:
        """Keep all that has changed."""
        self._whole = True
        self._urgent = self._urgent or self._unkept.waits(whole=True)
        try:
            await self._kept()
        except StateLost as lost:
            self._notice(str(lost))
        if self._writing:
            await asyncio.wait([self._writing])
        if self._later:
            self._later.cancel()
        self._thread.shutdown()
        self._store.close()

    @property
    def sure(self) -> bool:
        """Whether the worlds that are kept here certainly still are this server's."""
        return True

    def check(self) -> None:
        """Raise StateLost if the last try to keep something failed: nothing is accepted that could be lost."""
        if self._lost:
            raise self._lost

    def check_read(self) -> None:
        """Raise StateLost while there are worlds that are to be read again, and are not here."""
        if self._unread:
            raise self._lost or StateLost("what is kept is being read again")

    async def settled(self) -> None:
        """Wait until all is kept that has changed until now and that an answer promises.

        Raises:
            StateLost: it could not be kept, and is undone.
        """
        if self._urgent:
            self._promised = True
        await self._kept()

    async def _kept(self) -> None:
        """Wait as :meth:`settled`, for something that is told nobody who is refused: it is tried again later."""
        if self._urgent:
            if self._next is None:
                self._next = asyncio.get_running_loop().create_future()
            self._begin()
            await asyncio.shield(self._next)
        elif self._current:
            await asyncio.shield(self._current)

    async def certain(self) -> None:
        """Wait until what has changed is kept, and be sure that it is this server's. Raises StateLost: it is not."""
        await self._kept()

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
        self._unkept.close(world.key)
        self._watch(world, part_names(world))

    def _watch(self, world: World, parts: Iterable[PartName]) -> None:
        key = world.key

        def changed(urgent: bool) -> None:
            self._unkept.change(key)
            self._hear(urgent)

        world.changes.watch(changed, parts, self.check)

    def _changed_outside(self, urgent: bool) -> None:
        self._unkept.change(OUTSIDE)
        self._hear(urgent)

    def _hear(self, urgent: bool) -> None:
        self._urgent = self._urgent or urgent
        # Nobody may be waiting for an answer, as where a receiver has answered a webhook.
        if self._later is None:
            self._plan()

    def _close(self, worlds: WorldRegistry, world: World) -> None:
        world.changes.unwatch()
        self._unkept.drop(world.key)
        if not self._loading:
            self._unkept.close(world.key)
            self._urgent = True

    def _plan(self) -> None:
        try:
            self._later = asyncio.get_running_loop().call_later(LATER_SECONDS, self._ring)
        except RuntimeError:
            # A caller outside of the loop: the next one inside keeps it.
            return

    def _ring(self) -> None:
        self._later, self._whole = None, True
        self._begin()

    def _begin(self) -> None:
        if self._writing is None:
            self._writing = asyncio.ensure_future(self._write_all())

    async def _write_all(self) -> None:
        """Keep batch after batch, until nothing waits for one; after a failure, find out whether one could be kept."""
        loop = asyncio.get_running_loop()
        try:
            while self._unkept.waits(whole=self._whole) or self._next or self._lost:
                kept = self._under_way = self._next or loop.create_future()
                self._next, self._urgent = None, False
                promised, self._promised = self._promised, False
                began, taken = time.perf_counter(), Taken()
                try:
                    await self._read_again()
                    taken = self._unkept.take(whole=self._whole)
                    self._whole = False
                    # Who asks now has perhaps seen what changed; nobody waits for what is only observed.
                    self._current = kept if taken.promised else None
                    batch = self._unkept.batch_of(taken)
                    gone = await loop.run_in_executor(self._thread, self._store.write, batch)
                except Exception as error:  # noqa: BLE001 - whatever it is, nobody may wait for ever
                    lost = error if isinstance(error, StateLost) else StateLost(str(report_defect(error)))
                    self._engine.worlds.store_times.fail()
                    self._unkept.put_back(taken)
                    await self._fail(lost, kept, promised=promised)
                    if self._next is None:
                        break
                else:
                    self._engine.worlds.store_times.add(time.perf_counter() - began)
                    if self._lost:
                        self._lost = None
                        self._notice("the state can be kept again")
                    kept.set_result(None)
                    try:
                        self._written(taken.closed, gone)
                    except Exception as error:  # noqa: BLE001 - the batch is kept, and the next one is waited for
                        report_defect(error)
        finally:
            self._current = self._under_way = self._writing = None

    def _written(self, closed: Collection[str], gone: Collection[str]) -> None:
        """A batch is kept, but for the worlds *gone*, which are somebody else's; those of *closed* were dropped."""

    async def _fail(self, lost: StateLost, kept: asyncio.Future[None], *, promised: bool) -> None:
        """Tell *lost* to all who wait. Where it was *promised* to one of them, all that is not kept is undone before.

        Whose the changes are is not known: all are undone that an answer might promise.
        """
        if self._lost is None:
            self._notice(f"{lost}. What was refused is undone, and new jobs are refused until it can be")
        self._lost = lost
        waiting, self._next, self._urgent = self._next, None, False
        promised, self._promised = promised or self._promised, False
        if promised:
            self._undo(self._unkept.promised())
            with suppress(StateLost):
                await self._read_again()
        for one in filter(None, (kept, waiting)):
            # Perhaps nobody waits.
            one.set_exception(lost)
            one.exception()
        if self._later is None:
            self._plan()

    def _undo(self, keys: Collection[str]) -> None:
        """Have the worlds of *keys* be as they are kept."""
        self.undone += 1
        for key in keys:
            self._unread[key] = None
            self._forget(key)

    def _forget(self, key: str) -> None:
        """Drop the world of *key*, or what was noted of the clock of new worlds: nothing of it is kept from here."""
        with self._unheard():
            self._engine.worlds.close(key)
        self._unkept.drop(key)

    async def _read_again(self) -> None:
        """Read what is to be read again. Raises StateLost: it cannot be, and nothing is answered until it can."""
        for key in tuple(self._unread):
            parts = await asyncio.get_running_loop().run_in_executor(self._thread, self._store.world, key)
            # A call that was under way may have begun a world in its place.
            self._forget(key)
            with self._unheard():
                if parts:
                    self._load(key, parts)
                elif key == OUTSIDE:
                    self._engine.worlds.restart_clock()
            if key == OUTSIDE:
                self._unkept.drop(key)
            del self._unread[key]

    @contextmanager
    def _unheard(self) -> Iterator[None]:
        """Wrap what is done to worlds to have them as they are kept: it is no change."""
        before, self._loading = self._loading, True
        try:
            yield
        finally:
            self._loading = before
