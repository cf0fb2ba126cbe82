"""What it costs that the state is kept: ``python benchmarks/state.py [ROUNDS]``.

Submits and polls of a server that forgets, of one that keeps its state in SQLite, of workers that share a file, and,
where ``redis-server`` is installed, of one that keeps it in Redis with an append-only file that is on the disk before
an answer leaves. The measurements alternate. Clients of eight keys ask at once: what comes together is kept together.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from load import Rate, drive

from server import FEWER, Program, started
from vidmock.server.sample_calls import SAMPLES

ROUNDS, SECONDS, WIDTH, KEYS = 5, 2.0, 64, 8


@contextlib.contextmanager
def redis(program: str, folder: Path) -> Iterator[str]:
    """A Redis of its own at a free port; gives its URL."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    options = ("--port", str(port), "--dir", str(folder), "--appendonly", "yes", "--appendfsync", "always")
    process = subprocess.Popen((program, *options, "--save", ""), stdout=subprocess.DEVNULL)
    try:
        while process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
        yield f"redis://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


async def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    mock = (sys.executable, "-m", "vidmock", "serve", "--port", "0", *FEWER, "--clock", "scaled:1000")
    rates: dict[tuple[str, str], list[Rate]] = {}
    before = os.getloadavg()[0]
    with contextlib.ExitStack() as opened:
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory()))
        states = {"memory": (), "SQLite": ("--state", str(folder / "kept"))}
        for count in ("1", "2"):
            states[f"workers {count}"] = ("--workers", count)
            states[f"workers {count}, SQLite"] = ("--workers", count, "--state", str(folder / f"kept by {count}"))
        if program := shutil.which("redis-server"):
            states["Redis"] = ("--state", opened.enter_context(redis(program, folder)))
        servers = {name: opened.enter_context(started(*mock, *options)) for name, options in states.items()}
        programs = {name: Program(SAMPLES["fal"]) for name in servers}
        for _ in range(rounds):
            for what in ("submit", "poll"):
                for name, server in servers.items():
                    unit = getattr(programs[name], what)
                    rates.setdefault((what, name), []).append(await drive(*server, unit, SECONDS, WIDTH, KEYS))
    print(f"load average before {before:.1f}, at the end {os.getloadavg()[0]:.1f}")
    print(f"{'':<26}{'per second':>12}{'× memory':>10}{'server CPU µs':>16}{'ms, half':>10}{'ms, 99 %':>10}")
    for (what, name), measured in rates.items():
        rate = statistics.median(each.rate for each in measured)
        alone = statistics.median(each.rate for each in rates[what, "memory"])
        cpu, half, most = (
            statistics.median(values)
            for values in zip(*((r.cpu, r.percentile(50), r.percentile(99)) for r in measured), strict=True)
        )
        print(f"{what + ', ' + name:<26}{rate:>12,.0f}{rate / alone:>10.2f}{cpu:>16.1f}{half:>10.1f}{most:>10.1f}")


if __name__ == "__main__":
    asyncio.run(main())
