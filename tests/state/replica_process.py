"""A replica in a process of its own, and HAProxy in front of three of them."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

SECONDS = 120
"""Real ones, after which something hangs."""
ROOT = Path(__file__).resolve().parents[2]


class Replica:
    """A server whose state is at the address *state*, and whose lease is over after *lease* seconds.

    It listens on *host*, and after :meth:`begin` again on the port that it had. It is killed after *seconds*.
    """

    def __init__(
        self,
        state: str,
        folder: Path,
        seconds: float = SECONDS,
        *,
        lease: float = 1.0,
        host: str = "127.0.0.1",
        more: Sequence[str] = ("--clock", "scaled:20"),
    ) -> None:
        # With a long lease, it is the machine's business how soon Redis has its file on the disk.
        short = "import runpy, vidmock.state.redis_store as store; "
        short += f"store.LEASE_SECONDS, store._ANSWER_SECONDS = {lease}, {max(2.0, lease / 2)}; "
        self._code = short + "runpy.run_module('vidmock', run_name='__main__')"
        self._more = ["--state", state, "--host", host, *more]
        self._folder, self._seconds = folder, seconds
        self._port = "0"
        self._said: list[str] = []
        self._start()

    def _start(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", self._code, "serve", "--port", self._port, *self._more],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "VIDMOCK_STATE": str(self._folder)},
        )
        self._watchdog = threading.Timer(self._seconds, self._process.kill)
        self._watchdog.daemon = True
        self._watchdog.start()
        self._reading = threading.Thread(target=self._said.extend, args=[self._process.stdout])

    def begin(self) -> Replica:
        """Wait until it serves."""
        assert self._process.stdout
        first = self._process.stdout.readline()
        found = re.search(r"http://127\.[\d.]+:(\d+)", first)
        if not found:
            self._said += [first, self._process.stdout.read()]
        assert found, "".join(self._said[-2:])
        self.url, self._port = found[0], found[1]
        # A pipe that nobody reads holds a server up.
        self._reading.start()
        return self

    @property
    def pid(self) -> int:
        return self._process.pid

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def kill(self) -> None:
        """End it without a word."""
        self._process.kill()
        self._ended()

    def again(self) -> None:
        """Start it again at its port, and wait until it serves."""
        self._start()
        self.begin()

    def end(self) -> str:
        """End it, and return what it has said, and those before it."""
        for number in (signal.SIGCONT, signal.SIGINT):
            self._process.send_signal(number)
        self._ended()
        return "".join(self._said)

    def _ended(self) -> None:
        self._process.wait()
        self._watchdog.cancel()
        if self._reading.ident:
            self._reading.join()
        if self._process.stdout:
            self._process.stdout.close()


@contextmanager
def balanced(urls: Sequence[str]) -> Iterator[str]:
    """The address of HAProxy, with the configuration that is shipped, in front of the three replicas at *urls*."""
    with socket.create_server(("127.0.0.1", 0)) as front:
        places = zip(("ONE", "TWO", "THREE"), (url.removeprefix("http://") for url in urls), strict=True)
        environment = {f"VIDMOCK_{name}": place for name, place in places} | {"VIDMOCK_FRONT": f"fd@{front.fileno()}"}
        proxy = subprocess.Popen(
            ["haproxy", "-db", "-f", ROOT / "examples" / "replicas" / "haproxy.cfg"],
            env=os.environ | environment,
            pass_fds=[front.fileno()],
            stderr=subprocess.DEVNULL,
        )
        try:
            yield f"http://127.0.0.1:{front.getsockname()[1]}"
        finally:
            proxy.terminate()
            proxy.wait()
