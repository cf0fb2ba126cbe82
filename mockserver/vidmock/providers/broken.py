"""Answers as networks and edges break them: Starlette responses that do to the connection what a fault asks for.

They reach the connection through ``scope["state"]["vidmock.transport"]``, which the server's door puts there. Where
there is none, in process, a broken connection is a ``ConnectionResetError``, as a client would see it.
"""

from __future__ import annotations

import asyncio
import socket
import struct

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

TRANSPORT = "vidmock.transport"


class Hung(Response):
    """Never answers; ends when the client goes."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await _gone(receive)


class Lost(Response):
    """The connection ends without a byte: closed in order, or reset."""

    def __init__(self, *, reset: bool) -> None:
        super().__init__()
        self._reset = reset

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        _end(scope, reset=self._reset)
        await _gone(receive)


class Truncated(Response):
    """Announces all of *whole* and sends *part* of it (0 to 1), then ends the connection."""

    def __init__(self, whole: Response, part: float) -> None:
        super().__init__()
        self._whole, self._part = whole, part

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = bytes(self._whole.body)
        await send(_start(self._whole))
        await send({"type": "http.response.body", "body": body[: int(len(body) * self._part)], "more_body": True})
        _end(scope, reset=False)
        await _gone(receive)


class Trickled(Response):
    """Sends *whole* in pieces of *size* bytes, each a write of its own."""

    def __init__(self, whole: Response, size: int) -> None:
        super().__init__()
        self._whole, self._size = whole, max(1, size)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = bytes(self._whole.body)
        await send(_start(self._whole))
        for begin in range(0, len(body), self._size):
            piece = body[begin : begin + self._size]
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            await asyncio.sleep(0)
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def _start(whole: Response) -> dict[str, object]:
    return {"type": "http.response.start", "status": whole.status_code, "headers": whole.raw_headers}


def _end(scope: Scope, *, reset: bool) -> None:
    transport = scope.get("state", {}).get(TRANSPORT)
    if transport is None:
        raise ConnectionResetError("the connection was broken by a fault")
    if reset:
        # With a linger time of zero, closing sends RST instead of FIN.
        connection = transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    else:
        transport.close()


async def _gone(receive: Receive) -> None:
    """Wait until the server has noticed that the connection is over: else it would answer 500 in our place."""
    while (await receive())["type"] != "http.disconnect":
        pass
