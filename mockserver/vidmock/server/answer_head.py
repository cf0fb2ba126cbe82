"""One request on a connection of its own, its answer's status, and as much of the answer as is shown to people."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, cast

import httptools

from vidmock.engine.webhooks.delivery import BODY_SHOWN, HEAD_SHOWN

ANSWER_HEAD_BYTES: Final = 64 * 1024
"""Bytes of an answer's head, with all 1xx answers before it."""
ANSWER_BODY_BYTES: Final = 64 * 1024
"""Bytes of an answer's body that are read, so that its sender can end as it is used to."""
ANSWER_BODY_SECONDS: Final = 1.0
"""Real seconds for that, after the head."""


class BadAnswer(Exception):
    """What came is not the head of an HTTP answer; the message says what it is instead."""


class Withheld(Exception):
    """Nothing of the request has left."""


class AnswerHead(asyncio.Protocol):
    """Writes *request* once connected, if it *may* leave then; :meth:`status` is that of the answer.

    *waits* is called with what has not happened, when it is waited for from then on: that the request is taken, or
    an answer. That may come before all is written, as from a receiver that refuses a body by its length. Of what comes
    behind the head no more than ``ANSWER_BODY_BYTES`` are read, for ``ANSWER_BODY_SECONDS``, and none is unpacked. What
    is wrong with it, and whether it ends, is nobody's concern.
    """

    def __init__(self, request: bytes, waits: Callable[[str], None], may: Callable[[], bool] = lambda: True) -> None:
        self._request, self._waits, self._may = request, waits, may
        self._loop = asyncio.get_running_loop()
        self._over: asyncio.Future[int] = self._loop.create_future()
        self._parser = httptools.HttpResponseParser(self)
        self._transport: asyncio.Transport | None = None
        self._linger: asyncio.TimerHandle | None = None
        self._status: int | None = None
        self._complete = False
        self._read = 0
        self._head, self._body = bytearray(), bytearray()

    @property
    def received(self) -> bytes:
        """The beginning of the answer's headers, an empty line, and the beginning of its body."""
        return bytes(self._head[:HEAD_SHOWN]).rstrip(b"\r\n") + b"\r\n\r\n" + bytes(self._body)

    async def status(self) -> int:
        """The status of the answer.

        Raises:
            BadAnswer: there is none.
            OSError: the connection broke.
            Withheld: the request may not leave.
        """
        return await self._over

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Those of uvloop have no base in common with these.
        self._transport = transport = cast("asyncio.Transport", transport)
        if not self._may():
            self._fail(Withheld())
            return
        # So that resume_writing() tells that nothing is left to be written.
        transport.set_write_buffer_limits(0)
        transport.write(self._request)
        self._waits("the message was not taken" if transport.get_write_buffer_size() else "no answer")

    def resume_writing(self) -> None:
        self._waits("no answer")

    def data_received(self, data: bytes) -> None:
        if self._over.done():
            return
        self._read += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._finish()
        except httptools.HttpParserError as error:
            self._fail(BadAnswer(f"the answer is no HTTP: {error}"))
        if self._status is None and self._read > ANSWER_HEAD_BYTES:
            self._fail(BadAnswer(f"the head of the answer has more than {ANSWER_HEAD_BYTES} bytes"))
        elif self._read > ANSWER_HEAD_BYTES + ANSWER_BODY_BYTES:
            self._finish()

    def eof_received(self) -> None:
        self._fail(BadAnswer("the connection was closed without an answer"))

    def connection_lost(self, error: Exception | None) -> None:
        self._fail(error or BadAnswer("the connection was closed without an answer"))

    def on_header(self, name: bytes, value: bytes) -> None:
        # Those behind the body are nobody's concern.
        if self._status is None and len(self._head) < HEAD_SHOWN:
            self._head += b"%b: %b\r\n" % (name, value)

    def on_body(self, data: bytes) -> None:
        if self._status is not None:
            self._body += data[: BODY_SHOWN - len(self._body)]

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if self._status is None and not (status >= 200 or status == 101):
            self._head.clear()
        elif self._status is None:
            self._status = status
            self._linger = self._loop.call_later(ANSWER_BODY_SECONDS, self._finish)

    def on_message_complete(self) -> None:
        if self._status is not None:
            self._complete = True
            self._finish()

    def close(self) -> None:
        """Close the connection, and drop what is left on it."""
        if self._linger:
            self._linger.cancel()
        if self._transport and self._complete and not self._transport.get_write_buffer_size():
            self._transport.close()
        elif self._transport:
            self._transport.abort()

    def _finish(self) -> None:
        if not self._over.done() and self._status is not None:
            self._over.set_result(self._status)

    def _fail(self, error: Exception) -> None:
        """Nothing more will come: what is known counts, and *error* if nothing is."""
        self._finish()
        if not self._over.done():
            self._over.set_exception(error)
            # Whoever has stopped waiting need not be told.
            self._over.exception()
