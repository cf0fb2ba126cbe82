"""Connections between the processes of one machine: one that another process can serve better is handed to it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from array import array
from collections.abc import Callable
from pathlib import Path
from typing import Final

_AT_A_TIME: Final = 64
"""Connections that are taken in one go."""


class HandedConnections:
    """Takes connections from other processes that know *folder*, at the name of this one, and hands others to them.

    *take* is called in the running event loop with each connection that comes.
    """

    def __init__(self, folder: Path, name: str, take: Callable[[socket.socket], None]) -> None:
        self._folder, self._take = folder, take
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)  # noqa: FBT003 - takes no names
        self._path = folder / name
        self._socket.bind(str(self._path))
        asyncio.get_running_loop().add_reader(self._socket, self._receive)

    def hand(self, connection: socket.socket, name: str) -> bool:
        """Hand *connection* to the process of that *name*; whether it has it now. Here it is closed then."""
        try:
            # Not by socket.send_fds, which passes over the address that it is given (CPython 3.11).
            rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array("i", [connection.fileno()]))
            self._socket.sendmsg([b"."], [rights], 0, str(self._folder / name))
        except OSError:
            # It has ended, or has no time.
            return False
        connection.close()
        return True

    def close(self) -> None:
        """Take no more connections; those that wait for it are closed."""
        asyncio.get_running_loop().remove_reader(self._socket)
        self._receive(lambda connection: connection.close())
        self._socket.close()
        with contextlib.suppress(OSError):
            self._path.unlink()

    def _receive(self, take: Callable[[socket.socket], None] | None = None) -> None:
        for _ in range(_AT_A_TIME):
            try:
                _, found, _, _ = socket.recv_fds(self._socket, 1, 1)
            except OSError:
                return
            for descriptor in found:
                (take or self._take)(socket.socket(fileno=descriptor))
