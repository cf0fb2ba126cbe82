"""What one sender does to all others: ``python benchmarks/one_sender.py``.

Each row is something that a client, a receiver or a prompt can do to a server. Meanwhile another client, with another
key, asks the same small thing every 5 ms: the row says how long it waited at most, what the sender was told, and what
the server's memory was before and after. A machine that is busy with something else adds its own waits.
"""

from __future__ import annotations

import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from urllib.parse import urlsplit

import httpx
from memory import resident

from server import started

MB = 2**20
FAL = "/fal/queue/fal-ai/kling-video/o1/reference-to-video"
CONTROL = {"x-vidmock": "1"}
KLING = {"taskType": "videoInference", "model": "klingai:kling@o1", "positivePrompt": "a kite", "duration": 5}


class Server:
    """The server at *url*, as the sender sees it."""

    def __init__(self, url: str, pid: int) -> None:
        self.url, self.pid = url, pid
        self.client = httpx.Client(base_url=url, timeout=300, trust_env=False)

    def connect(self) -> socket.socket:
        parts = urlsplit(self.url)
        return socket.create_connection((parts.hostname, parts.port), 120)

    def send(self, data: bytes) -> str:
        """Send *data* as it is, as far as the server takes it; the first line of its answer."""
        with closing(self.connect()) as sender:
            sender.settimeout(120)
            with suppress(ConnectionError):
                sender.sendall(data)
            try:
                return sender.recv(100).partition(b"\r\n")[0].decode() or "closed"
            except ConnectionError:
                return "reset"

    def submit(self, prompt: str, key: str = "sender", **more: object) -> httpx.Response:
        body = {"prompt": prompt, "image_urls": ["https://example.com/cat.png"]} | more
        return self.client.post(FAL, json=body, headers={"authorization": f"Key {key}"})


