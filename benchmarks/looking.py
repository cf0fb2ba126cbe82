"""What it costs the clients that somebody looks on: ``python benchmarks/looking.py [ROUNDS]``.

The same server is asked in turns while nobody reads its events, while one reads them, and while ten do.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import statistics
import sys
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

from load import Rate, drive

from server import FEWER, Program, started
from vidmock.server.sample_calls import SAMPLES

ROUNDS, SECONDS, WIDTH = 5, 1.0, 16
LISTENERS = (0, 1, 10)
ASKED = b"GET /_vidmock/events HTTP/1.1\r\nhost: 127.0.0.1\r\nx-vidmock: 1\r\n\r\n"


@contextlib.asynccontextmanager
async def listening(url: str, count: int) -> AsyncIterator[list[int]]:
    """*count* programs read the events of the server; gives how many bytes each has read."""
    host, _, port = urlsplit(url).netloc.partition(":")
    streams = [await asyncio.open_connection(host, int(port)) for _ in range(count)]
    read = [0] * count

    async def work(number: int, reader: asyncio.StreamReader) -> None:
        while came := await reader.read(2**16):
            read[number] += len(came)

    for _, writer in streams:
        writer.write(ASKED)
    tasks = [asyncio.create_task(work(number, reader)) for number, (reader, _) in enumerate(streams)]
    try:
        yield read
    finally:
        for task, (_, writer) in zip(tasks, streams, strict=True):
            task.cancel()
            writer.close()


async def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    mock = (sys.executable, "-m", "vidmock", "serve", "--port", "0", *FEWER, "--clock", "scaled:1000")
    rates: dict[tuple[str, int], list[Rate]] = {}
    before = os.getloadavg()[0]
    with started(*mock) as (url, pid):
        programs = {name: Program(sample) for name, sample in SAMPLES.items()}
        for _ in range(rounds):
            for count in LISTENERS:
                async with listening(url, count) as read:
                    for name, program in programs.items():
                        rates.setdefault((name, count), []).append(
                            await drive(url, pid, program.submit, SECONDS, WIDTH)
                        )
                    if not all(read):
                        raise RuntimeError("a listener has heard nothing")
    print(f"load average before {before:.1f}, at the end {os.getloadavg()[0]:.1f}")
    print(f"{'':<20}{'listeners':>10}{'per second':>12}{'server CPU µs':>16}{'× nobody':>12}")
    for (name, count), measured in rates.items():
        rate, cpu = (statistics.median(values) for values in zip(*((r.rate, r.cpu) for r in measured), strict=True))
        alone = statistics.median(r.cpu for r in rates[name, 0])
        print(f"{name + ': submit':<20}{count:>10}{rate:>12,.0f}{cpu:>16.1f}{cpu / alone:>12.2f}")


if __name__ == "__main__":
    asyncio.run(main())
