"""Resident memory of a server under load, after each of several rounds: ``python benchmarks/memory.py``."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from load import drive

from server import lifecycle, started

ROUNDS, SECONDS, WIDTH = 8, 8.0, 16


def resident(pid: int) -> float:
    """Resident memory of process *pid*, in MiB (Linux)."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * 4096 / 2**20


async def main() -> None:
    command = (sys.executable, "-m", "vidmock", "serve", "--port", "0", "--clock", "step", "--keep-jobs", "1000")
    with started(*command) as (url, pid):
        print(f"{'lifecycles':>12}{'requests':>12}{'resident MB':>14}")
        done = 0.0
        print(f"{0:>12}{0:>12}{resident(pid):>14.1f}")
        for _ in range(ROUNDS):
            rate = await drive(url, pid, lifecycle, SECONDS, WIDTH)
            done += rate.rate * SECONDS
            # Each lifecycle is a submit, three polls and a download.
            print(f"{done:>12,.0f}{5 * done:>12,.0f}{resident(pid):>14.1f}")


if __name__ == "__main__":
    asyncio.run(main())
