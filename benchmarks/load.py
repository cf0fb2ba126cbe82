"""A load generator with little overhead: HTTP/1.1 over asyncio streams, one coroutine for each connection."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit


class Connection:
    """One keep-alive connection; where the server closes it, or has said that it will, the next request opens another.

    Any answer but a 2xx raises RuntimeError.
    """

    def __init__(self, url: str, key: str) -> None:
        self._host, _, port = urlsplit(url).netloc.partition(":")
        self._port, self.key = int(port), key
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    @classmethod
    async def to(cls, url: str, key: str) -> Connection:
        connection = cls(url, key)
        connection._streams = await connection._open()
        return connection

    async def ask(
        self, method: str, path: str, body: bytes = b"", headers: Sequence[str] = (), scheme: str = "Bearer"
    ) -> bytes:
        """The body of the answer; *headers* are whole lines, and the key is sent by *scheme*."""
        lines = (
            f"{method} {path} HTTP/1.1",
            "host: bench",
            f"authorization: {scheme} {self.key}",
            f"content-length: {len(body)}",
            *headers,
        )
        reader, writer = self._streams or await self._open()
        writer.write("\r\n".join((*lines, "", "")).encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        head = answer.lower()
        status, ends = int(answer[9:12]), head.startswith(b"http/1.0") or b"connection: close" in head
        self._streams = None if ends else (reader, writer)
        content = await _content(reader, head)
        if ends:
            writer.close()
        if not 200 <= status < 300:
            raise RuntimeError(f"{method} {path}: {status} {content[:200]!r}")
        return content

    def close(self) -> None:
        if self._streams:
            self._streams[1].close()

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(self._host, self._port)


async def _content(reader: asyncio.StreamReader, head: bytes) -> bytes:
    """The body behind *head*, which is in lower case."""
    if b"content-length: " in head:
        return await reader.readexactly(int(head.split(b"content-length: ", 1)[1].split(b"\r\n", 1)[0]))
    if b"transfer-encoding: chunked" not in head:
        return await reader.read()
    parts = []
    while size := int(await reader.readline(), 16):
        parts.append(await reader.readexactly(size))
        await reader.readline()
    await reader.readline()
    return b"".join(parts)


@dataclass(frozen=True)
class Rate:
    """*rate* units of work per second; *cpu* is the server's CPU time for each, in microseconds.

    *times* are how long each took, in milliseconds, the shortest first.
    """

    rate: float
    cpu: float
    times: Sequence[float] = ()

    def percentile(self, percent: float) -> float:
        """What *percent* of the units took at most, in milliseconds."""
        return self.times[min(len(self.times) - 1, int(len(self.times) * percent / 100))]


def cpu_seconds(pid: int) -> float:
    """User and system time that process *pid*, and those that it has started, have used (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    started = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return (int(fields[11]) + int(fields[12])) / 100 + sum(cpu_seconds(int(child)) for child in started)


async def drive(
    url: str,
    pid: int,
    unit: Callable[[Connection], Awaitable[object]],
    seconds: float,
    width: int,
    keys: int = 1,
) -> Rate:
    """Repeat *unit* on *width* connections with so many *keys* for *seconds*. *pid* is the server's process."""
    # Each measurement has worlds of its own, so that the jobs of one do not slow the next.
    named = [f"bench-{getattr(unit, '__name__', '')}{number or ''}" for number in range(keys)]
    connections = [await Connection.to(url, named[number % keys]) for number in range(width)]
    stop = time.perf_counter() + seconds
    times: list[float] = []

    async def work(connection: Connection) -> None:
        while (began := time.perf_counter()) < stop:
            await unit(connection)
            times.append(1e3 * (time.perf_counter() - began))

    cpu, began = cpu_seconds(pid), time.perf_counter()
    await asyncio.gather(*map(work, connections))
    elapsed, spent = time.perf_counter() - began, cpu_seconds(pid) - cpu
    for connection in connections:
        connection.close()
    return Rate(len(times) / elapsed, 1e6 * spent / max(1, len(times)), sorted(times))


RUNPOD = json.dumps(
    {
        "input": {
            "prompt": "The robot is dancing with the teddy bear",
            "images": ["https://example.com/robot.png", "https://example.com/teddy-bear.png"],
            "aspect_ratio": "16:9",
            "duration": 5,
            "seed": -1,
        }
    }
).encode()
