"""HTTP/1.1 on one connection: uvicorn's protocol over httptools, and what both leave to somebody else.

- An upgrade that is no WebSocket is not made, and the request is served as if it had not been asked for (RFC 9110,
  7.8). httptools would drop its body: Java's HttpClient, Spring and ``curl --http2`` ask for ``h2c`` in every request.
- A head or URL that is too long, and a request that is never finished, are refused: see the constants below.
- Trailers are dropped: uvicorn would add them to the headers of a request that is already being served.
- HTTP/1.0 gets no chunks.
- A client that shuts its side down once it has asked gets its answer, if that comes at once.
- An answer that has a date gets no second one: in virtual time the clock on the wall is not the machine's.

A refusal is never written before the answer to an earlier request on the connection, which would be taken for it.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from http import HTTPStatus
from typing import Any, NoReturn

import httptools
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from vidmock.providers.exchange.beside import is_anyone_beside
from vidmock.providers.exchange.envelope import Port, connection_state
from vidmock.server.page_policy import ATTACHMENT, STRANGERS
from vidmock.server.request_head import RequestRefused, check_head, host_in_target, with_path, without_upgrade
from vidmock.server.response_cycle import keep_date, send_unchunked

URL_LIMIT = 16 * 1024
"""Bytes of a request's URL (Cloudflare, "Connection limits": 16 KB). A longer one is answered with 414."""
REQUEST_HEAD_LIMIT = 64 * 1024
"""Bytes of a request's head (twice the 32 KB of the same page). A longer one is answered with 431."""
HEAD_SECONDS = 60.0
"""How long a client may take for a request's head, from the first byte to the last; then it is answered with 408."""
BODY_SECONDS = 60.0
"""How long a client may send nothing in the middle of a body; then it is answered with 408."""
_ANSWER_TURNS = 64
"""Turns of the event loop in which an answer comes that waits for nothing: no clock and no other client. While a large
body is worked at in a thread, which the answer may wait for, they begin anew."""
_THREAD_SECONDS = 0.01
"""How long until that is looked at again."""
LINGER_SECONDS = 5.0
"""How long what a refused client still sends is read and thrown away: closing at once would reset the connection, and
the refusal would be lost with it."""


