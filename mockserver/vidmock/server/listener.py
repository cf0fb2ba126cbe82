"""Listens on the server's one port, and has each connection served by uvicorn's HTTP protocol."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, Final, cast

import uvicorn

from vidmock.server.http_protocol import HttpProtocol
from vidmock.server.port import PortTaken, bind
from vidmock.server.protocol_detection import Protocol, ProtocolDetection

AT_A_TIME = 64
"""Connections that are accepted in one go, before those that are open have their turn."""

MESSAGE_BYTES: Final = 64 * 2**20
"""Bytes of what a client sends in one message over a WebSocket, a limit of ours: a file in base64 has room in it."""


class Listener:
    """Serves *app* on *listener* from ``open`` to ``close``, which does not wait for uvicorn's next tick.

    *detect* is given what makes uvicorn's protocol, and makes what serves the connections that are accepted. Where the
    socket is *shared* with other processes, each takes one connection after the other, so that all have some.
    """

    def __init__(
        self,
        app: Any,
        listener: socket.socket,
        detect: Callable[[Protocol], ProtocolDetection],
        *,
        shared: bool = False,
    ) -> None:
        self._listener, self._shared = listener, shared
        self._host, self.port = str(listener.getsockname()[0]), int(listener.getsockname()[1])
        self._config = uvicorn.Config(
            _until_cancelled(app),
            http=HttpProtocol,
            lifespan="off",
            # What is logged goes where the program that this server runs in has it go.
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            ws=cast("type[asyncio.Protocol]", _websocket_protocol),
            ws_max_size=MESSAGE_BYTES,
        )
        self._config.load()
        self._server = uvicorn.Server(self._config)
        self._detection = detect(self._protocol)
        self._accepting: set[socket.socket] = set()
        self._another: socket.socket | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def open(self) -> None:
        """Begin to accept connections, in the running event loop."""
        self._start_accepting(self._listener)
        self._start(self._tick)

    def shut(self, over: asyncio.Event, at_most: float) -> None:
        """Refuse all new connections until *over* is set, and for no longer than *at_most* real seconds.

        Nothing happens where they are refused already, or where other processes would take them.
        """
        if self._listener in self._accepting and not self._shared:
            self._stop_accepting(self._listener)
            self._listener.close()
            self._start(partial(self._reopen, over, at_most))

    def another(self) -> int:
        """The number of another port, which is served as this one is; it is opened when it is first asked for."""
        if self._another is None:
            self._another = bind(self._host, 0)
            self._start_accepting(self._another)
        return int(self._another.getsockname()[1])

    def take(self, connection: socket.socket) -> None:
        """Serve *connection*, which another process has accepted."""
        self._begin(connection, self._detection.serve_here)

    def expire(self, now: float) -> None:
        """Refuse requests that were not finished in time, and close connections that ask nothing.

        *now* is a moment on the event loop's clock.
        """
        for connection in tuple(self._server.server_state.connections):
            if isinstance(connection, HttpProtocol):
                connection.expire(now)

    async def close(self, grace: float = 1.0) -> None:
        """Stop accepting, tell idle connections to go, and give busy ones *grace* seconds."""
        for listener in tuple(self._accepting):
            self._stop_accepting(listener)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._listener.close()
        if self._another:
            self._another.close()
        state = self._server.server_state
        for connection in tuple(state.connections):
            connection.shutdown()
        if state.tasks:
            await asyncio.wait(tuple(state.tasks), timeout=grace)
        # Those that are held for ever: their clients go first, so that nobody is missed when their answers do not come.
        for connection in tuple(state.connections):
            connection.transport.abort()
        await _two_iterations()
        for task in tuple(state.tasks):
            task.cancel()
        await asyncio.gather(*tuple(state.tasks), return_exceptions=True)
        # Transports close their sockets an iteration of the loop later, and the loop may end right after this.
        await _two_iterations()

    def _start(self, work: Callable[[], Coroutine[Any, Any, None]]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _start_accepting(self, listener: socket.socket) -> None:
        self._accepting.add(listener)
        asyncio.get_running_loop().add_reader(listener, self._accept, listener)

    def _stop_accepting(self, listener: socket.socket) -> None:
        self._accepting.discard(listener)
        asyncio.get_running_loop().remove_reader(listener)

    def _accept(self, listener: socket.socket) -> None:
        """Accept what is waiting; not in a task, which could be cancelled while it holds a connection."""
        for _ in range(1 if self._shared else AT_A_TIME):
            try:
                connection, _ = listener.accept()
            except BlockingIOError:
                return
            except OSError:
                # Out of file descriptors, or the peer went away: others must still be served.
                self._stop_accepting(listener)
                self._start(partial(self._resume, listener))
                return
            self._begin(connection, self._detection.serve)

    def _begin(self, connection: socket.socket, serve: Callable[[socket.socket], Coroutine[Any, Any, None]]) -> None:
        connection.setblocking(False)  # noqa: FBT003 - takes no names
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        serving = self._start(partial(serve, connection))
        # A task that is cancelled before it begins closes nothing.
        serving.add_done_callback(partial(_close_if_cancelled, connection))

    async def _resume(self, listener: socket.socket) -> None:
        await asyncio.sleep(0.05)
        self._start_accepting(listener)

    async def _reopen(self, over: asyncio.Event, at_most: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(at_most):
                await over.wait()
        while True:
            try:
                self._listener = bind(self._host, self.port)
            except PortTaken:
                # Somebody else has the port now. Clients know no other one, so it is waited for.
                await asyncio.sleep(0.05)
            else:
                break
        self._start_accepting(self._listener)

    def _protocol(self) -> asyncio.Protocol:
        return HttpProtocol(self._config, self._server.server_state, self)

    async def _tick(self) -> None:
        while True:
            await self._server.on_tick(0)
            self.expire(asyncio.get_running_loop().time())
            await asyncio.sleep(1)


def _websocket_protocol(**given: Any) -> asyncio.Protocol:
    """Serve one WebSocket: most clients open none, and what serves them is long to load."""
    # Older versions of uvicorn would choose one that rests on what websockets has deprecated.
    from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

    return WebSocketsSansIOProtocol(**given)


async def _two_iterations() -> None:
    for _ in range(2):
        await asyncio.sleep(0)


def _until_cancelled(app: Any) -> Any:
    """Wrap *app* so that a call that is cancelled ends quietly: the listener cancels them when it closes."""

    async def quiet(scope: Any, receive: Any, send: Any) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await app(scope, receive, send)

    return quiet


def _close_if_cancelled(connection: socket.socket, task: asyncio.Task[None]) -> None:
    if task.cancelled():
        connection.close()
