"""The one listening port: accepts connections and hands each to uvicorn's own HTTP protocol."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from functools import partial
from typing import Any

import uvicorn

from vidmock.problems import Problem
from vidmock.providers.broken import TRANSPORT
from vidmock.server.sorter import Protocol, Sorter

BACKLOG = 2048


class PortTaken(Problem):
    def __init__(self, host: str, port: int, why: str) -> None:
        super().__init__(f"cannot listen on {host}:{port}: {why}. Try another port: --port 0 takes any free one")


def bind(host: str, port: int) -> socket.socket:
    """A listening socket on *host*, *port* (0 for any free one).

    Raises:
        PortTaken: somebody else has the port, or the host is not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named, because with protocol 0 asyncio leaves Nagle's algorithm on and every answer waits 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise PortTaken(host, port, (error.strerror or str(error)).lower()) from error
    listener.setblocking(False)
    return listener


class Door:
    """Serves *app* on *listener* from ``open`` to ``close``; closing is immediate, not on uvicorn's next tick.

    *sorter* is given uvicorn's protocol, and says what serves a connection that was accepted.
    """

    def __init__(self, app: Any, listener: socket.socket, sorter: Callable[[Protocol], Sorter]) -> None:
        self._listener = listener
        self.port = int(listener.getsockname()[1])
        self._config = uvicorn.Config(
            app,
            lifespan="off",
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            # Older versions of uvicorn would choose one that rests on what websockets has deprecated.
            ws="websockets-sansio",
            ws_max_size=64 * 2**20,
        )
        self._config.load()
        self._server = uvicorn.Server(self._config)
        self._http = _showing_its_transport(self._config.http_protocol_class)
        self._sorter = sorter(self._protocol)
        self._tasks: set[asyncio.Task[None]] = set()

    def open(self) -> None:
        """Start to accept, in the running loop."""
        self._start(self._accept)
        self._start(self._keep_date)

    async def close(self, grace: float = 1.0) -> None:
        """Stop accepting, tell idle connections to go, and give busy ones *grace* seconds."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._listener.close()
        state = self._server.server_state
        for connection in tuple(state.connections):
            connection.shutdown()
        if state.tasks:
            await asyncio.wait(tuple(state.tasks), timeout=grace)
        for task in tuple(state.tasks):
            task.cancel()
        # Transports let go of their sockets a turn of the loop later, and the loop may end right after this.
        for _ in range(2):
            await asyncio.sleep(0)

    def _start(self, work: Callable[[], Any]) -> None:
        task = asyncio.get_running_loop().create_task(work())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, _ = await loop.sock_accept(self._listener)
            except OSError:
                # Out of file descriptors, or the peer went away: others must still be served.
                await asyncio.sleep(0.05)
                continue
            connection.setblocking(False)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._start(partial(self._sorter.sort, connection))

    def _protocol(self) -> asyncio.Protocol:
        made: asyncio.Protocol = self._http(config=self._config, server_state=self._server.server_state, app_state={})
        return made

    async def _keep_date(self) -> None:
        while True:
            await self._server.on_tick(0)
            await asyncio.sleep(1)


def _showing_its_transport(protocol: type[Any]) -> type[Any]:
    """*protocol*, with each connection's transport in the state of its requests: faults break it there."""

    class Showing(protocol):  # type: ignore[misc]  # uvicorn chooses the class at run time
        def connection_made(self, transport: asyncio.Transport) -> None:
            self.app_state[TRANSPORT] = transport
            super().connection_made(transport)

    return Showing
