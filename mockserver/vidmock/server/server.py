"""A whole server: the application, its port, and what sends webhooks; in a running loop or in a thread."""

from __future__ import annotations

import asyncio
import concurrent.futures
import socket
import threading
from collections import Counter
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from vidmock.engine.service.engine import Engine
from vidmock.engine.world.settings import Settings
from vidmock.server.app import App
from vidmock.server.listener import Listener
from vidmock.server.protocol_detection import Protocol, ProtocolDetection
from vidmock.server.site import Site
from vidmock.server.webhook_client import WebhookClient
from vidmock.state.store import SharedStore, StateStore

if TYPE_CHECKING:
    from vidmock.server.placement import Placement

T = TypeVar("T")


def new_loop() -> asyncio.AbstractEventLoop:
    """uvloop where it is installed: a third less CPU for each request."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


MOST_REFUSED = 1000
"""Names of refused hosts that are kept."""


class Server:
    """The server at *site*, inside a running event loop: ``async with Server(Site(settings)) as server``.

    *notice* is called with a line for whoever runs the server: a host that was refused, a model or path that is not
    here, a webhook that nobody received. ``refused`` says how often which host was. With a *store*, the worlds are
    those that it has, and what changes is kept there; it is closed with the server. Other replicas that share the store
    reach this one at *replica_url*.
    """

    def __init__(
        self,
        site: Site,
        notice: Callable[[str], None] = lambda line: None,
        store: StateStore | None = None,
        replica_url: str = "",
    ) -> None:
        self._replica_url = replica_url
        self._store, self._keeper = store, AsyncExitStack()
        self.refused: Counter[str] = Counter()
        self.missing: Counter[str] = Counter()
        self._site, self._notice = site, notice
        settings = site.settings
        post = WebhookClient(settings.allow_hosts, self._refuse, notice)
        self._app = App(settings, post, self._refuse, site.certificate, notice, self._miss)

        def detect(protocol: Protocol) -> ProtocolDetection:
            elsewhere = self._place if site.shared else None
            return ProtocolDetection(
                protocol, site.tls.context, site.hosts, settings.allow_hosts, self._refuse, elsewhere
            )

        self._placement: Placement | None = None
        self._listener = Listener(self._app, site.listener, detect, shared=site.shared is not None)
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def engine(self) -> Engine:
        return self._app.engine

    @property
    def app(self) -> App:
        """The ASGI application."""
        return self._app

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The event loop that it was started in.

        Raises:
            RuntimeError: it was not started yet.
        """
        if self._loop is None:
            raise RuntimeError("this server has no event loop yet: begin it with 'async with'")
        return self._loop

    def call(self, work: Callable[[], T]) -> T:
        """Run *work* here: the caller is in the server's loop."""
        return work()

    def certificate(self) -> Path:
        """The file of the authority that clients must trust for TLS; created now, if nobody needed it before.

        Raises:
            NoStateFolder: there is no folder to keep it in.
        """
        return self._site.certificate()

    def _refuse(self, host: str) -> None:
        if host in self.refused or len(self.refused) < MOST_REFUSED:
            self.refused[host] += 1
        self._notice(f"refused to contact {host}: nothing leaves this machine. --allow-host {host} lets it through")

    def _miss(self, model: str) -> None:
        if model in self.missing or len(self.missing) < MOST_REFUSED:
            self.missing[model] += 1

    async def _place(self, connection: socket.socket) -> bool:
        return self._placement is not None and await self._placement.place(connection)

    @property
    def url(self) -> str:
        """``http://host:port``, reachable from this machine."""
        return self._site.url

    @property
    def hosts(self) -> frozenset[str]:
        """The names that are emulated."""
        return self._site.hosts

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        if isinstance(self._store, SharedStore):
            from vidmock.server.replica import join_replicas

            # The port of all is not the way to one of them.
            own = self._site.url_at(self._listener.another()) if self._site.shared else self.url
            address = self._replica_url or own
            keeper = await join_replicas(self._app, self._store, address, self._notice, self._keeper)
            if self._site.shared:
                from vidmock.server.placement import Placement

                self._placement = Placement(self._app, keeper, self._listener, self._site.shared)
        elif self._store:
            from vidmock.state.keeper import StateKeeper

            self._app.keep_by(
                await self._keeper.enter_async_context(StateKeeper(self.engine, self._store, self._notice))
            )
        self._listener.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.engine.worlds.dismiss()
        if self._placement:
            self._placement.close()
        await self._listener.close()
        await self._keeper.aclose()


class ThreadedServer:
    """A server in a thread, with an event loop of its own: ``with ThreadedServer() as server: … server.url``.

    Raises:
        PortTaken: the port is in use (on construction, so that nothing was started).
    """

    def __init__(self, settings: Settings | None = None, host: str = "127.0.0.1", port: int = 0) -> None:
        self._server = Server(Site(settings or Settings(), host, port))
        self._loop = new_loop()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="vidmock", daemon=True)

    @property
    def url(self) -> str:
        return self._server.url

    @property
    def engine(self) -> Engine:
        return self._server.engine

    @property
    def app(self) -> App:
        """The ASGI application, which belongs to ``loop``."""
        return self._server.app

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The server's own, in a thread of its own."""
        return self._loop

    @property
    def refused(self) -> Counter[str]:
        """How often which host was asked for that is not contacted, so far."""
        return self.call(self._server.refused.copy)

    @property
    def hosts(self) -> frozenset[str]:
        """The names that are emulated."""
        return self._server.hosts

    def certificate(self) -> Path:
        """The file of the authority that clients must trust for TLS; created now, if nobody needed it before."""
        return self._server.certificate()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run *work* in the server's loop and wait for it: the engine is not for other threads."""
        return self.start(work).result()

    def start(self, work: Coroutine[Any, Any, T]) -> concurrent.futures.Future[T]:
        """Begin *work* in the server's loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def call(self, work: Callable[[], T]) -> T:
        """Run *work* in the server's loop, or here where that does not run (yet, or any more)."""
        if not self._loop.is_running():
            return work()
        done: concurrent.futures.Future[T] = concurrent.futures.Future()

        def attempt() -> None:
            try:
                done.set_result(work())
            except BaseException as error:  # noqa: BLE001 - it is raised where the result is waited for
                done.set_exception(error)

        self._loop.call_soon_threadsafe(attempt)
        return done.result()

    def __enter__(self) -> Self:
        ready = threading.Event()
        self._loop.call_soon(ready.set)
        self._thread.start()
        ready.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            asyncio.set_event_loop(None)
            self._loop.close()

    async def _serve(self) -> None:
        async with self._server:
            await self._stop.wait()
        # Webhooks may be on their way, and nobody waits for their end.
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
