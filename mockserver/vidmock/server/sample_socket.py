"""A client's end of a WebSocket in this process, for demonstrations."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any, Final

from starlette.types import ASGIApp, Message

_SCOPE: Final = {
    "type": "websocket",
    "asgi": {"version": "3.0"},
    "http_version": "1.1",
    "scheme": "ws",
    "query_string": b"",
    "root_path": "",
    "headers": [(b"host", b"localhost:8787")],
    "server": ("localhost", 8787),
    "client": ("127.0.0.1", 1),
    "subprotocols": [],
    "extensions": {"websocket.http.response": {}},
}


class SampleSocket:
    """*heard* is told of each frame, and of the code with which the connection is closed."""

    def __init__(self, app: ASGIApp, path: str, heard: Callable[[str, bytes], None]) -> None:
        self._app = app
        self._path = path
        self._heard = heard
        self._said: asyncio.Queue[Message] = asyncio.Queue()
        self._said.put_nowait({"type": "websocket.connect"})

    async def serve(self) -> None:
        """Talk to the application until it ends the connection."""
        scope: dict[str, Any] = {**_SCOPE, "path": self._path, "raw_path": self._path.encode()}
        await self._app(scope, self._said.get, self._receive)

    def say(self, tasks: object) -> None:
        """Send a frame of *tasks*."""
        self._said.put_nowait({"type": "websocket.receive", "text": json.dumps(tasks)})

    async def _receive(self, message: Message) -> None:
        if message["type"] == "websocket.send":
            self._heard("a frame", message["text"].encode())
        elif message["type"] == "websocket.close":
            self._heard(f"close {message['code']}", (message.get("reason") or "").encode())
