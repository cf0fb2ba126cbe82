"""What a fresh connection is: plain HTTP, TLS, or a CONNECT tunnel with either of them inside."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable, Collection
from typing import Any

from vidmock.server.egress import not_emulated

FIRST_BYTE_SECONDS = 60.0
TUNNEL_HEAD_LIMIT = 16 * 1024
_TLS_HANDSHAKE = b"\x16"

Protocol = Callable[[], asyncio.Protocol]

log = logging.getLogger("vidmock")


class ProtocolDetection:
    """Looks at a connection's first bytes without taking them, and hands it to *protocol*.

    *emulated* hosts are answered here when a client asks to be connected to them. *allowed* ones are really
    connected. Every other host is refused with a message that names it: nothing leaves this machine by accident.
    """

    def __init__(
        self,
        protocol: Protocol,
        context: Callable[[], ssl.SSLContext],
        emulated: Collection[str],
        allowed: Collection[str] = (),
        refused: Callable[[str], None] = lambda host: None,
    ) -> None:
        self._protocol = protocol
        self._context = context
        self._emulated = emulated
        self._allowed = allowed
        self._refused = refused

    async def sort(self, connection: socket.socket) -> None:
        """Take over *connection*; it is closed on anything that cannot be served."""
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
            await self._serve(connection, head, tls=first == _TLS_HANDSHAKE)
        except (OSError, TimeoutError):
            connection.close()
        except asyncio.CancelledError:
            # The server closes before the client has said anything.
            connection.close()
            raise

    async def _serve(self, connection: socket.socket, head: bytes, *, tls: bool) -> None:
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
        """Answer a CONNECT; returns the first byte of what comes through, or nothing where that is not ours."""
        loop = asyncio.get_running_loop()
        words = head.partition(b"\r\n")[0].decode("latin-1").split()
        target = words[1] if len(words) > 1 else ""
        host, _, port = target.rpartition(":")
        host = host.strip("[]").lower()
        if host in self._emulated:
            await loop.sock_sendall(connection, b"HTTP/1.1 200 Connection established\r\n\r\n")
            return await _first_byte(connection)
        if host in self._allowed and port.isdecimal():
            await _relay(connection, host, int(port))
            return b""
        self._refused(host or target)
        message = not_emulated(host or target).encode()
        head = b"HTTP/1.1 403 Forbidden\r\ncontent-type: text/plain\r\nconnection: close\r\ncontent-length: %d\r\n\r\n"
        await loop.sock_sendall(connection, head % len(message) + message)
        return b""


async def _first_byte(connection: socket.socket) -> bytes:
    """The first byte, left where it is; nothing at the end of the stream."""
    return await _peek(connection, 1)


async def _peek(connection: socket.socket, size: int) -> bytes:
    """What has come, up to *size* bytes, left where it is; nothing at the end of the stream."""
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
    """What is sent up to the end of a request's head, or of the stream. What comes behind it is left where it is."""
    head = b""
    while b"\r\n\r\n" not in head and len(head) < TUNNEL_HEAD_LIMIT:
        part = await _peek(connection, TUNNEL_HEAD_LIMIT)
        if not part:
            break
        before, end, _ = (head + part).partition(b"\r\n\r\n")
        head += connection.recv(len(before + end) - len(head))
    return head


async def _relay(connection: socket.socket, host: str, port: int) -> None:
    """Join *connection* with a real one, both ways, until both sides are done."""
    loop = asyncio.get_running_loop()
    reader, writer = await asyncio.open_connection(host, port)
    await loop.sock_sendall(connection, b"HTTP/1.1 200 Connection established\r\n\r\n")

    async def outwards() -> None:
        while data := await loop.sock_recv(connection, 65536):
            writer.write(data)
            await writer.drain()
        writer.write_eof()

    async def inwards() -> None:
        while data := await reader.read(65536):
            await loop.sock_sendall(connection, data)
        connection.shutdown(socket.SHUT_WR)

    try:
        await asyncio.gather(outwards(), inwards())
    finally:
        writer.close()
        connection.close()
