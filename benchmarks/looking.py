"""What it costs the clients that somebody looks on: ``python benchmarks/looking.py [ROUNDS]``.

Asked in turns are a server in which no event is made at all (``unheard_server.py``), one whose events nobody hears, the
same while one program reads them, and while ten do, and one that prints its log.
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
SERVE = (sys.executable, "-m", "vidmock", "serve")
UNHEARD = (sys.executable, "unheard_server.py")
LOOKS: dict[str, tuple[tuple[str, ...], int]] = {
    "no events at all": ((*UNHEARD, "--no-events"), 0),
    "nobody looks": (UNHEARD, 0),
    "one program": (UNHEARD, 1),
    "ten programs": (UNHEARD, 10),
    "the log": (SERVE, 0),
}
"""Who looks: at which server, and how many programs read its events."""
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
    options = ("--port", "0", *FEWER, "--clock", "scaled:1000")
    rates: dict[tuple[str, str], list[Rate]] = {}
    before = os.getloadavg()[0]
    with contextlib.ExitStack() as stack:
        # Each at a server of its own: whoever has just left is still worded for, as it may be back.
        servers = {who: stack.enter_context(started(*server, *options)) for who, (server, _) in LOOKS.items()}
        programs = {name: Program(sample) for name, sample in SAMPLES.items()}
        for _ in range(rounds):
            for who, (_, count) in LOOKS.items():
                url, pid = servers[who]
                async with listening(url, count) as read:
                    for name, program in programs.items():
                        rates.setdefault((name, who), []).append(await drive(url, pid, program.submit, SECONDS, WIDTH))
                    if not all(read):
                        raise RuntimeError("a listener has heard nothing")
    print(f"load average before {before:.1f}, at the end {os.getloadavg()[0]:.1f}")
    print(f"{'':<20}{'who looks':>20}{'per second':>12}{'server CPU µs':>16}{'× no events':>12}")
    for (name, who), measured in rates.items():
        rate, cpu = (statistics.median(values) for values in zip(*((r.rate, r.cpu) for r in measured), strict=True))
        alone = statistics.median(r.cpu for r in rates[name, next(iter(LOOKS))])
        print(f"{name + ': submit':<20}{who:>20}{rate:>12,.0f}{cpu:>16.1f}{cpu / alone:>12.2f}")


if __name__ == "__main__":
    asyncio.run(main())
