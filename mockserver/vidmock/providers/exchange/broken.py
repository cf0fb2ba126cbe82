"""Broken answers: Starlette responses that close, reset, cut off or slow down the connection, as a fault asks for.

They find the connection and its port in the request's :class:`Arrival`. In process there is neither: a broken
connection is then a ``ConnectionResetError``, a refused one a ``ConnectionRefusedError``, and answers that are only
slow arrive at once.
"""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from vidmock.engine.time.clock import Clock
from vidmock.providers.exchange.envelope import arrival_of, phrase

_PIECES = 10
"""The number of pieces in which a slow head is sent."""
WRITTEN: Mapping[str, Any] = {"type": "vidmock.written"}
"""Sent, with the body's ``size``, by a response that has written its whole body to the connection itself."""

Elapsed = Callable[[float], Awaitable[None]]
"""Waits until so many seconds of the world's clock have passed since the answer was ready."""


class Broken(Response):
    """A response of which only *part* (0 to 1) of the body of *whole* reaches the client, with status and headers.

    The journal keeps what reaches the client, so ``body`` is that part.
    """

    def __init__(self, whole: Response, part: float = 1.0) -> None:
        super().__init__(bytes(whole.body)[: int(len(whole.body) * part)], whole.status_code)
        self.raw_headers = whole.raw_headers


class Unanswered(Response):
    """A response of which nothing reaches the client; the journal shows it as status 0."""

    def __init__(self) -> None:
        super().__init__(status_code=0)
        self.raw_headers = []


class Missed(Unanswered):
    """Sends nothing: the client has gone before the answer was there."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await _gone(receive)


class Hung(Unanswered):
    """Never answers, whatever *clock* shows; ends when the client disconnects."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._clock.withholding():
            await _gone(receive)


class Lost(Unanswered):
    """Ends the connection without a byte: by FIN, or by RST with *reset*."""

    def __init__(self, *, reset: bool) -> None:
        super().__init__()
        self._reset = reset

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        _end(scope, reset=self._reset)
        await _gone(receive)


class PortRefused(Unanswered):
    """Resets the connection, and refuses new ones until *over* is set, for at most *seconds* of real time."""

    def __init__(self, over: asyncio.Event, seconds: float) -> None:
        super().__init__()
        self._over, self._seconds = over, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        port = arrival_of(scope).port
        if port is None:
            raise ConnectionRefusedError("the connection was refused by a fault")
        port.shut(self._over, self._seconds)
        _end(scope, reset=True)
        await _gone(receive)


class HalfClosed(Unanswered):
    """Ends the server's side of the connection (FIN) without a byte; the client's side stays open."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # At the socket, below TLS: a peer that vanishes sends no close_notify. uvloop's transports cannot half-close.
        with socket.socket(fileno=os.dup(_transport(scope).get_extra_info("socket").fileno())) as connection:
            connection.shutdown(socket.SHUT_WR)
        await _gone(receive)


class SlowHead(Broken):
    """Sends status line and headers of *whole* over *seconds* of the world's clock, and then its body at once."""

    def __init__(self, whole: Response, elapsed: Elapsed, seconds: float) -> None:
        super().__init__(whole)
        self._whole, self._elapsed, self._seconds = whole, elapsed, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        arrival = arrival_of(scope)
        transport, head = arrival.transport, _head(arrival.protect(_start(self)))
        size = -(-len(head) // _PIECES)
        for begin in range(0, len(head), size):
            if transport and transport.is_closing():
                await _gone(receive)
                return
            if transport:
                transport.write(head[begin : begin + size])
            await self._elapsed(self._seconds * (begin + size) / len(head))
        if not transport:
            await self._whole(scope, receive, send)
            return
        if transport.is_closing():
            await _gone(receive)
            return
        body = bytes(self.body) if scope["method"] != "HEAD" else b""
        await send({**WRITTEN, "size": len(body)})
        transport.write(body)
        transport.close()
        await _gone(receive)


class Truncated(Broken):
    """Sends the headers of *whole*, with its full length, and *part* of the body (0 to 1); then closes."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send(_start(self))
        await send({"type": "http.response.body", "body": bytes(self.body), "more_body": True})
        _end(scope, reset=False)
        await _gone(receive)


class Trickled(Broken):
    """Sends the body of *whole* in writes of *size* bytes, over *seconds* of the world's clock."""

    def __init__(self, whole: Response, size: int, elapsed: Elapsed, seconds: float) -> None:
        super().__init__(whole)
        self._size = max(1, size)
        self._elapsed, self._seconds = elapsed, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = bytes(self.body)
        await send(_start(self))
        for begin in range(0, len(body), self._size):
            piece = body[begin : begin + self._size]
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            await asyncio.sleep(0)
            await self._elapsed(self._seconds * (begin + len(piece)) / len(body))
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def break_connection(scope: Scope, receive: Receive) -> None:
    """Close the connection in the middle of an answer. Raises ConnectionResetError in process."""
    _end(scope, reset=False)
    await _gone(receive)


def _start(whole: Response) -> Message:
    return {"type": "http.response.start", "status": whole.status_code, "headers": whole.raw_headers}


def _head(start: Message) -> bytes:
    """Status line and headers of an answer that begins with *start*, and after which the connection ends."""
    status = start["status"]
    lines = (b"HTTP/1.1 %d %s" % (status, phrase(status).encode()), *(b"%s: %s" % pair for pair in start["headers"]))
    return b"\r\n".join((*lines, b"connection: close", b"", b""))


def _transport(scope: Scope) -> asyncio.Transport:
    transport = arrival_of(scope).transport
    if transport is None:
        raise ConnectionResetError("the connection was broken")
    return transport


def _end(scope: Scope, *, reset: bool) -> None:
    transport = _transport(scope)
    if reset:
        # With a linger time of zero, closing sends RST instead of FIN.
        connection = transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    else:
        transport.close()


async def _gone(receive: Receive) -> None:
    """Wait until the server knows that the connection has ended: before that, it would send a 500 of its own."""
    while (await receive())["type"] != "http.disconnect":
        pass
