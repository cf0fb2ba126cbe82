"""The mock as one object: a server in a thread of its own, or in the loop of those that await."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Self

from vidmock.engine.jobs.timeline import Latency
from vidmock.engine.time.durations import Duration
from vidmock.engine.time.mode import Mode
from vidmock.engine.world.settings import Settings
from vidmock.server.server import Server, ThreadedServer
from vidmock.server.site import Site
from vidmock.testing.mock_world import AsyncMockWorld, MockWorld
from vidmock.testing.options import Media, Models, settings_with
from vidmock.testing.process_account import PROCESS_ACCOUNT
from vidmock.testing.world_defaults import WorldDefaults

if TYPE_CHECKING:
    from vidmock.testing.transport import InProcessTransport


class MockServer(MockWorld):
    """The server in a thread, on any free port: ``with MockServer(clock="manual") as mock: … mock.fal.queue_url``.

    It has the handles of a world, over all its worlds: its clock moves those of all of them. *settings* say what the
    other arguments do not. The handles can be used before the beginning and read after the end as well.

    Raises:
        PortTaken: the port is in use (on construction, so that nothing was started).
        BadRequest: an argument makes no sense; the message says what would.
    """

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
        memory: int | None = None,
        models: Models | None = None,
        any_model: bool | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        base = settings or Settings()
        asked = settings_with(base, seed, clock, latency, scenario, behaviours, media, memory, models, any_model)
        self._server = ThreadedServer(asked, host, port)
        self._defaults = WorldDefaults(self._server.engine)
        PROCESS_ACCOUNT.watch(self._server.engine.worlds)
        super().__init__(self._server, self._defaults, key=None)

    @property
    def settings(self) -> Settings:
        """How it behaves, where a world has no settings of its own."""
        return self._server.engine.settings

    def world(self, key: str, settings: Settings | None = None) -> MockWorld:
        """The same handles on the world of one API key; with *settings* it is a new world, with nothing in it yet."""
        before = self._server.call(lambda: self._defaults.open(key, settings)) if settings else None
        return MockWorld(self._server, self._defaults, key, before)

    @property
    def worlds(self) -> dict[str, MockWorld]:
        """The worlds that there are, by key; the nameless one has what came without a valid key."""
        keys = self._server.call(lambda: [world.key for world in self._server.engine.worlds])
        return {key: self.world(key) for key in keys}

    @property
    def refused(self) -> Mapping[str, int]:
        """How often which host was asked for that is neither emulated nor allowed, by clients or for webhooks."""
        return self._server.refused

    def close(self, key: str) -> None:
        """Forget the world of *key*."""
        self._server.call(lambda: self._server.engine.worlds.close(key))

    def transport(self) -> InProcessTransport:
        """For ``httpx.Client(transport=…)`` and ``httpx.AsyncClient``: no sockets, any host name."""
        from vidmock.testing.transport import InProcessTransport

        return InProcessTransport(self._server.app, self._server.start)

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.__exit__(kind, error, trace)
        PROCESS_ACCOUNT.settle(self._server.engine.worlds)


class AsyncMockServer(AsyncMockWorld):
    """The server in the running loop: ``async with AsyncMockServer(clock="manual") as mock``; all else as there."""

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
        memory: int | None = None,
        models: Models | None = None,
        any_model: bool | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        base = settings or Settings()
        asked = settings_with(base, seed, clock, latency, scenario, behaviours, media, memory, models, any_model)
        self._server = Server(Site(asked, host, port))
        self._defaults = WorldDefaults(self._server.engine)
        PROCESS_ACCOUNT.watch(self._server.engine.worlds)
        super().__init__(self._server, self._defaults, key=None)

    @property
    def settings(self) -> Settings:
        """How it behaves, where a world has no settings of its own."""
        return self._server.engine.settings

    def world(self, key: str, settings: Settings | None = None) -> AsyncMockWorld:
        """The same handles on the world of one API key; with *settings* it is a new world, with nothing in it yet."""
        before = self._defaults.open(key, settings) if settings else None
        return AsyncMockWorld(self._server, self._defaults, key, before)

    @property
    def worlds(self) -> dict[str, AsyncMockWorld]:
        """The worlds that there are, by key; the nameless one has what came without a valid key."""
        return {world.key: self.world(world.key) for world in self._server.engine.worlds}

    def close(self, key: str) -> None:
        """Forget the world of *key*."""
        self._server.engine.worlds.close(key)

    def transport(self) -> InProcessTransport:
        """For ``httpx.AsyncClient(transport=…)``: no sockets, any host name."""
        from vidmock.testing.transport import InProcessTransport

        return InProcessTransport(self._server.app, None)

    async def __aenter__(self) -> Self:
        await self._server.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._server.__aexit__(kind, error, trace)
        PROCESS_ACCOUNT.settle(self._server.engine.worlds)
