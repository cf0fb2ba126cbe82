"""What threads wait for on sockets: a read says so while it waits, and takes nothing from the socket before.

A thread that is inside of a real ``recv`` may have been given its bytes already and only wait to go on. Here a thread
first waits until there is something, which takes nothing: as long as there is nothing, it is really waiting.
"""

from __future__ import annotations

import os
import selectors
import socket
import ssl
import stat
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from vidmock.server.local_names import LOCAL_NAMES

_Selector = getattr(selectors, "PollSelector", selectors.SelectSelector)
_PLAIN = ("recv", "recv_into", "accept")
_DESCRIPTORS = Path("/dev/fd")


class Read(NamedTuple):
    """A thread's wait for something to read; *number* tells it from any other."""

    sock: socket.socket
    number: int


class BlockingReads:
    """The reads that are waited for, by thread, from ``begin`` to ``end``: of sockets that block, in this process."""

    def __init__(self) -> None:
        self._waiting: dict[int, Read] = {}
        self._numbers = count()
        self._users = 0
        self._lock = threading.Lock()
        self._before: list[tuple[type[Any], str, Any]] = []

    @property
    def waiting(self) -> Mapping[int, Read]:
        """By the thread's number."""
        return MappingProxyType(self._waiting)

    def begin(self) -> None:
        """Have every read that begins from now on say that it waits."""
        with self._lock:
            self._users += 1
            if self._users == 1:
                for name in _PLAIN:
                    self._replace(socket.socket, name, self._plain(getattr(socket.socket, name)))
                self._replace(ssl.SSLSocket, "read", self._encrypted(ssl.SSLSocket.read))

    def end(self) -> None:
        """Put the real reads back, unless somebody else needs these still."""
        with self._lock:
            self._users -= 1
            while not self._users and self._before:
                owner, name, inherited = self._before.pop()
                if inherited is None:
                    delattr(owner, name)
                else:
                    setattr(owner, name, inherited)

    def _replace(self, owner: type[Any], name: str, read: Callable[..., Any]) -> None:
        self._before.append((owner, name, vars(owner).get(name)))
        setattr(owner, name, read)

    def _plain(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def read(sock: socket.socket, *more: Any, **named: Any) -> Any:
            self._wait(sock)
            return real(sock, *more, **named)

        return read

    def _encrypted(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def read(sock: ssl.SSLSocket, *more: Any, **named: Any) -> Any:
            while sock.gettimeout() != 0 and not sock.pending():
                self._wait(sock)
                # What came may be of TLS itself, and nothing for the reader.
                with _not_blocking(sock), suppress(ssl.SSLWantReadError):
                    return real(sock, *more, **named)
            return real(sock, *more, **named)

        return read

    def _wait(self, sock: socket.socket) -> None:
        limit = sock.gettimeout()
        if limit == 0 or sock.fileno() < 0:
            return
        thread = threading.get_ident()
        self._waiting[thread] = Read(sock, next(self._numbers))
        try:
            came = _ready({sock.fileno(): selectors.EVENT_READ}, limit)
        finally:
            del self._waiting[thread]
        if not came:
            raise TimeoutError("timed out")


READS = BlockingReads()
"""Of this process, whose sockets all have the same class."""


def anything_ready(wanted: Mapping[int, int]) -> bool:
    """Whether one of the descriptors is ready for its events, without waiting."""
    return _ready(wanted, 0)


def stays_inside(descriptor: int) -> bool:
    """Whether only this process can have the socket become ready: it is connected to a port here, or is one."""
    try:
        with socket.socket(fileno=os.dup(descriptor)) as sock:
            ends = [sock.getsockname(), *([] if _listens(sock) else [sock.getpeername()])]
    except OSError:
        return False
    ports = {end[1] for end in ends if isinstance(end, tuple)}
    return not ports.isdisjoint(_ports_of_this_process())


def is_taken_here(url: str) -> bool:
    """Whether this process takes the connections that are made to *url*: it listens on that port, on loopback."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    host = parts.hostname or ""
    return (host in LOCAL_NAMES or host.startswith("127.")) and port in _ports_of_this_process()


def _ready(wanted: Mapping[int, int], limit: float | None) -> bool:
    with _Selector() as selector:
        for descriptor, events in wanted.items():
            selector.register(descriptor, events)
        return bool(selector.select(limit))


@contextmanager
def _not_blocking(sock: socket.socket) -> Iterator[None]:
    limit = sock.gettimeout()
    sock.settimeout(0)
    try:
        yield
    finally:
        if sock.fileno() >= 0:
            sock.settimeout(limit)


def _listens(sock: socket.socket) -> bool:
    return bool(sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))


def _ports_of_this_process() -> set[int]:
    """Where this process takes connections."""
    ports: set[int] = set()
    for entry in _DESCRIPTORS.iterdir():
        with suppress(OSError):
            descriptor = int(entry.name)
            if stat.S_ISSOCK(os.fstat(descriptor).st_mode):
                with socket.socket(fileno=os.dup(descriptor)) as sock:
                    if sock.family in (socket.AF_INET, socket.AF_INET6) and _listens(sock):
                        ports.add(sock.getsockname()[1])
    return ports
