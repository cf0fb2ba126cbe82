"""The world of one API key, or all worlds of a server, as one object: for programs that block, and that await."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from vidmock.server.server import Server, ThreadedServer
from vidmock.testing.clocks import AsyncClockHandle, AsyncWebhooksHandle, ClockHandle, WebhooksHandle
from vidmock.testing.endpoints import Endpoints
from vidmock.testing.scope import Scope
from vidmock.testing.snapshots import fork_scope
from vidmock.testing.world_defaults import WorldDefaults
from vidmock.testing.world_handle import WorldHandle

if TYPE_CHECKING:
    from vidmock.testing.webhook_receiver import WebhookReceiver


class MockWorld(WorldHandle):
    """The handles on the world of one API key: what happened in it, what shall go wrong, its clock and its webhooks."""

    clock: ClockHandle
    webhooks: WebhooksHandle

    def __init__(
        self, server: ThreadedServer, defaults: WorldDefaults, key: str | None, before: Mapping[str, int] | None = None
    ) -> None:
        scope = Scope(server, defaults, key, before or {})
        super().__init__(scope, Endpoints(server.url, server.hosts, server.certificate, key))
        self.clock = ClockHandle(scope, server.run)
        self.webhooks = WebhooksHandle(scope, server.run)
        self._access = server

    def fork(self, key: str) -> MockWorld:
        """A copy of this world, with its past, for another *key*: what happens in one does not happen in the other.

        Raises:
            BadRequest: *key* has a world with jobs already, or these are all worlds of a server.
        """
        before = fork_scope(self._scope, key)
        return MockWorld(self._access, self._scope.defaults, key, before)

    def receive_webhooks(self) -> WebhookReceiver:
        """``with mock.receive_webhooks() as hook:`` a receiver at ``hook.url``, which keeps what comes."""
        from vidmock.testing.webhook_receiver import WebhookReceiver

        return WebhookReceiver(self._scope, self._access.run, f"{self.url}/fal/rest/.well-known/jwks.json")


class AsyncMockWorld(WorldHandle):
    """The same for programs that await: ``await world.clock.advance("15m")``."""

    clock: AsyncClockHandle
    webhooks: AsyncWebhooksHandle

    def __init__(
        self, server: Server, defaults: WorldDefaults, key: str | None, before: Mapping[str, int] | None = None
    ) -> None:
        scope = Scope(server, defaults, key, before or {})
        super().__init__(scope, Endpoints(server.url, server.hosts, server.certificate, key))
        self.clock = AsyncClockHandle(scope)
        self.webhooks = AsyncWebhooksHandle(scope)
        self._access = server

    def fork(self, key: str) -> AsyncMockWorld:
        """A copy of this world, with its past, for another *key*: what happens in one does not happen in the other.

        Raises:
            BadRequest: *key* has a world with jobs already, or these are all worlds of a server.
        """
        before = fork_scope(self._scope, key)
        return AsyncMockWorld(self._access, self._scope.defaults, key, before)