class HttpProtocol(HttpToolsProtocol):
    """Serves one connection of *port*, which calls ``expire`` from time to time."""

    def __init__(self, config: uvicorn.Config, server_state: ServerState, port: Port) -> None:
        super().__init__(config=config, server_state=server_state, app_state={})
        self._port = port
        self._answering: RequestResponseCycle | None = None
        """The request that the application has, or had last."""
        self._refusal: RequestRefused | None = None
        """What a callback of the parser has raised."""
        self._deaf = False
        """Whether what the client still sends is thrown away."""
        self._closing_at = math.inf
        """When a connection that is deaf is closed."""
        self._has_shut = False
        """Whether the client has shut its side down, and waits for an answer."""
        self._since: float | None = None
        """Since when the client owes the rest of a request; ``None`` while it owes nothing."""
        self._in_head = self._in_body = False
        self._head_size = self._unread = 0
        """Bytes of the head, and of what the parser holds of it (or of a chunk's head, or a trailer) unfinished."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        # For faults, which break the connection or shut the port.
        self.app_state.update(connection_state(transport, self._port))
        super().connection_made(transport)
        self._since = self.loop.time()

    def data_received(self, data: bytes) -> None:
        if self._deaf:
            return
        self._unset_keepalive_if_required()
        if self._since is None or self._in_body:
            self._since = self.loop.time()
        self._unread += len(data)
        try:
            self._feed(data)
            if self._in_head or self._in_body:
                # httptools keeps an unfinished header to itself, and copies all of it for each part that comes.
                self._check_size()
        except RequestRefused as refused:
            self._refuse(refused)
        except httptools.HttpParserError as error:
            why = "" if isinstance(error, httptools.HttpParserCallbackError) else f": {error}"
            self._refuse(self._refusal or RequestRefused(HTTPStatus.BAD_REQUEST, f"Invalid HTTP request received{why}"))

    def eof_received(self) -> bool:  # type: ignore[override]  # uvicorn does not answer, which is no
        """Whether the connection stays although the client will send nothing more, for the answer to what it has sent.

        Nothing tells such a client from one that has gone. For an answer that waits, as for the end of a job, it has
        gone. TLS has no such state.
        """
        if self._deaf or not self._is_busy() or self._in_head or self._in_body or self.scheme == "https":
            return False
        self._has_shut = True
        self._last_cycle().keep_alive = False
        self._await_answer(_ANSWER_TURNS)
        return True

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._has_shut:
            self._await_answer(_ANSWER_TURNS)

    def expire(self, now: float) -> None:
        """Close or refuse the connection if its time is up at *now*, on the event loop's clock."""
        if self._deaf:
            if now >= self._closing_at:
                self.transport.abort()
        elif self._since is None:
            return
        elif self.flow.read_paused or (self._is_busy() and not self._in_body):
            # It is not the client's turn.
            self._since = now
        elif now >= self._since + (BODY_SECONDS if self._in_body else HEAD_SECONDS):
            if self._in_head or self._in_body:
                self._refuse(RequestRefused(HTTPStatus.REQUEST_TIMEOUT, "The request was not finished in time"))
            else:
                self.transport.close()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head, self._head_size, self._unread = True, 0, 0
        if self._since is None:
            self._since = self.loop.time()

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        self._unread = 0
        if len(self.url) > URL_LIMIT:
            self._stop(RequestRefused(HTTPStatus.REQUEST_URI_TOO_LONG, f"The URL is longer than {URL_LIMIT} bytes"))

    def on_header(self, name: bytes, value: bytes) -> None:
        self._unread = 0
        self._head_size += len(name) + len(value) + len(b": \r\n")
        if self._head_size > REQUEST_HEAD_LIMIT:
            self._check_size()
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._in_head = False
        if self._drops_upgrade():
            return
        self._check_head()
        super().on_headers_complete()
        self._in_body = not (self.parser.should_upgrade() and self._should_upgrade())
        if self._in_body:
            self._since = self.loop.time()
            if self.expect_100_continue:
                # A client that is refused need not send the body, and what it sends instead must not be taken for it.
                self.cycle.keep_alive = False
            if self.parser.get_http_version() == "1.0":
                send_unchunked(self.cycle)

    def on_body(self, body: bytes) -> None:
        self._unread = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        if self._drops_upgrade():
            return
        self._in_body, self._since = False, None
        super().on_message_complete()

    def _feed(self, data: bytes) -> None:
        while True:
            try:
                self.parser.feed_data(data)
            except httptools.HttpParserUpgrade as upgrade:
                if self._should_upgrade():
                    self._since = None
                    self.handle_websocket_upgrade()
                    return
                data = self._head_without_upgrade() + data[upgrade.args[0] :]
                self.parser = httptools.HttpRequestParser(self)
            else:
                return

    def _should_upgrade(self) -> bool:
        # RFC 6455, 4.1: a GET of HTTP/1.1.
        return bool(self.parser.get_method() == b"GET" and super()._should_upgrade())

    def _drops_upgrade(self) -> bool:
        return bool(self.parser.should_upgrade() and not self._should_upgrade())

    def _head_without_upgrade(self) -> bytes:
        """The head that was just parsed, less its upgrade, to be parsed again."""
        method = self.parser.get_method()
        if method == b"CONNECT":
            raise RequestRefused(HTTPStatus.BAD_REQUEST, "CONNECT must be the first request of a connection")
        line = b"%s %s HTTP/%s" % (method, self.url, self.parser.get_http_version().encode())
        headers = (b"%s: %s" % header for header in without_upgrade(self.headers))
        return b"\r\n".join((line, *headers, b"", b""))

    def _check_head(self) -> None:
        try:
            check_head(self.parser.get_http_version(), self.headers)
            self.url = with_path(self.parser.get_method(), self.url)
            host = host_in_target(self.url)
        except RequestRefused as refused:
            self._stop(refused)
        if host is not None:
            self.headers[:] = [(b"host", host), *(header for header in self.headers if header[0] != b"host")]

    def _check_size(self) -> None:
        if self._head_size + self._unread > REQUEST_HEAD_LIMIT:
            too_long = f"The head is longer than {REQUEST_HEAD_LIMIT} bytes"
            self._stop(RequestRefused(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, too_long))

    def _stop(self, refused: RequestRefused) -> NoReturn:
        # httptools replaces what a callback raises by an exception of its own.
        self._refusal = refused
        raise refused

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._answering = cycle
        keep_date(cycle)
        super()._start_asgi_task(cycle, app)

    def _is_busy(self) -> bool:
        return self._answering is not None and not self._answering.response_complete

    def _last_cycle(self) -> RequestResponseCycle:
        """The request that is answered last, of those that there are."""
        assert self._answering is not None
        return self.pipeline[0][0] if self.pipeline else self._answering

    def _await_answer(self, turns: int) -> None:
        """Close the connection after so many *turns* of the loop, unless the client is still reading the answer."""
        if self.transport.is_closing() or self.flow.write_paused:
            return
        if is_anyone_beside(self.loop):
            self.loop.call_later(_THREAD_SECONDS, self._await_answer, _ANSWER_TURNS)
        elif turns:
            self.loop.call_soon(self._await_answer, turns - 1)
        else:
            self.transport.close()

    def _refuse(self, refused: RequestRefused) -> None:
        self._deaf = True
        unfinished = self.cycle if self._in_body else None
        if unfinished is not None:
            # The application does not wait for the rest of it any more.
            unfinished.disconnected = True
            unfinished.message_event.set()
            self.pipeline = deque(entry for entry in self.pipeline if entry[0] is not unfinished)
        if self._answering is not None and self._answering is not unfinished and self._is_busy():
            self._last_cycle().keep_alive = False
        elif unfinished is not None and unfinished.response_started:
            self.transport.close()
        else:
            self._write_refusal(refused)

    def _write_refusal(self, refused: RequestRefused) -> None:
        body = f"{refused}\n".encode()
        head = (
            f"HTTP/1.1 {refused.status.value} {refused.status.phrase}\r\ncontent-type: text/plain; charset=utf-8\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\ncontent-disposition: {ATTACHMENT}\r\n"
            + "".join(f"{name}: {value}\r\n" for name, value in STRANGERS.items())
        ).encode()
        date = b"".join(b"%s: %s\r\n" % header for header in self.server_state.default_headers)
        self.transport.write(head + date + b"\r\n" + body)
        self._closing_at = self.loop.time() + LINGER_SECONDS
        if self.transport.can_write_eof():
            self.transport.write_eof()
        else:
            self.transport.close()
