"""A mock for a Python program: in a thread of its own, or in the loop of those that await."""

from __future__ import annotations

import asyncio
import concurrent.futures
from abc import abstractmethod
from collections.abc import Callable, Coroutine, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from vidmock.engine.service.engine import Engine
from vidmock.engine.time.clock import Clock as EngineClock
from vidmock.engine.time.clock import Mode
from vidmock.engine.time.durations import Duration
from vidmock.engine.world.settings import Latency, Settings
from vidmock.server import server as served
from vidmock.testing.clocks import AsyncClockHandle, AsyncWebhooksHandle, ClockHandle, WebhooksHandle
from vidmock.testing.endpoints import Endpoints
from vidmock.testing.faults import FaultsHandle
from vidmock.testing.mock_world import WorldHandle
from vidmock.testing.options import Media, settings_with
from vidmock.testing.scope import Scope
from vidmock.testing.world_defaults import WorldDefaults

if TYPE_CHECKING:
    from vidmock.testing.transport import InProcessTransport

C = TypeVar("C")
S = TypeVar("S", bound=served.ThreadedServer | served.Server)
T = TypeVar("T")
W = TypeVar("W")

MockWorld = WorldHandle[ClockHandle, WebhooksHandle]
"""The handles on the world of one API key."""


class _Served(WorldHandle[C, W], Generic[C, W, S]):
    """What both kinds of server are: one that answers, and the lead of its worlds."""

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        seed: int | None = None,
        clock: str | Mode | None = None,
        latency: Duration | Latency | None = None,
        scenario: str | None = None,
        behaviours: Mapping[str, str] | None = None,
        media: Media | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        asked = settings_with(settings or Settings(), seed, clock, latency, scenario, behaviours, media)
        self._server = self._serving(asked, host, port)
        self._lead = WorldDefaults(self.engine)
        super().__init__(*self._handles(None))

    @property
    def engine(self) -> Engine:
        """The engine, whose objects belong to the server's loop."""
        return self._server.engine

    @property
    def lead(self) -> EngineClock:
        return self._lead.clock

    def listen(self, key: str | None, listener: Callable[[], None] | None) -> None:
        self._lead.listen(key, listener)

    @abstractmethod
    def _serving(self, settings: Settings, host: str, port: int) -> S:
        """What answers. Raises PortTaken."""

    @abstractmethod
    def _handles(self, key: str | None) -> tuple[Scope, Endpoints, FaultsHandle, C, W]:
        """The handles on the world of *key*, or on all worlds."""


class MockServer(_Served[ClockHandle, WebhooksHandle, served.ThreadedServer]):
    """The server in a thread, on any free port: ``with MockServer(clock="manual") as mock: … mock.fal.queue_url``.

    Its own clock moves those of all worlds; a world's own moves that one only. *settings* say what the other arguments
    do not. The handles can be used before the beginning and read after the end as well.

    Raises:
        PortTaken: the port is in use (on construction, so that nothing was started).
    """

    def _serving(self, settings: Settings, host: str, port: int) -> served.ThreadedServer:
        return served.ThreadedServer(settings, host, port)

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        return self._server.loop

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
            except BaseException as error:  # noqa: BLE001 - it is raised where the result is waited for
                done.set_exception(error)

        self.loop.call_soon_threadsafe(attempt)
        return done.result()

    def world(self, key: str, settings: Settings | None = None) -> MockWorld:
        """The same handles on the world of one API key; with *settings* it is a new world, with nothing in it yet."""
        if settings:
            self.call(lambda: self.engine.worlds.open(key, settings))
        return WorldHandle(*self._handles(key))

    def close(self, key: str) -> None:
        """Forget the world of *key*."""
        self.call(lambda: self.engine.worlds.close(key))

    @property
    def worlds(self) -> dict[str, MockWorld]:
        """The worlds that there are, by key; the nameless one has what came without a valid key."""
        return {key: self.world(key) for key in self.call(lambda: [world.key for world in self.engine.worlds])}

    def transport(self) -> InProcessTransport:
        """For ``httpx.Client(transport=…)`` and ``httpx.AsyncClient``: no sockets, any host name."""
        from vidmock.testing.transport import InProcessTransport

        return InProcessTransport(self._server.app, lambda work: asyncio.run_coroutine_threadsafe(work, self.loop))

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.__exit__(kind, error, trace)

    def _handles(self, key: str | None) -> tuple[Scope, Endpoints, FaultsHandle, ClockHandle, WebhooksHandle]:
        scope = Scope(self, key)
        where = Endpoints(self._server.url, self._server.hosts, self._server.certificate, key)
        faults = FaultsHandle(scope, self._lead.rules)
        return scope, where, faults, ClockHandle(scope, self.run), WebhooksHandle(scope, self.run)


class AsyncMockServer(_Served[AsyncClockHandle, AsyncWebhooksHandle, served.Server]):
    """The server in the running loop: ``async with AsyncMockServer(clock="manual") as mock``; all else as there."""

    def _serving(self, settings: Settings, host: str, port: int) -> served.Server:
        return served.Server(settings, host, port)

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        return self._loop

    def call(self, work: Callable[[], T]) -> T:
        """Run *work*: the caller is where the server is."""
        return work()

    def world(self, key: str) -> WorldHandle[AsyncClockHandle, AsyncWebhooksHandle]:
        """The same handles on the world of one API key."""
        return WorldHandle(*self._handles(key))

    @property
    def worlds(self) -> dict[str, WorldHandle[AsyncClockHandle, AsyncWebhooksHandle]]:
        """The worlds that there are, by key; the nameless one has what came without a valid key."""
        return {world.key: self.world(world.key) for world in self.engine.worlds}

    def transport(self) -> InProcessTransport:
        """For ``httpx.AsyncClient(transport=…)``: no sockets, any host name."""
        from vidmock.testing.transport import InProcessTransport

        return InProcessTransport(self._server.app, None)

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        await self._server.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._server.__aexit__(kind, error, trace)

    def _handles(self, key: str | None) -> tuple[Scope, Endpoints, FaultsHandle, AsyncClockHandle, AsyncWebhooksHandle]:
        scope = Scope(self, key)
        where = Endpoints(self._server.url, self._server.hosts, lambda: self._server.authority.certificate, key)
        return scope, where, FaultsHandle(scope, self._lead.rules), AsyncClockHandle(scope), AsyncWebhooksHandle(scope)
