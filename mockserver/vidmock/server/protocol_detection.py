"""Finds out what a new connection speaks: HTTP, TLS, or CONNECT with one of them inside the tunnel."""

from __future__ import annotations

import asyncio
import logging
import re
import socket
import ssl
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Any

from vidmock.problems import Problem
from vidmock.server.egress import DestinationRefused, connect_to_first, find_destination, not_emulated_text

FIRST_BYTE_SECONDS = 60.0
"""How long a client may keep silent after it has connected."""
TUNNEL_HEAD_LIMIT = 16 * 1024
"""Bytes of a CONNECT request, its headers included."""
_TLS_HANDSHAKE = b"\x16"
_CONNECT = re.compile(rb"CONNECT (?:\[([\da-fA-F:.]+)\]|([\w.-]+)):(\d{1,5}) HTTP/1\.[01]", re.ASCII)
"""A host and its port, which RFC 9110, section 9.3.6, demands."""
_HIGHEST_PORT = 65_535

Protocol = Callable[[], asyncio.Protocol]

log = logging.getLogger("vidmock")


class ProtocolDetection:
    """Peeks at a connection's first bytes, and has it served by what *protocol* makes, over TLS where it speaks that.

    A CONNECT to one of the hosts *emulated* is answered by this server, and one to a host that is *allowed* is relayed
    to it. Every other host is refused with a message that names it, and passed to *refused*. *elsewhere* may give a
    connection that speaks plain HTTP to somebody else, and says whether it has.
    """

    def __init__(
        self,
        protocol: Protocol,
        context: Callable[[], ssl.SSLContext],
        emulated: Collection[str],
        allowed: Collection[str] = (),
        refused: Callable[[str], None] = lambda host: None,
        elsewhere: Callable[[socket.socket], Awaitable[bool]] | None = None,
    ) -> None:
        self._protocol = protocol
        self._context = context
        self._emulated = emulated
        self._allowed = allowed
        self._refused = refused
        self._elsewhere = elsewhere

    async def serve(self, connection: socket.socket) -> None:
        """Serve *connection*, have somebody else do so, or close it if that cannot be done."""
        await self._serve(connection, self._elsewhere)

    async def serve_here(self, connection: socket.socket) -> None:
        """Serve *connection*, which somebody else had, or close it if that cannot be done."""
        await self._serve(connection)

    async def _serve(
        self, connection: socket.socket, elsewhere: Callable[[socket.socket], Awaitable[bool]] | None = None
    ) -> None:
        try:
            async with asyncio.timeout(FIRST_BYTE_SECONDS):
                head, first = b"", await _first_byte(connection)
                if first == b"C":
                    head = await _read_head(connection)
                    if head.startswith(b"CONNECT "):
                        first = await self._tunnel(connection, head)
                        head = b""
            if not first:
                connection.close()
                return
            if elsewhere and not head and first not in (_TLS_HANDSHAKE, b"C") and await elsewhere(connection):
                return
            await self._hand_over(connection, head, tls=first == _TLS_HANDSHAKE)
        except (OSError, TimeoutError):
            connection.close()
        except Problem as problem:
            log.warning("vidmock: no TLS: %s", problem)
            connection.close()
        except asyncio.CancelledError:
            # The server closes before the client has said anything.
            connection.close()
            raise

    async def _hand_over(self, connection: socket.socket, head: bytes, *, tls: bool) -> None:
        loop = asyncio.get_running_loop()
        options: dict[str, Any] = {"ssl": self._context(), "ssl_handshake_timeout": 30.0} if tls else {}
        try:
            _, protocol = await loop.connect_accepted_socket(self._protocol, connection, **options)
            if head:
                protocol.data_received(head)
        except ssl.SSLError as error:
            # The client's own message seldom says what to do about it.
            log.warning("a TLS client gave up (%s): does it trust the file that `vidmock ca` names?", error.reason)

    async def _tunnel(self, connection: socket.socket, head: bytes) -> bytes:
        """Answer a CONNECT: the first byte in the tunnel, or nothing where this server does not serve what is in it."""
        loop = asyncio.get_running_loop()
        line = head.partition(b"\r\n")[0]
        found = _CONNECT.fullmatch(line)
        port = int(found[3]) if found else 0
        if not found or not 0 < port <= _HIGHEST_PORT:
            await loop.sock_sendall(connection, _refusal(400, _malformed_text(line)))
            return b""
        host = (found[1] or found[2]).decode("ascii").lower().rstrip(".")
        if host in self._emulated:
            await loop.sock_sendall(connection, b"HTTP/1.1 200 Connection established\r\n\r\n")
            return await _first_byte(connection)
        if host in self._allowed:
            try:
                addresses = await find_destination(host, port, self._allowed)
            except DestinationRefused as error:
                await loop.sock_sendall(connection, _refusal(403, f"{error}\n"))
                return b""
            await _relay(connection, addresses, port)
            return b""
        self._refused(host)
        await loop.sock_sendall(connection, _refusal(403, not_emulated_text(host)))
        return b""


