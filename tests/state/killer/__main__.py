"""Ends, stops and cuts off replicas while clients use them, and says whether anything that was answered was lost.

Three replicas share a Redis, which each reaches by a way of its own, and stand behind HAProxy with the configuration
that is shipped. Every few seconds one of them is killed, or stands still, or is cut off from Redis, or what it says to
Redis is held up; or Redis is killed and starts again from its file. Nothing that was accepted may be lost or charged
twice, no state goes back, and each webhook comes at least once, and from no two replicas of their own accord.

The integrity checker uses them as well (``--checkers``, how many of its clients): it is told of what is interrupted.

``python -m tests.state.killer --minutes 2 --seed 7``: 0 where all is well, else 1. What is done is drawn from
the seed; what comes of it depends on the machine, too.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random
from types import FrameType

from tests.state.killer.client import Client
from tests.state.killer.inbox import Inbox
from tests.state.killer.troubles import LONGEST_STOP, Watch, cluster, make_trouble
from tests.state.replica_process import balanced

CLIENTS = 6


@contextmanager
def checker(url: str, minutes: float, seed: int, count: int, breach: Callable[[str], None]) -> Iterator[None]:
    """Have *count* clients of the integrity checker use the server at *url*; tell its breaches once it has ended."""
    if not count:
        yield
        return
    words = ["--clients", str(count), "--minutes", f"{minutes:g}", "--seed", str(seed)]
    command = [sys.executable, "-m", "vidmock.integrity", url, *words, "--interrupted", f"{LONGEST_STOP + 1:g}"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    said: list[str] = []
    assert process.stdout
    reading = threading.Thread(target=said.extend, args=[process.stdout])
    reading.start()
    try:
        yield
        if process.wait(600):
            breach("".join(said))
        else:
            _say(f"integrity: {said[-1].rstrip()}")
    finally:
        process.kill()
        process.wait()
        reading.join()
        process.stdout.close()


def run(minutes: float, seed: int, checkers: int, say: Callable[[str], None]) -> tuple[list[str], str]:
    """Trouble three replicas for so many *minutes*; return the breaches, and what was done."""
    draw, over, counts = Random(seed), threading.Event(), Counter[str]()
    clients: list[Client] = []
    told = 0

    def note(what: str) -> None:
        counts[what] += 1

    checked: list[str] = []
    with cluster() as there, balanced([each.url for each in there.replicas]) as url:
        inbox = Inbox(lambda: there.processes)
        with inbox.open(), checker(url, minutes, seed, checkers, checked.append):
            clients = [Client(number, seed, url, inbox, there.log, over) for number in range(CLIENTS)]
            watch = Watch(there, over)
            for one in (watch, *clients):
                one.start()
            began = look = time.monotonic()
            try:
                while time.monotonic() < began + 60 * minutes:
                    time.sleep(draw.uniform(0.5, 3))
                    make_trouble(there, draw, note)
                    breaches = [breach for client in clients for breach in client.breaches]
                    for breach in breaches[told:]:
                        say(breach)
                    told = len(breaches)
                    if time.monotonic() > look + 60:
                        look = time.monotonic()
                        say(f"after {(look - began) / 60:.0f} min: {told} breaches, {_figures(clients, counts)}")
            finally:
                over.set()
                for one in (watch, *clients):
                    one.join()
                counts["slow"] = watch.slow
    return [*checked, *(breach for client in clients for breach in client.breaches)], _figures(clients, counts)


def _figures(clients: list[Client], counts: Counter[str]) -> str:
    found = sum((client.counts for client in clients), counts)
    return ", ".join(f"{count} {what}" for what, count in sorted(found.items()))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=2.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--checkers", type=int, default=4)
    given = parser.parse_args()
    # What it has started ends with it, however it is ended.
    signal.signal(signal.SIGTERM, _end)
    breaches, figures = run(given.minutes, given.seed, given.checkers, _say)
    load = ", ".join(f"{load:.1f}" for load in os.getloadavg())
    for line in (*breaches, f"killer: {len(breaches)} breaches, seed {given.seed}, load {load}: {figures}"):
        _say(line)
    return 1 if breaches else 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _end(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
