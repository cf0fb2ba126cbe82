"""Keeps the worlds of one of several replicas: a world is loaded when it is claimed, and dropped when it is lost."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Self, TypeVar
from weakref import WeakValueDictionary

from vidmock.engine.service.engine import Engine
from vidmock.state.keeper import StateKeeper
from vidmock.state.store import OUTSIDE, KeptPart, SharedStore, StateLost

T = TypeVar("T")

RENEWALS: Final = 4
"""How often a lease is renewed before it would be over."""
ADOPTED_AT_ONCE: Final = 100
"""Worlds of replicas that are gone which another one takes over with each renewal, though nobody asks for them."""
_GIVING_TRIES: Final = 20
"""Batches that are kept before it is given up to give a world away that always changes."""
_SURE: Final = 0.9
"""The part of a lease for which its holder relies on it: clocks do not run equally fast."""


class SharedKeeper(StateKeeper):
    """Keeps in *store* those worlds of *engine* that are this replica's, which is at *address*.

    Raises:
        StateLost: the store cannot be reached.
    """

    def __init__(
        self, engine: Engine, store: SharedStore, address: str, notice: Callable[[str], None] = lambda line: None
    ) -> None:
        super().__init__(engine, store, notice)
        self._shared, self.address = store, address
        self._threads = ThreadPoolExecutor(4, thread_name_prefix="vidmock-lease")
        self._counts = engine.worlds.replica
        self._counts.join(address.partition("://")[2])
        self._until = 0.0
        """Until when, on the machine's monotonic clock, the lease is relied on."""
        self._owned: set[str] = set()
        self._given: set[str] = set()
        """The keys of worlds that another replica was given, and may not have taken."""
        self._undone_here: set[str] = set()
        """The keys of the worlds that are to be claimed again, for what was changed in them was refused."""
        self._claiming: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._renewal = asyncio.Lock()
        self._ticking: asyncio.Task[None] | None = None
        self.losses: Counter[str] = Counter()
        """How often the world of a key was dropped here: lost to another replica, or undone."""

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        began = time.monotonic()
        await self._in_thread(lambda: self._shared.join(self.address))
        self._rely_from(began)
        self._ticking = asyncio.create_task(self._tick())
        return self

    async def __aexit__(self, *ended: object) -> None:
        if self._ticking:
            self._ticking.cancel()
            await asyncio.gather(self._ticking, return_exceptions=True)
        # What is kept last is still ours: the lease goes with the store.
        await super().__aexit__(*ended)
        self._threads.shutdown()

    @property
    def secret(self) -> str:
        """By which replicas know each other."""
        return self._shared.secret

    @property
    def seconds(self) -> float:
        """How long a lease is, in real seconds."""
        return self._shared.seconds

    @property
    def sure(self) -> bool:
        """Whether the worlds that are ours certainly still are."""
        return time.monotonic() < self._until

    def check(self) -> None:
        super().check()
        if not self.sure:
            raise StateLost(f"{self._shared.where} has not answered for too long")

    async def certain(self) -> None:
        await super().certain()
        await self.confirm()

    async def confirm(self) -> None:
        """Be sure of what is ours: the lease holds, or is taken anew and what was lost meanwhile is dropped.

        Raises:
            StateLost: the store cannot be reached.
        """
        if self.sure:
            return
        async with self._renewal:
            if not self.sure:
                await self._renew()

    async def find(self, names: Sequence[str]) -> str | None:
        """The key of the world that knows one of *names*. Raises StateLost."""
        return await self._in_thread(lambda: self._shared.find(names))

    async def others(self) -> Sequence[str]:
        """The addresses of the other replicas. Raises StateLost."""
        return await self._in_thread(self._shared.others)

    async def unowned(self) -> Sequence[str]:
        """The keys of worlds that no replica has, as many as there is room for here. Raises StateLost."""
        # A world that comes when there is no more room would end another one.
        room = self._engine.worlds.settings.keep_worlds - len(self._engine.worlds)
        return await self._in_thread(lambda: self._shared.orphans(room, due=False)) if room > 0 else ()

    async def hold(self, key: str, given: str = "") -> str:
        """Have the world of *key* here; or return the address of the replica that has it, and has not *given* it.

        Raises StateLost.
        """
        await self.confirm()
        while key not in self._owned:
            async with self._claiming.setdefault(key, asyncio.Lock()):
                if key not in self._owned:
                    claim = await self._in_thread(lambda: self._shared.claim(key, given))
                    self._undone_here.discard(key)
                    if claim.owner:
                        return claim.owner
                    self._take_in(key, claim.parts)
                    # What was due meanwhile happens first: the loop looks at its timers, and then runs them.
                    await asyncio.sleep(0)
                    await asyncio.sleep(0)
            # The lease was perhaps over before the world was here, and that with it.
            await self.confirm()
        return ""

    async def give(self, key: str) -> str:
        """Have another replica own the world of *key*, with all that it has: returns what that claims it by.

        Empty where the world is not here, or always changes. Raises StateLost: it cannot be kept.
        """
        for _ in range(_GIVING_TRIES):
            if self._unkept.touches(key):
                self._urgent = self._whole = True
            await self._kept()
            if key not in self._owned:
                break
            if self._under_way and not self._under_way.done():
                await asyncio.wait([self._under_way])
            elif not self._unkept.touches(key):
                # Whoever asked for it may end before it has it.
                self._given.add(key)
                return self._lose(key)
        return ""

    def _take_in(self, key: str, parts: Sequence[KeptPart]) -> None:
        self._counts.move("taken_over" if parts else "taken")
        if parts:
            try:
                with self._unheard():
                    self._load(key, parts)
            except StateLost:
                self._shared.let_go(key)
                raise
        self._owned.add(key)

    def _lose(self, key: str) -> str:
        """Drop the world of *key*: it is another replica's, or is to be claimed again.

        Returns that by which another one is given it, if it was ours.
        """
        self.losses[key] += 1
        self._owned.discard(key)
        given = self._shared.let_go(key)
        self._forget(key)
        return given

    def _undo(self, keys: Collection[str]) -> None:
        # What belongs to no key is not shared, and so never lost. A new claim fences what may still be on its way.
        for key in keys:
            if key not in ("", OUTSIDE):
                self._counts.move("undone")
                self._lose(key)
                self._undone_here.add(key)

    def _written(self, closed: Collection[str], gone: Collection[str]) -> None:
        for key in gone:
            self._counts.move("lost")
            self._lose(key)
        for key in closed:
            if key in self._owned and self._engine.worlds.known(key) is None:
                self._owned.discard(key)
                self._shared.let_go(key)

    async def _renew(self) -> None:
        began = time.monotonic()
        for key in await self._in_thread(self._shared.renew):
            self._counts.move("lost")
            self._lose(key)
        self._rely_from(began)

    async def _adopt(self) -> None:
        """Take over worlds in which something is due, and whose replica is gone.

        And those that were undone here, or that nobody took whom they were given.
        """
        orphans = await self._in_thread(lambda: self._shared.orphans(ADOPTED_AT_ONCE))
        given, self._given = self._given, set()
        for key in (*self._undone_here, *orphans, *given):
            await self.hold(key)

    def _rely_from(self, began: float) -> None:
        self._until = began + self._shared.seconds * _SURE

    async def _tick(self) -> None:
        silent = False
        while True:
            await asyncio.sleep(self._shared.seconds / RENEWALS)
            try:
                async with self._renewal:
                    await self._renew()
                await self._adopt()
            except StateLost as lost:
                if not silent:
                    self._notice(f"{lost}. What is kept there is served again once it answers")
                silent = True
            else:
                if silent:
                    self._notice(f"{self._shared.where} answers again")
                silent = False

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)