def _malformed_text(line: bytes) -> str:
    """What is wrong with *line*, the first one of a CONNECT that names no host and port."""
    said = line.decode("latin-1")
    return f"CONNECT needs a host and a port, as in 'CONNECT queue.fal.run:443 HTTP/1.1', not {said!r:.200}\n"


def _refusal(status: int, text: str) -> bytes:
    """The answer to a CONNECT, with *text* as its reason as well: it is all that many clients show of it."""
    body = text.encode()
    reason = re.sub(rb"[^ -~]", b"?", text.strip().encode("ascii", "replace"))
    head = b"HTTP/1.1 %d %s\r\ncontent-type: text/plain\r\nconnection: close\r\ncontent-length: %d\r\n\r\n"
    return head % (status, reason, len(body)) + body


async def _first_byte(connection: socket.socket) -> bytes:
    """The next byte, which stays in the socket's buffer; empty at the end of the stream."""
    return await _peek(connection, 1)


async def _peek(connection: socket.socket, size: int) -> bytes:
    """What has arrived, up to *size* bytes, which stay in the socket's buffer; empty at the end of the stream."""
    loop = asyncio.get_running_loop()
    while True:
        try:
            return connection.recv(size, socket.MSG_PEEK)
        except BlockingIOError:
            readable = asyncio.Event()
        loop.add_reader(connection, readable.set)
        try:
            await readable.wait()
        finally:
            loop.remove_reader(connection)


async def _read_head(connection: socket.socket) -> bytes:
    """Read up to the end of a request's headers, or of the stream; what comes behind stays in the socket's buffer."""
    head = b""
    while b"\r\n\r\n" not in head and len(head) < TUNNEL_HEAD_LIMIT:
        part = await _peek(connection, TUNNEL_HEAD_LIMIT)
        if not part:
            break
        before, end, _ = (head + part).partition(b"\r\n\r\n")
        head += connection.recv(len(before + end) - len(head))
    return head


async def _relay(connection: socket.socket, addresses: Sequence[str], port: int) -> None:
    """Pass bytes between *connection* and a connection to the real host, until both have ended.

    Raises:
        OSError: none of its *addresses* takes a connection.
    """
    loop = asyncio.get_running_loop()
    reader, writer = await connect_to_first(addresses, lambda address: asyncio.open_connection(address, port))
    await loop.sock_sendall(connection, b"HTTP/1.1 200 Connection established\r\n\r\n")

    async def to_host() -> None:
        while data := await loop.sock_recv(connection, 65536):
            writer.write(data)
            await writer.drain()
        writer.write_eof()

    async def to_client() -> None:
        while data := await reader.read(65536):
            await loop.sock_sendall(connection, data)
        connection.shutdown(socket.SHUT_WR)

    try:
        await asyncio.gather(to_host(), to_client())
    finally:
        writer.close()
        connection.close()
