"""A way to a server's Unix socket by TCP, which a test can cut, and stop for a while."""

from __future__ import annotations

import contextlib
import socket
import threading
from pathlib import Path
from typing import Final, Self

_PIECE: Final = 65_536


class Relay:
    """Joins each connection to ``url``, a Redis's address, with one to the socket at *target*: ``with Relay(path)``."""

    def __init__(self, target: Path) -> None:
        self._target = target
        with socket.create_server(("127.0.0.1", 0)) as first:
            self.place: tuple[str, int] = first.getsockname()
        # A port that was asked for by its number stays ours while nobody listens.
        self._listener = socket.create_server(self.place)
        self.url = f"redis://127.0.0.1:{self.place[1]}/0"
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._whole, self._flowing, self._over = threading.Event(), threading.Event(), threading.Event()
        self._whole.set()
        self._flowing.set()
        self._accepting = threading.Thread(target=self._accept)
        self._accepting.start()

    def cut(self) -> None:
        """End all connections, and refuse further ones."""
        with self._lock:
            self._whole.clear()
            # The port stays ours, though nobody listens there.
            self._listener.shutdown(socket.SHUT_RDWR)
            for each in self._open:
                _end(each)

    def mend(self) -> None:
        """Take connections again."""
        with self._lock:
            self._listener.listen()
            self._whole.set()

    def stop(self) -> None:
        """Hold up all that comes, from both sides."""
        self._flowing.clear()

    def go_on(self) -> None:
        """Let through what was held up, though who sent it may be gone by now."""
        self._flowing.set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *ended: object) -> None:
        self._over.set()
        self.go_on()
        if self._whole.is_set():
            self.cut()
        self._whole.set()
        self._accepting.join()
        self._listener.close()

    def _accept(self) -> None:
        ways: list[threading.Thread] = []
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                self._whole.wait()
                if self._over.is_set():
                    break
                continue
            ways = [way for way in ways if way.is_alive()]
            ways += self._join(near)
        for way in ways:
            way.join()

    def _join(self, near: socket.socket) -> list[threading.Thread]:
        far = socket.socket(socket.AF_UNIX)
        with self._lock:
            try:
                if not self._whole.is_set():
                    raise ConnectionRefusedError
                far.connect(str(self._target))
            except OSError:
                near.close()
                far.close()
                return []
            self._open |= {near, far}
        left = [near, far]
        ways = [threading.Thread(target=self._pass, args=(*way, left)) for way in ((near, far), (far, near))]
        for way in ways:
            way.start()
        return ways

    def _pass(self, source: socket.socket, sink: socket.socket, left: list[socket.socket]) -> None:
        """Pass on what comes from *source* until it ends; whoever of the two does so last closes both."""
        with contextlib.suppress(OSError):
            while data := source.recv(_PIECE):
                self._flowing.wait()
                sink.sendall(data)
        with self._lock:
            left.pop()
            _end(source)
            _end(sink)
            if not left:
                self._open -= {source, sink}
                source.close()
                sink.close()


def _end(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
