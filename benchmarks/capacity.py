"""Where the next limit of many replicas is, by simulation: ``python benchmarks/capacity.py [measure | check]``.

What each step costs is measured on two replicas and a Redis (``measure`` does so now, else the figures below are those
of docs/replicas.md), and played for as many replicas as there shall be: each is one processor that does one thing after
another, as Redis is. Submits come at random; the most that can come is sought for which 99 of 100 are answered within
0.1 s. ``check`` measures two, three and four real replicas as well, and plays them on as many processors as there are
here, which they share with their clients.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from load import Connection, cpu_seconds, drive
from replica_play import LEASE_SECONDS, RENEWALS, Costs, arithmetic, most

from server import FEWER, Program, started
from state import redis as redis_at
from vidmock.server.sample_calls import SAMPLES

REPLICAS = (1, 2, 3, 4, 10, 100, 1_000)
WIDTH, SECONDS = 32, 3.0


@contextlib.contextmanager
def replicas(count: int) -> Iterator[tuple[list[tuple[str, int]], str]]:
    """So many real ones, each with its URL and process, and the URL of their Redis."""
    program = shutil.which("redis-server")
    if program is None:
        raise SystemExit("there is no redis-server: apt-get install redis-server")
    with contextlib.ExitStack() as opened:
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory()))
        url = opened.enter_context(redis_at(program, folder))
        mock = (
            sys.executable,
            "-m",
            "vidmock",
            "serve",
            "--port",
            "0",
            *FEWER,
            "--clock",
            "scaled:1000",
            "--state",
            url,
        )
        yield [opened.enter_context(started(*mock)) for _ in range(count)], url


async def measured() -> Costs:
    """The costs here and now, with two replicas."""
    import redis

    with replicas(2) as (servers, url), redis.Redis.from_url(url, decode_responses=True) as there:
        (one, first), (two, second) = servers
        unit = Program(SAMPLES["fal"]).submit
        await drive(one, first, unit, 1.0, WIDTH)
        there.config_resetstat()
        own, before = time.process_time(), time.perf_counter()
        here = await drive(one, first, unit, SECONDS, WIDTH)
        count = here.rate * (time.perf_counter() - before)
        client = 1e3 * (time.process_time() - own) / count
        scripts = there.info("commandstats")["cmdstat_evalsha"]
        script = scripts["usec"] / 1e3
        batches = scripts["calls"] - 2 * 2 * SECONDS * RENEWALS / LEASE_SECONDS
        used = cpu_seconds(first), cpu_seconds(second)
        before = time.perf_counter()
        sent = await drive(two, second, unit, SECONDS, WIDTH)
        passed = sent.rate * (time.perf_counter() - before)
        forward = 1e3 * (cpu_seconds(second) - used[1]) / passed
        extra = max(0.0, 1e3 * (cpu_seconds(first) - used[0]) / passed - here.cpu / 1e3)
        there.config_resetstat()
        await asyncio.sleep(3 * LEASE_SECONDS / RENEWALS)
        idle = there.info("commandstats")["cmdstat_evalsha"]
        # A renewal and a look at others are two scripts.
        renew = 2 * idle["usec"] / 1e3 / idle["calls"]
        sync = _sync(there)
        # How much of a batch is its own is not told apart by one figure: a single change is taken for it.
        batch = 0.05
        write = max(0.01, (script - batch * batches) / count)
        return Costs(here.cpu / 1e3, forward + extra, write, batch, renew, sync, client)


def _sync(there: object) -> float:
    """Milliseconds that a change takes longer because it is on the disk then."""
    import redis

    assert isinstance(there, redis.Redis)

    def took() -> float:
        times = []
        for number in range(200):
            began = time.perf_counter()
            there.set("a-name", number)
            times.append(1e3 * (time.perf_counter() - began))
        return statistics.median(times)

    kept = took()
    there.config_set("appendfsync", "no")
    return max(0.0, kept - took())


async def real(count: int, *, by_key: bool) -> tuple[float, float]:
    """Submits a second of so many real replicas, and milliseconds of processor time for each, of all processes.

    Half of the clients' keys are at each of two, and so on.
    """
    import redis

    with replicas(count) as (servers, url):
        program, done = Program(SAMPLES["fal"]), 0
        keys = [f"key-{number}" for number in range(4 * count)]
        for number, key in enumerate(keys):
            # Whoever is asked first has the world.
            connection = await Connection.to(servers[number % count][0], key)
            await program.submit(connection)
            connection.close()
        connections = [
            await Connection.to(
                servers[(number if by_key else number // len(keys)) % count][0], keys[number % len(keys)]
            )
            for number in range(len(keys) * count)
        ]
        stop = time.perf_counter() + SECONDS

        async def work(connection: Connection) -> None:
            nonlocal done
            while time.perf_counter() < stop:
                await program.submit(connection)
                done += 1

        processes = [pid for _, pid in servers]
        with redis.Redis.from_url(url, decode_responses=True) as there:
            processes.append(there.info("server")["process_id"])
        used, began = time.process_time() + sum(map(cpu_seconds, processes)), time.perf_counter()
        await asyncio.gather(*map(work, connections))
        for connection in connections:
            connection.close()
        used = time.process_time() + sum(map(cpu_seconds, processes)) - used
        return done / (time.perf_counter() - began), 1e3 * used / done


def table(costs: Costs) -> None:
    print(
        f"{'replicas':>8} {'balancer':<12}{'arithmetic':>11}{'played':>9}{'Redis busy':>12}{'replica busy':>14}  limit"
    )
    for count in REPLICAS:
        for by_key in (True, False):
            if count == 1 and not by_key:
                continue
            played = most(costs, count, by_key=by_key)
            limit = "Redis" if played.redis > played.replica else "the replicas"
            way, right = "by key" if by_key else "goes round", arithmetic(costs, count, by_key=by_key)
            busy = f"{played.redis:>12.0%}{played.replica:>14.0%}"
            print(f"{count:>8,} {way:<12}{right:>11,.0f}{played.rate:>9,.0f}{busy}  {limit}")


async def main() -> None:
    asked = sys.argv[1] if len(sys.argv) > 1 else ""
    costs = await measured() if asked else Costs()
    print(f"load average {os.getloadavg()[0]:.1f}; {costs}")
    table(costs)
    if asked == "check":
        here = os.cpu_count() or 1
        for count in (2, 3, 4):
            for by_key in (True, False):
                played = most(costs, count, by_key=by_key, processors=here)
                rate, each = await real(count, by_key=by_key)
                how = "by key" if by_key else "goes round"
                # Where other programs want the processors too, what a submit takes of them is the fairer figure.
                seconds, right = f"{rate:,.0f} a second, played {played.rate:,.0f}", costs.submit + costs.client
                right += costs.write + costs.batch + (0.0 if by_key else costs.forward * (count - 1) / count)
                print(
                    f"{count} real ones on {here} processors, {how}: {seconds}; {each:.1f} ms each, played {right:.1f}"
                )


if __name__ == "__main__":
    asyncio.run(main())
