"""Submits and lifecycles per second, compared with ``baseline.py``: ``python benchmarks/server.py``.

The figures change by a third between machines and minutes. The ratios do not: the measurements alternate.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from load import RUNPOD, Connection, Rate, drive

ROUNDS, SECONDS, WIDTH = 5, 2.0, 16
HERE = Path(__file__).parent


@contextlib.contextmanager
def started(*command: str, stderr: IO[str] | int = subprocess.STDOUT) -> Iterator[tuple[str, int]]:
    """Runs *command*, a server that prints its URL; gives the URL and the process id."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stderr, text=True, cwd=HERE)
    try:
        assert process.stdout
        for line in process.stdout:
            if match := re.search(r"http://[\d.]+:\d+", line):
                yield match[0], process.pid
                break
        else:
            raise RuntimeError(f"{command} did not start")
    finally:
        process.terminate()
        process.wait()


async def constant(connection: Connection) -> None:
    await connection.ask("POST", "/", RUNPOD)


async def submit(connection: Connection) -> None:
    await connection.ask("POST", "/runpod/v2/kling-video-o1-r2v/run", RUNPOD)


async def lifecycle(connection: Connection) -> None:
    """Submit, poll until the job is done, download. Each poll takes the job to its next state."""
    endpoint = "/runpod/v2/kling-video-o1-r2v"
    job = json.loads(await connection.ask("POST", f"{endpoint}/run", RUNPOD))
    while True:
        status = json.loads(await connection.ask("GET", f"{endpoint}/status/{job['id']}"))
        if status["status"] == "COMPLETED":
            break
    await connection.ask("GET", "/" + status["output"]["video_url"].split("/", 3)[3])


async def main() -> None:
    python = sys.executable
    mock = (python, "-m", "vidmock", "serve", "--port", "0", "--clock", "step", "--keep-jobs", "1000")
    baseline = (python, "-m", "uvicorn", "baseline:app", "--port", "0", "--no-access-log", "--lifespan", "off")
    rates: dict[str, list[Rate]] = {"baseline": [], "submit": [], "lifecycle": []}
    with started(*baseline) as bare, started(*mock) as real:
        for _ in range(ROUNDS):
            rates["baseline"].append(await drive(*bare, constant, SECONDS, WIDTH))
            rates["submit"].append(await drive(*real, submit, SECONDS, WIDTH))
            rates["lifecycle"].append(await drive(*real, lifecycle, SECONDS, WIDTH))
    base = statistics.median(rate.cpu for rate in rates["baseline"])
    print(f"{'':<12}{'per second':>12}{'server CPU µs':>16}{'× baseline CPU':>16}")
    for name, measured in rates.items():
        rate, cpu = statistics.median(r.rate for r in measured), statistics.median(r.cpu for r in measured)
        print(f"{name:<12}{rate:>12,.0f}{cpu:>16.1f}{cpu / base:>16.2f}")


if __name__ == "__main__":
    asyncio.run(main())
