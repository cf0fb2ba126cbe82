"""vidmock beside other mock servers, in one run: ``python benchmarks/peers.py [ROUNDS]``.

All servers are up at once, and are asked in shuffled rounds by 16 connections, so that a busy machine slows all alike.
Only 2xx answers count: any other ends the run. What cannot be installed or started is left out, and told. Of the
figures, the CPU time of the server's process for a request, as a multiple of the floor's, moves least.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import platform
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from load import Connection, Rate, cpu_seconds, drive
from peer_servers import Server, Work, install, servers

SECONDS, WIDTH, STARTS = 2.0, 16, 3
PATIENCE = 60.0
"""Seconds within which a server must answer at all."""


@dataclass(frozen=True)
class Start:
    """Milliseconds from the start of a process to its first good answer, and those of CPU time that it took."""

    cold: float
    cpu: float


@dataclass
class Running:
    """A *server* that runs as process *pid* at *url*, and what was measured of each of its works."""

    server: Server
    url: str
    pid: int
    starts: list[Start] = field(default_factory=list)
    rates: dict[str, list[Rate]] = field(default_factory=dict)

    async def measure(self, work: Work) -> None:
        async def unit(connection: Connection) -> None:
            await work.ask(connection)

        self.rates.setdefault(work.name, []).append(await drive(self.url, self.pid, unit, SECONDS, WIDTH))

    @property
    def megabytes(self) -> float:
        """Resident memory."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1024


@contextmanager
def started(server: Server) -> Iterator[tuple[str, int, Start]]:
    """Runs *server*; its URL and its process id, and how long it took to start."""
    began = time.perf_counter()
    process, port = server.start()
    url = f"http://127.0.0.1:{port}"
    try:
        while not asyncio.run(_answers(server, url)):
            if process.poll() is not None or time.perf_counter() - began > PATIENCE:
                raise RuntimeError(f"it gave no answer (exit code {process.poll()})")
            # A busy loop would take processor time from the start that is measured.
            time.sleep(0.002)
        start = Start(1e3 * (time.perf_counter() - began), 1e3 * cpu_seconds(process.pid))
        yield url, process.pid, start
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


async def _answers(server: Server, url: str) -> bool:
    try:
        connection = await Connection.to(url, "bench")
    except OSError:
        return False
    try:
        await server.works[0].ask(connection)
    except (OSError, EOFError):
        return False
    finally:
        connection.close()
    return True


def all_started(stack: ExitStack) -> list[Running]:
    """Every server that there is, running; the others are told."""
    running = []
    for server in servers():
        try:
            missing = [need for need in server.needs if not need.exists()]
            if missing:
                raise RuntimeError(f"there is no {missing[0].name}")
            url, pid, _ = stack.enter_context(started(server))
        except RuntimeError as error:
            print(f"left out: {server.name}: {error}", flush=True)
            continue
        running.append(Running(server, url, pid))
    return running


def measure(running: list[Running], rounds: int) -> None:
    turns = [(each, work) for each in running for work in each.server.works]
    shuffled = random.Random(0)
    for turn in range(rounds + 1):
        for each, work in shuffled.sample(turns, len(turns)):
            asyncio.run(each.measure(work))
            if not turn:
                # The first round warms up.
                each.rates[work.name].clear()
    for _ in range(STARTS):
        for each in shuffled.sample(running, len(running)):
            with started(each.server) as (_, _, start):
                each.starts.append(start)


def table(running: list[Running]) -> Iterator[str]:
    """The results, as a table of Markdown."""
    floor = running[0]
    base = statistics.median(rate.cpu for rate in floor.rates[floor.server.works[0].name])
    first = statistics.median(start.cpu for start in floor.starts)
    yield "| server | request | checks | CPU µs | × floor | p50 ms | p99 ms | memory MB | start ms | of CPU | × floor |"
    yield "|---|---|---|--:|--:|--:|--:|--:|--:|--:|--:|"
    for each in running:
        cold, start = (statistics.median(getattr(start, name) for start in each.starts) for name in ("cold", "cpu"))
        for work in each.server.works:
            rates = each.rates[work.name]
            cpu = statistics.median(rate.cpu for rate in rates)
            p50, p99 = (statistics.median(rate.percentile(percent) for rate in rates) for percent in (50, 99))
            yield (
                f"| {each.server.name} | {work.name} | {work.checks} | {cpu:.0f} | {cpu / base:.1f} | {p50:.1f}"
                f" | {p99:.1f} | {each.megabytes:.0f} | {cold:.0f} | {start:.0f} | {start / first:.1f} |"
            )


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    install()
    before = os.getloadavg()[0]
    with ExitStack() as stack:
        running = all_started(stack)
        measure(running, rounds)
        for row in table(running):
            print(row)
    print(
        f"\n{dt.datetime.now(dt.UTC):%Y-%m-%d}, {_processor()}, {os.cpu_count()} cores, CPython "
        f"{platform.python_version()}; {rounds} rounds of {SECONDS:g} s, {WIDTH} connections, medians; load average "
        f"before {before:.1f}, at the end {os.getloadavg()[0]:.1f}"
    )


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown processor"
    )


if __name__ == "__main__":
    main()
