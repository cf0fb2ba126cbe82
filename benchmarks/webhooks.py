"""Webhooks to a healthy receiver on a fast clock: ``python benchmarks/webhooks.py [COUNT] [CLOCK]``.

A server in a process of its own gets COUNT jobs at fal (10,000) on the clock CLOCK (``scaled:100``), all of which end
at about the same time. The receiver here counts what comes: each webhook has to come exactly once. The exit code is 1
if one does not. It prints how many signed webhooks came a second, each on a connection of its own.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections import Counter
from pathlib import Path
from time import perf_counter
from typing import ClassVar, cast

import httpx
from httptools import HttpRequestParser

PACKAGE = Path(__file__).parents[1] / "mockserver"
PATH = "/fal/queue/fal-ai/kling-video/o1/reference-to-video"
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok"
CONNECTIONS = 16
QUIET_SECONDS = 10.0
"""What comes again comes within this time: a receiver has 5 s, and fal's first retry at this clock follows at once."""


class Receiver(asyncio.Protocol):
    """Counts requests by path, and answers each when it is complete."""

    got: ClassVar[Counter[str]] = Counter()
    signed = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport, self._parser = cast("asyncio.Transport", transport), HttpRequestParser(self)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        self._url = url.decode()

    def on_header(self, name: bytes, value: bytes) -> None:
        Receiver.signed += name.lower() == b"x-fal-webhook-signature"

    def on_message_complete(self) -> None:
        Receiver.got[self._url] += 1
        self._transport.write(ANSWER)
        self._transport.close()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


async def submit(client: httpx.AsyncClient, numbers: list[int], hook: str) -> None:
    while numbers:
        answer = await client.post(PATH, json={"prompt": "a kite"}, params={"fal_webhook": f"{hook}/{numbers.pop()}"})
        answer.raise_for_status()


def cpu_seconds(process: int) -> float:
    """What *process* has used so far; 0 where the system does not say so in ``/proc``."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def measured(server: str, process: int, count: int, clock: str) -> bool:
    """Whether each webhook came exactly once."""
    loop = asyncio.get_running_loop()
    receiver = await loop.create_server(Receiver, "127.0.0.1", 0, backlog=1024)
    hook = f"http://127.0.0.1:{receiver.sockets[0].getsockname()[1]}"
    key = {"authorization": "Key bench", "x-vidmock": "1"}
    async with httpx.AsyncClient(base_url=server, headers=key, timeout=60) as client:
        while True:
            try:
                await client.get("/_vidmock")
                break
            except httpx.TransportError:
                await asyncio.sleep(0.1)
        # Nothing ends before all are accepted.
        world = {"key": "bench"}
        await client.post("/_vidmock/worlds", json=world)
        await client.put("/_vidmock/clock", params=world, json={"mode": "manual"})
        numbers = list(range(count))
        start = perf_counter()
        await asyncio.gather(*(submit(client, numbers, hook) for _ in range(CONNECTIONS)))
        print(f"{count} jobs accepted in {perf_counter() - start:.1f} s")
        start, used = perf_counter(), cpu_seconds(process)
        await client.put("/_vidmock/clock", params=world, json={"mode": clock})
        first = last = 0.0
        seen, until = 0, used
        while last == 0.0 or perf_counter() - last < QUIET_SECONDS:
            await asyncio.sleep(0.05)
            if Receiver.got.total() > seen:
                seen, last = Receiver.got.total(), perf_counter()
                until = cpu_seconds(process)
                first = first or last
    receiver.close()
    often = Counter(Receiver.got.values())
    print(f"{clock}: {seen} attempts for {len(Receiver.got)} of {count} webhooks, {Receiver.signed} signed")
    print(f"the last came {last - start:.1f} s after time went on; {seen / max(last - first, 0.05):,.0f} a second")
    print(f"{(until - used) / seen * 1e6:.0f} µs of the server's CPU each, the ends of the jobs included")
    return often == {1: count} and Receiver.signed == count


async def main() -> int:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    clock = sys.argv[2] if len(sys.argv) > 2 else "scaled:100"
    port = free_port()
    environment = os.environ | {"PYTHONPATH": str(PACKAGE)}
    command = ("-m", "vidmock", "serve", "--port", str(port))
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, env=environment, stdout=asyncio.subprocess.DEVNULL
    )
    try:
        good = await measured(f"http://127.0.0.1:{port}", process.pid, count, clock)
    finally:
        process.send_signal(signal.SIGTERM)
        await process.wait()
    print("exactly once each" if good else "NOT exactly once each")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
