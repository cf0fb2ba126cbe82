"""A load generator with little overhead: HTTP/1.1 over asyncio streams, one coroutine for each connection."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit


class Connection:
    """One keep-alive connection. Answers must have a Content-Length, as all of the mock's do."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, key: str) -> None:
        self._reader, self._writer, self._key = reader, writer, key

    @classmethod
    async def to(cls, url: str, key: str) -> Connection:
        parts = urlsplit(url)
        return cls(*await asyncio.open_connection(parts.hostname, parts.port), key)

    async def ask(self, method: str, path: str, body: bytes = b"") -> bytes:
        lines = (
            f"{method} {path} HTTP/1.1",
            "host: bench",
            f"authorization: Bearer {self._key}",
            f"content-length: {len(body)}",
        )
        self._writer.write("\r\n".join((*lines, "", "")).encode() + body)
        answer = await self._reader.readuntil(b"\r\n\r\n")
        status = int(answer[9:12])
        length = int(answer.lower().split(b"content-length: ", 1)[1].split(b"\r\n", 1)[0])
        content = await self._reader.readexactly(length)
        if status >= 400:
            raise RuntimeError(f"{method} {path}: {status} {content[:200]!r}")
        return content

    def close(self) -> None:
        self._writer.close()


@dataclass(frozen=True)
class Rate:
    """*rate* units of work per second; *cpu* is the server's CPU time for each, in microseconds."""

    rate: float
    cpu: float


def cpu_seconds(pid: int) -> float:
    """User and system time that process *pid* has used (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


async def drive(url: str, pid: int, unit: Callable[[Connection], Awaitable[None]], seconds: float, width: int) -> Rate:
    """Repeat *unit* on *width* connections for *seconds*. *pid* is the server's process."""
    # Each measurement has a world of its own, so that the jobs of one do not slow the next.
    connections = [await Connection.to(url, f"bench-{unit.__name__}") for _ in range(width)]
    stop = time.perf_counter() + seconds
    counts = [0] * width

    async def work(n: int) -> None:
        while time.perf_counter() < stop:
            await unit(connections[n])
            counts[n] += 1

    cpu, began = cpu_seconds(pid), time.perf_counter()
    await asyncio.gather(*(work(n) for n in range(width)))
    elapsed, spent = time.perf_counter() - began, cpu_seconds(pid) - cpu
    for connection in connections:
        connection.close()
    return Rate(sum(counts) / elapsed, 1e6 * spent / max(1, sum(counts)))


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
