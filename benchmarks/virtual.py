"""Time that the providers' own clients take for a job of 15 minutes in virtual time: ``python benchmarks/virtual.py``.

It is compared with the same client and a job that ends at once, on a real clock: the work without any waiting.
"""

from __future__ import annotations

import logging
import os
import statistics
import tempfile
import time
from collections.abc import Callable

import fal_client
import runpod  # type: ignore[import-untyped]  # the package ships no types

from vidmock import MockServer

ROUNDS = 15
KITE = {"prompt": "a red kite"}
ROBOT = KITE | {"images": ["https://example.com/robot.png"]}
KEY = "vidmock:benchmark"
REAL_CLOCK = (time.perf_counter,)
"""In a tuple, because virtual time replaces clocks that are variables of a program's modules."""


def fal_subscribe() -> None:
    fal_client.subscribe("fal-ai/kling-video/o1/reference-to-video", KITE)


def runpod_run_sync() -> None:
    policy = {"input": ROBOT, "policy": {"executionTimeout": 3_600_000}}
    runpod.Endpoint("kling-video-o1-r2v", api_key=KEY).run_sync(policy, timeout=3600)


def median(work: Callable[[], None]) -> float:
    """Milliseconds of *work*, the median of several runs."""
    times = []
    for _ in range(ROUNDS):
        began = REAL_CLOCK[0]()
        work()
        times.append(1000 * (REAL_CLOCK[0]() - began))
    return statistics.median(times)


def main() -> None:
    print(f"{'':<16}{'15 minutes, ms':>16}{'at once, ms':>14}{'ratio':>8}")
    for work in (fal_subscribe, runpod_run_sync):
        with MockServer(clock="manual", latency="15m") as mock:
            world = mock.world(KEY)
            with world.lead_clients(), world.virtual_time():
                virtual = median(work)
        with MockServer(latency=0) as mock, mock.world(KEY).lead_clients():
            at_once = median(work)
        print(f"{work.__name__:<16}{virtual:>16.1f}{at_once:>14.1f}{virtual / at_once:>8.2f}")


if __name__ == "__main__":
    logging.disable()
    os.environ.setdefault("VIDMOCK_STATE", tempfile.mkdtemp())
    main()
