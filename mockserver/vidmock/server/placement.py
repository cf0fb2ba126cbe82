"""Which process a connection is best served by, told from the head of its first request: the one that has its world."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import httptools
from starlette.types import Message

from vidmock.server.app import App
from vidmock.server.handed_connections import HandedConnections
from vidmock.server.listener import Listener
from vidmock.server.request_start import RequestStart
from vidmock.server.world_of_request import world_keys
from vidmock.state.shared_keeper import SharedKeeper
from vidmock.state.store import StateLost

_PEEKED: Final = 16 * 1024
"""Bytes of a head that are looked at; of a longer one its first process serves the connection."""


class Placement:
    """Hands connections of *listener* whose world is at another process to that, by sockets in *folder*.

    A process is known there by the port of its own. What comes later on a connection, and what is not placed, is
    forwarded as between replicas.
    """

    def __init__(self, app: App, keeper: SharedKeeper, listener: Listener, folder: Path) -> None:
        self._app, self._keeper = app, keeper
        self._handover = HandedConnections(folder, str(listener.another()), listener.take)

    def close(self) -> None:
        """Take no more connections from others."""
        self._handover.close()

    async def place(self, connection: socket.socket) -> bool:
        """Whether another process has *connection* now, of which nothing was read yet."""
        scope = _scope_of(connection.recv(_PEEKED, socket.MSG_PEEK))
        if scope is None:
            return False
        try:
            keys = await world_keys(self._app, self._keeper, scope, RequestStart(scope, _no_body, _to_nobody))
            owner = await self._keeper.hold(keys[0]) if keys else ""
        except StateLost:
            return False
        if not owner or not self._handover.hand(connection, str(urlsplit(owner).port)):
            return False
        self._app.engine.worlds.replica.send_on("connection")
        return True


def _scope_of(said: bytes) -> dict[str, Any] | None:
    """The scope of the request that begins with *said*, as far as it tells the world; ``None``: no whole head."""
    head, end, _ = said.partition(b"\r\n\r\n")
    heard, kind = _Heard(), "http"
    parser = httptools.HttpRequestParser(heard)
    try:
        parser.feed_data(head + end)
    except httptools.HttpParserUpgrade:
        kind = "websocket"
    except httptools.HttpParserError:
        return None
    if not end:
        return None
    path, _, query = heard.url.partition(b"?")
    return {
        "type": kind,
        "method": parser.get_method().decode("ascii"),
        "path": unquote(path.decode("latin-1")),
        "raw_path": path,
        "query_string": query,
        "headers": heard.headers,
        "scheme": "http",
        "server": None,
        "client": None,
    }


class _Heard:
    """What the parser finds."""

    def __init__(self) -> None:
        self.url = b""
        self.headers: list[tuple[bytes, bytes]] = []

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value))


async def _no_body() -> Message:
    return {"type": "http.disconnect"}


async def _to_nobody(message: Message) -> None:
    """What would be said to a client of whom only the head is known."""
