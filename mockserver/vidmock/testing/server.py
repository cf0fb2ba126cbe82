"""A mock for a Python program: in a thread of its own, or in the loop of those that await."""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections.abc import Callable, Coroutine
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from vidmock.engine.behaviour import chosen
from vidmock.engine.clock import Clock as EngineClock
from vidmock.engine.clock import Mode
from vidmock.engine.desk import Desk
from vidmock.engine.durations import Duration, seconds
from vidmock.engine.faults import Rule
from vidmock.engine.scenario import find, settled
from vidmock.engine.settings import Latency, Settings
from vidmock.engine.world import World
from vidmock.providers import behaviours
from vidmock.server import mock as served
from vidmock.testing.addresses import Addresses
from vidmock.testing.clocks import AsyncClock, AsyncWebhooks, Clock, Webhooks
from vidmock.testing.faults import Faults
from vidmock.testing.selection import Selection
from vidmock.testing.view import View

if TYPE_CHECKING:
    from vidmock.testing.transport import Transport

T = TypeVar("T")

_QUEUED = 0.1
"""The part of a job's time that it waits, where only the whole of it is given."""


def settings_with(
    base: Settings,
    seed: int | None = None,
    clock: str | Mode | None = None,
    latency: Duration | Latency | None = None,
    scenario: str | None = None,
) -> Settings:
    """*base*, changed as asked. A *latency* that is a length of time is what every job takes, from submission on.

    *scenario* is the name of one that comes with this package, or a file; what else is asked for goes before it.

    Raises:
        BadRequest: one of them makes no sense; the message says what would.
    """
    if scenario is not None:
        happening = find(scenario)
        chosen((f"{name}={value}" for name, value in happening.behaviours.items()), behaviours())
        base = settled(base, happening)
    changes: dict[str, Any] = {}
    if seed is not None:
        changes["seed"] = seed
    if clock is not None:
        changes["clock"] = clock if isinstance(clock, Mode) else Mode.parse(clock)
    if isinstance(latency, Latency):
        changes["latency"] = latency
    elif latency is not None:
        whole = seconds(latency)
        wait = whole * _QUEUED
        changes["latency"] = Latency((wait, wait), (whole - wait, whole - wait))
    return replace(base, **changes)


class _Common:
    """What the worlds of a server have in common: the time that they begin at, the rules, and who listens to them."""

    def __init__(self, desk: Desk) -> None:
        self.lead = EngineClock(desk.settings.clock)
        self.rules: dict[str, Rule] = {}
        self._listeners: dict[str | None, Callable[[], None]] = {}
        desk.worlds.greet = self._greet

    def listen(self, key: str | None, listener: Callable[[], None] | None) -> None:
        if listener is None:
            self._listeners.pop(key, None)
        elif self._listeners.setdefault(key, listener) is not listener:
            raise RuntimeError("these clients live in virtual time already")

    def _greet(self, world: World) -> None:
        # One that comes from a snapshot has a past, and a time of its own.
        if world.settings.clock == self.lead.mode and not (world.journal.seen or world.drawn):
            world.clock.start(self.lead.now())
        world.clock.on_await = lambda: self._waits(world.key)
        for rule in self.rules.values():
            world.faults.add(rule)

    def _waits(self, key: str) -> None:
        for listener in (self._listeners.get(key), self._listeners.get(None)):
            if listener:
                listener()


MockWorld = View[Clock, Webhooks]
"""The handles on the world of one API key."""


