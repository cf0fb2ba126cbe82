"""Writes an answer, and tells its receipt what of it went to a connection that is still open."""

from __future__ import annotations

import asyncio
import select
from collections.abc import Callable, Iterator
from email.utils import formatdate
from typing import Any, Final

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from vidmock.engine.time.clock import Clock
from vidmock.providers.exchange.broken import WRITTEN, Missed
from vidmock.providers.exchange.envelope import arrival_of
from vidmock.providers.exchange.receipt import Receipt

_PIECE: Final = 64 * 1024
"""Bytes of a body that are handed to the connection at a time."""
_HUNG_UP: Final = sum(getattr(select, name, 0) for name in ("POLLRDHUP", "POLLHUP", "POLLERR"))
"""Events of a socket whose other end has gone. Not every system has all of them, and Windows has no poll."""


def is_open(transport: asyncio.Transport | None) -> bool:
    """Whether somebody is at the other end of *transport*; in process, where there is none, there is.

    The socket is asked as well: a client that has gone is noticed by the event loop only when it next looks.
    """
    if transport is None:
        return True
    if transport.is_closing() or not hasattr(select, "poll"):
        return not transport.is_closing()
    poll = select.poll()
    poll.register(transport.get_extra_info("socket").fileno(), _HUNG_UP)
    return not poll.poll(0)


def unless_missed(response: Response, transport: asyncio.Transport | None, *, late: bool) -> Response:
    """*response*, or none at all where the connection is closed: nobody is there any more to get it.

    A *late* one comes some time after it was asked for. Who has shut down its side meanwhile has gone.
    """
    gone = transport is not None and (transport.is_closing() or (late and not is_open(transport)))
    return Missed() if gone else response


class Written(Response):
    """*response* as it is, with a *receipt*; dated by *clock* where programs live by that, as it goes to a connection.

    What is left in the connection's buffers when the client goes counts as written. It is at most a part of the last
    piece of a body, because what came before has left them when that piece is begun.
    """

    def __init__(self, response: Response, receipt: Receipt, clock: Clock) -> None:
        self._response, self._receipt, self._clock = response, receipt, clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        transport, has_body = arrival_of(scope).transport, scope["method"] != "HEAD"
        dated = _dated(send, self._clock.now) if transport and self._clock.is_lived_by else send
        await self._response(scope, receive, _Writing(transport, dated, self._receipt, has_body))


class _Writing:
    """An ASGI ``send`` that notes what it sends; bodies are sent only where the answer *has a body*."""

    def __init__(self, transport: asyncio.Transport | None, send: Send, receipt: Receipt, has_body: bool) -> None:
        self._transport, self._send, self._receipt, self._has_body = transport, send, receipt, has_body
        self._reached: bool | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == WRITTEN["type"]:
            self._reached = is_open(self._transport)
            self._note(message["size"], last=True)
        elif message["type"] == "http.response.body" and self._receipt:
            await self._write(message.get("body", b""), more=message.get("more_body", False))
        else:
            await self._send(message)

    async def _write(self, body: bytes, *, more: bool) -> None:
        *before, last = _pieces(body)
        for piece in before:
            await self._write(piece, more=True)
        if not more:
            # Returns once the buffers of the connection have room: from here to the last byte nothing can happen.
            await self._send(_body(b"", more=True))
        if last or self._reached is None:
            self._reached = is_open(self._transport)
        await self._send(_body(last, more=more))
        self._note(len(last), last=not more)

    def _note(self, size: int, *, last: bool) -> None:
        if self._reached:
            self._receipt.written(size if self._has_body else 0)
            if last:
                self._receipt.settle()


def _dated(send: Send, now: Callable[[], float]) -> Send:
    """*send*, whose answers have a ``Date``."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            date = (b"date", formatdate(now(), usegmt=True).encode())
            message = {**message, "headers": [date, *message.get("headers", ())]}
        await send(message)

    return sending


def _body(body: bytes, *, more: bool) -> dict[str, Any]:
    return {"type": "http.response.body", "body": body, "more_body": more}


def _pieces(body: bytes) -> Iterator[bytes]:
    """*body* in pieces, at least one."""
    for begin in range(0, max(1, len(body)), _PIECE):
        yield body[begin : begin + _PIECE]