class Waits:
    """Another client, in a process of its own: the sender's work does not hold it up."""

    def __init__(self, url: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def so_far(self) -> tuple[float, int]:
        """How long it has waited at most since it was asked last, in ms, and how often it was not answered."""
        assert self._process.stdin
        assert self._process.stdout
        print("?", file=self._process.stdin, flush=True)
        longest, failed = self._process.stdout.readline().split()
        return float(longest), int(failed)

    def end(self) -> None:
        self._process.communicate()


def wait(url: str) -> None:
    """Ask again and again, and answer each line on stdin with what :meth:`Waits.so_far` tells; end with stdin."""
    longest, failed = 0.0, 0
    client = httpx.Client(base_url=url, timeout=300, trust_env=False, headers={"authorization": "Bearer other"})
    while True:
        began = time.perf_counter()
        try:
            failed += client.get("/runpod/v2/kling-video-o1-r2v/health").status_code != 200
        except httpx.HTTPError:
            failed += 1
        longest = max(longest, 1e3 * (time.perf_counter() - began))
        if select.select([sys.stdin], [], [], 0.005)[0]:
            if not sys.stdin.readline():
                return
            print(longest, failed, flush=True)
            longest, failed = 0.0, 0


def nothing(server: Server) -> str:
    # As long as most rows take: a machine has waits of its own.
    time.sleep(2)
    return ""


def head(server: Server) -> str:
    return server.send(b"GET /health HTTP/1.1\r\nhost: localhost\r\nx: " + b"a" * (64 * MB))


def long_url(server: Server) -> str:
    return server.send(b"GET /" + b"a" * (64 * MB))


def batch(server: Server) -> str:
    tasks = [KLING | {"taskUUID": f"00000000-0000-4000-8000-{number:012}"} for number in range(20_000)]
    answer = server.client.post("/runware/v1", json=tasks, headers={"authorization": "Bearer sender"})
    return str(answer.status_code)


def pattern(server: Server) -> str:
    rule = {"effect": "fail", "prompt": "(a+)+$"}
    said = server.client.post("/_vidmock/faults?key=sender", json=rule, headers=CONTROL)
    wild = server.client.post("/_vidmock/faults?key=sender", json=rule | {"prompt": "*a" * 2000}, headers=CONTROL)
    return f"{said.status_code}; 2,000 stars: {wild.status_code}, submit {server.submit('a' * 40_000).status_code}"


def refusing_prompt(server: Server) -> str:
    try:
        told = str(server.submit("a kite [[vidmock: refused=1h]]", "refused").status_code)
    except httpx.HTTPError as error:
        told = type(error).__name__
    return told


def half_sent(server: Server) -> str:
    kept = []
    request = b"POST /fal/queue/fal-ai/x HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\n{"
    for _ in range(1000):
        one = server.connect()
        one.sendall(request)
        kept.append(one)
    # The server accepts them in its own time.
    time.sleep(1)
    held = resident(server.pid)
    for one in kept:
        one.close()
    return f"1,000 held for at most 60 s; {held:.0f} MB meanwhile"


def refused_submits(server: Server) -> str:
    told = set()
    for number in range(180):
        told.add(server.submit("a kite", f"key {number % 60}", extra=["x"] * 20_000, pad="y" * 5 * MB).status_code)
    return ", ".join(map(str, sorted(told)))


@contextmanager
def receiver(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that reads a request and then does *answer*."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
                connection.recv(65536)
                answer(connection)
            except OSError:
                if listener.fileno() < 0:
                    return

    threading.Thread(target=serve, daemon=True).start()
    with closing(listener):
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"


def endless_answer(server: Server) -> str:
    sent = 0

    def answer(connection: socket.socket) -> None:
        nonlocal sent
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n")
        while True:
            sent += connection.send(b"x" * 65536)

    with receiver(answer) as url:
        server.client.post(
            f"{FAL}?fal_webhook={url}",
            json={"prompt": "a kite", "image_urls": ["https://example.com/cat.png"]},
            headers={"authorization": "Key hooked"},
        )
        server.client.post("/_vidmock/clock/run-until-idle?key=hooked", headers=CONTROL)
        # The receiver sends on for as long as anybody takes it.
        time.sleep(2)
    return f"{sent / 1024:.0f} KiB were taken"


def control_body(server: Server) -> str:
    body = b"{" + b" " * (200 * MB)
    try:
        told = server.client.put("/_vidmock/clock", content=body, headers=CONTROL).status_code
    except httpx.HTTPError as error:
        return type(error).__name__
    return str(told)


def markers(server: Server) -> str:
    for number in range(1000):
        server.submit(f"kite {number} [[vidmock: lost_{number} at=poll]] [[vidmock: slow={number}]]", "marked")
        server.submit(f"kite {number} [[vidmock: slow={number}]]", "marked")
    took = {"marked": 0.0, "plain": 0.0}
    for _ in range(50):
        for key in took:
            began = time.perf_counter()
            server.submit("a kite", key)
            took[key] += time.perf_counter() - began
    return f"a later submit of that key takes {took['marked'] / took['plain']:.1f} times as long as another's"


def silent_readers(server: Server) -> str:
    readers = []
    for _ in range(100):
        one = server.connect()
        one.sendall(b"GET /_vidmock/journal/live HTTP/1.1\r\nhost: localhost\r\n\r\n")
        readers.append(one)
    for _ in range(5000):
        server.client.get("/fal/queue/fal-ai/kling-video/requests/x/status", headers={"authorization": "Key read"})
    held = resident(server.pid)
    for one in readers:
        one.close()
    return f"{held:.0f} MB with all of them"


ROWS: dict[str, Callable[[Server], str]] = {
    "nothing": nothing,
    "an unfinished head of 64 MB": head,
    "an unfinished URL of 64 MB": long_url,
    "a Runware batch of 20,000 tasks": batch,
    "patterns that backtrack": pattern,
    "[[vidmock: refused=1h]] in a prompt": refusing_prompt,
    "1,000 half-sent requests": half_sent,
    "60 keys, three refused submits of 5 MB each": refused_submits,
    "a receiver whose answer never ends": endless_answer,
    "200 MB to the control API": control_body,
    "1,000 distinct markers under one key": markers,
    "100 readers of events who never read": silent_readers,
}


def main() -> None:
    command = (sys.executable, "-m", "vidmock", "serve", "--port", "0", "--clock", "manual")
    wide = max(map(len, ROWS))
    print(f"{'':<{wide}}{'other waited':>14}{'MB before':>11}{'after':>7}   told")
    for name, row in ROWS.items():
        with started(*command, stderr=subprocess.DEVNULL) as (url, pid):
            server, other = Server(url, pid), Waits(url)
            # The first requests of a process are slower than all later ones.
            time.sleep(1)
            other.so_far()
            before, told = resident(pid), row(server)
            (waited, failed), after = other.so_far(), resident(pid)
            told += f"; the other client was not answered {failed} times" if failed else ""
            other.end()
            print(f"{name:<{wide}}{waited:>11.0f} ms{before:>11.0f}{after:>7.0f}   {told}", flush=True)


if __name__ == "__main__":
    wait(sys.argv[1]) if sys.argv[1:] else main()