class MockServer(View[Clock, Webhooks]):
    """The server in a thread, on any free port: ``with MockServer(clock="manual") as mock: … mock.fal.queue_url``.

    Its own clock moves those of all worlds; a world's own moves that one only. *settings* say what the other arguments
    do not. The handles can be used before the beginning and read after the end as well.

    Raises:
        PortTaken: the port is in use (on construction, so that nothing was started).
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        seed: int | None = None,
        clock: str | Mode | None = None,
        latency: Duration | Latency | None = None,
        scenario: str | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        asked = settings_with(settings or Settings(), seed, clock, latency, scenario)
        self._server = served.MockServer(asked, host, port)
        self._common = _Common(self.desk)
        super().__init__(*self._handles(None))

    @property
    def desk(self) -> Desk:
        """The engine, whose objects belong to the server's loop."""
        return self._server.desk

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        return self._server.loop

    @property
    def lead(self) -> EngineClock:
        return self._common.lead

    def listen(self, key: str | None, listener: Callable[[], None] | None) -> None:
        self._common.listen(key, listener)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run *work* in the server's loop and wait for it."""
        return self._server.run(work)

    def call(self, work: Callable[[], T]) -> T:
        """Run *work* in the server's loop, or here where that does not run (yet, or any more)."""
        if not self.loop.is_running():
            return work()
        done: concurrent.futures.Future[T] = concurrent.futures.Future()

        def attempt() -> None:
            try:
                done.set_result(work())
            except BaseException as error:
                done.set_exception(error)

        self.loop.call_soon_threadsafe(attempt)
        return done.result()

    def world(self, key: str, settings: Settings | None = None) -> MockWorld:
        """The same handles on the world of one API key; with *settings* it is a new world, with nothing in it yet."""
        if settings:
            self.call(lambda: self.desk.worlds.open(key, settings))
        return View(*self._handles(key))

    def close(self, key: str) -> None:
        """Forget the world of *key*."""
        self.call(lambda: self.desk.worlds.close(key))

    @property
    def worlds(self) -> dict[str, MockWorld]:
        """The worlds that there are, by key; the nameless one has what came without a valid key."""
        return {key: self.world(key) for key in self.call(lambda: [world.key for world in self.desk.worlds])}

    def transport(self) -> Transport:
        """For ``httpx.Client(transport=…)`` and ``httpx.AsyncClient``: no sockets, any host name."""
        from vidmock.testing.transport import Transport

        return Transport(self._server.app, lambda work: asyncio.run_coroutine_threadsafe(work, self.loop))

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.__exit__(kind, error, trace)

    def _handles(self, key: str | None) -> tuple[Selection, Addresses, Faults, Clock, Webhooks]:
        selection = Selection(self, key)
        where = Addresses(self._server.url, self._server.hosts, self._server.certificate, key)
        faults = Faults(selection, self._common.rules)
        return selection, where, faults, Clock(selection, self.run), Webhooks(selection, self.run)


class AsyncMockServer(View[AsyncClock, AsyncWebhooks]):
    """The server in the running loop: ``async with AsyncMockServer(clock="manual") as mock``; all else as there."""

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        seed: int | None = None,
        clock: str | Mode | None = None,
        latency: Duration | Latency | None = None,
        scenario: str | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        asked = settings_with(settings or Settings(), seed, clock, latency, scenario)
        self._server = served.Mock(asked, host, port)
        self._common = _Common(self.desk)
        super().__init__(*self._handles(None))

    @property
    def desk(self) -> Desk:
        """The engine."""
        return self._server.desk

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        return self._loop

    @property
    def lead(self) -> EngineClock:
        return self._common.lead

    def listen(self, key: str | None, listener: Callable[[], None] | None) -> None:
        self._common.listen(key, listener)

    def call(self, work: Callable[[], T]) -> T:
        """Run *work*: the caller is where the server is."""
        return work()

    def world(self, key: str) -> View[AsyncClock, AsyncWebhooks]:
        """The same handles on the world of one API key."""
        return View(*self._handles(key))

    @property
    def worlds(self) -> dict[str, View[AsyncClock, AsyncWebhooks]]:
        """The worlds that there are, by key; the nameless one has what came without a valid key."""
        return {world.key: self.world(world.key) for world in self.desk.worlds}

    def transport(self) -> Transport:
        """For ``httpx.AsyncClient(transport=…)``: no sockets, any host name."""
        from vidmock.testing.transport import Transport

        return Transport(self._server.app, None)

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        await self._server.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._server.__aexit__(kind, error, trace)

    def _handles(self, key: str | None) -> tuple[Selection, Addresses, Faults, AsyncClock, AsyncWebhooks]:
        selection = Selection(self, key)
        where = Addresses(self._server.url, self._server.hosts, lambda: self._server.authority.certificate, key)
        return selection, where, Faults(selection, self._common.rules), AsyncClock(selection), AsyncWebhooks(selection)
