"""Ends, stops and cuts off replicas while clients use them, and says whether anything that was answered was lost.

``python -m tests.state.killer --minutes 2 --seed 7``: 0 where all is well, else 1. What is done is drawn from
the seed; what comes of it depends on the machine, too.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from random import Random

import httpx
from tests.state.redis_server import RedisServer
from tests.state.test_replicas import JOBS, SUBMIT, Replica

RANKS = {"IN_QUEUE": 0, "IN_PROGRESS": 1, "COMPLETED": 2}
CLIENTS = 6
LONGEST = 7200.0
"""Real seconds after which a replica is ended, whatever becomes of this program."""
PATIENCE = 60.0
"""Real seconds after which an answer that does not come is a breach."""


class Client(threading.Thread):
    """Has a key of its own, submits and looks at any of *urls* until *over*, and notes what it was told."""

    def __init__(self, number: int, seed: int, urls: list[str], over: threading.Event) -> None:
        super().__init__()
        self.key = f"killer-{seed}-{number}"
        self.told: dict[str, int] = {}
        """The rank of the state that was seen last, by the job that was accepted."""
        self.unsure = 0
        """Submits of which it is not known whether there is a job."""
        self.breaches: list[str] = []
        self.counts: Counter[str] = Counter()
        self._random = Random(f"{seed} {number}")
        self._urls, self._over = urls, over

    def run(self) -> None:
        with httpx.Client(headers={"authorization": f"Key {self.key}"}, timeout=PATIENCE) as http:
            while not self._over.wait(0.05):
                url = self._random.choice(self._urls)
                submits = not self.told or self._random.random() < 0.3
                try:
                    (self._submit if submits else self._look)(http, url)
                except httpx.ConnectError:
                    self.counts["unreachable"] += 1
                except httpx.ReadTimeout:
                    self.breaches.append(f"{self.key}: no answer for {PATIENCE:g} s")
                    self.unsure += submits
                except httpx.TransportError:
                    self.counts["broken off"] += 1
                    self.unsure += submits

    def _submit(self, http: httpx.Client, url: str) -> None:
        answer = http.post(f"{url}{SUBMIT}", json={"prompt": f"kite {len(self.told)}"})
        if answer.status_code == 200:
            self.told[answer.json()["request_id"]] = 0
            self.counts["accepted"] += 1
        elif answer.status_code == 503:
            # What could not be kept at once may have been kept with the next try.
            self.unsure += 1
            self.counts["refused"] += 1
        else:
            self.breaches.append(f"{self.key}: a submit was answered with {answer.status_code} {answer.text[:200]}")

    def _look(self, http: httpx.Client, url: str) -> None:
        job = self._random.choice([*self.told])
        answer = http.get(f"{url}{JOBS}/{job}/status")
        if answer.status_code in (200, 202):
            rank = RANKS[answer.json()["status"]]
            if rank < self.told[job]:
                self.breaches.append(f"{self.key}: job {job} went back from {self.told[job]} to {rank}")
            self.told[job] = rank
            self.counts["looks"] += 1
        elif answer.status_code != 503:
            self.breaches.append(f"{self.key}: job {job} was answered with {answer.status_code} {answer.text[:200]}")

    def audit(self, url: str) -> None:
        """Compare what was told with what there is."""
        with httpx.Client(timeout=PATIENCE) as http:
            while (answer := http.get(f"{url}/_vidmock/ledger?key={self.key}")).status_code == 503:
                pass
            charged = answer.json()["total"]["jobs"]
            found: list[str] = []
            before = ""
            while before is not None:
                page = http.get(f"{url}/_vidmock/jobs?key={self.key}{before and f'&before={before}'}").json()
                found += [job["id"] for job in page["jobs"]]
                before = page["older"]
        if lost := self.told.keys() - {*found}:
            self.breaches.append(f"{self.key}: {len(lost)} accepted jobs are lost, as {min(lost)}")
        if charged != len(found) or len({*found}) != len(found):
            self.breaches.append(f"{self.key}: {charged} charges for {len(found)} jobs")
        if len(found) > len(self.told) + self.unsure:
            self.breaches.append(
                f"{self.key}: {len(found)} jobs, of {len(self.told)} accepted and {self.unsure} unsure"
            )


def trouble(draw: Random, server: RedisServer, replicas: list[Replica], urls: list[str], folder: Path) -> str:
    """Do one of the things that happen to servers; return what, once it is over."""
    number = draw.randrange(len(replicas))
    what = draw.choice(["killed", "stopped", "stopped", "redis"])
    if what == "killed":
        replicas[number].send(signal.SIGKILL)
        check(replicas[number].end())
        replicas[number] = Replica(server.url, folder, LONGEST).begin()
        urls[number] = replicas[number].url
    elif what == "stopped":
        replicas[number].send(signal.SIGSTOP)
        time.sleep(draw.uniform(0.5, 4))
        replicas[number].send(signal.SIGCONT)
    else:
        server.kill()
        time.sleep(draw.uniform(0.2, 2))
        server.start()
    return what


def check(said: str) -> None:
    """Raise AssertionError where a replica has printed a defect."""
    assert "Traceback" not in said, said[-3000:]


def run(minutes: float, seed: int) -> tuple[list[str], str]:
    """Trouble three replicas for so many *minutes*; return the breaches, and what was done."""
    draw, over, counts = Random(seed), threading.Event(), Counter[str]()
    with tempfile.TemporaryDirectory(prefix="vk") as place, RedisServer(Path(place)) as server:
        folder = Path(place) / "certificates"
        replicas = [Replica(server.url, folder, LONGEST) for _ in range(3)]
        urls = [replica.begin().url for replica in replicas]
        clients = [Client(number, seed, urls, over) for number in range(CLIENTS)]
        for client in clients:
            client.start()
        ends = time.monotonic() + 60 * minutes
        try:
            while time.monotonic() < ends:
                time.sleep(draw.uniform(1, 3))
                counts[trouble(draw, server, replicas, urls, folder)] += 1
        finally:
            over.set()
            for client in clients:
                client.join()
        for client in clients:
            client.audit(urls[0])
            counts += client.counts
        for replica in replicas:
            check(replica.end())
    figures = ", ".join(f"{count} {what}" for what, count in sorted(counts.items()))
    return [breach for client in clients for breach in client.breaches], figures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=2.0)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    breaches, figures = run(given.minutes, given.seed)
    said = [*breaches, f"killer: {len(breaches)} breaches, seed {given.seed}: {figures}"]
    sys.stdout.write("".join(f"{line}\n" for line in said))
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
