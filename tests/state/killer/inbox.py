"""Receives the webhooks of a run, and looks which process has sent each of them."""

from __future__ import annotations

import json
import re
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

_SOCKET = re.compile(r"socket:\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class Arrival:
    """A webhook that came *at* that real moment from the process *sender*; 0 where that was gone by then."""

    at: float
    sender: int


class Inbox:
    """What has come about each job, at ``url``. *senders* gives the processes that may send."""

    def __init__(self, senders: Callable[[], Iterable[int]]) -> None:
        self._senders = senders
        self._lock = threading.Lock()
        self._arrived: defaultdict[str, list[Arrival]] = defaultdict(list)
        self.url = ""

    def about(self, job: str) -> tuple[Arrival, ...]:
        """What has come about *job*, in order."""
        with self._lock:
            return tuple(self._arrived[job])

    def forget(self, jobs: Iterable[str]) -> None:
        """Keep no more what came about *jobs*."""
        with self._lock:
            for job in jobs:
                self._arrived.pop(job, None)

    def take(self, body: bytes, ports: tuple[int, int]) -> None:
        """Note a webhook that came from one of *ports* to the other."""
        arrival = Arrival(time.monotonic(), sender_of(ports, self._senders()))
        with self._lock:
            self._arrived[json.loads(body)["request_id"]].append(arrival)

    @contextmanager
    def open(self) -> Iterator[None]:
        """Receive."""
        inbox = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                # While its sender waits for the answer, its connection is there to be found.
                inbox.take(body, (self.client_address[1], self.connection.getsockname()[1]))
                # Whoever was killed meanwhile reads no answer.
                with suppress(OSError):
                    self.send_response(200)
                    self.send_header("content-length", "0")
                    self.end_headers()

            def log_message(self, *words: object) -> None:
                """Say nothing."""

        class Server(ThreadingHTTPServer):
            def handle_error(self, request: object, client_address: object) -> None:
                """A sender that is killed breaks off."""

        server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{server.server_address[1]}"
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        try:
            yield
        finally:
            server.shutdown()
            serving.join()
            server.server_close()


def sender_of(ports: tuple[int, int], processes: Iterable[int]) -> int:
    """Which of *processes* has the connection from one port to the other on this machine; 0 where none has."""
    near, far = (f":{port:04X}" for port in ports)
    for line in Path("/proc/net/tcp").read_text("ascii").splitlines()[1:]:
        if near in line:
            parts = line.split()
            if parts[1].endswith(near) and parts[2].endswith(far):
                return next((process for process in processes if parts[9] in set(_sockets(process))), 0)
    return 0


def _sockets(process: int) -> Iterator[str]:
    with suppress(OSError):
        for entry in Path(f"/proc/{process}/fd").iterdir():
            with suppress(OSError):
                if found := _SOCKET.match(str(entry.readlink())):
                    yield found[1]
