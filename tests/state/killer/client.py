"""A client of three replicas in trouble: it submits and looks, and holds against them what it was told."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from itertools import count, pairwise
from random import Random
from typing import Any

import httpx
from tests.state.killer.inbox import Inbox
from tests.state.killer.troubles import TroubleLog

SUBMIT = "/fal/queue/fal-ai/kling-video/o1/reference-to-video"
JOBS = "/fal/queue/fal-ai/kling-video/requests"
RANKS = {"IN_QUEUE": 0, "IN_PROGRESS": 1, "COMPLETED": 2}
PATIENCE = 60.0
"""Real seconds after which an answer that does not come is a breach."""
SETTLED = 180.0
"""Real seconds within which the webhooks of all jobs are sent, though there is trouble meanwhile."""
PROMPTS = 50
"""Submits with one key: then all is looked through, and another key begins."""
UNAVAILABLE = (502, 503, 504)


class Client(threading.Thread):
    """Uses one key after another at *url* until *over*; ``breaches`` and ``counts`` are what came of it."""

    def __init__(self, number: int, seed: int, url: str, inbox: Inbox, log: TroubleLog, over: threading.Event) -> None:
        super().__init__()
        self.breaches: list[str] = []
        self.counts: Counter[str] = Counter()
        self.random = Random(f"{seed} {number}")
        self.url, self.inbox, self.log, self.over = url, inbox, log, over
        self._key = f"killer-{seed}-{number}"

    def run(self) -> None:
        for turn in count():
            _Turn(self, f"{self._key}-{turn}").play()
            self.counts["keys"] += 1
            if self.over.is_set():
                return

    def breach(self, what: str) -> None:
        self.breaches.append(what)


class _Turn:
    """What *client* does with one *key*."""

    def __init__(self, client: Client, key: str) -> None:
        self._client, self._key = client, key
        self._told: dict[str, int] = {}
        """The rank of the state that was seen last, by the job that was accepted."""
        self._unsure = 0
        """Submits of which it is not known whether there is a job."""
        self._http = httpx.Client(headers={"authorization": f"Key {key}"}, timeout=PATIENCE)

    def play(self) -> None:
        client, most = self._client, PROMPTS
        with self._http:
            while not client.over.wait(client.random.uniform(0.02, 0.25)) and most:
                submits = not self._told or client.random.random() < 0.3
                most -= submits
                self._attempt(self._submit if submits else self._look, unsure=submits)
            self._audit()

    def _attempt(self, deed: Callable[[], None], *, unsure: bool) -> None:
        client = self._client
        try:
            deed()
        except httpx.ConnectError:
            self._say("the balancer takes no connection")
        except httpx.ReadTimeout:
            self._say(f"no answer for {PATIENCE:g} s")
            self._unsure += unsure
        except httpx.TransportError:
            client.counts["broken off"] += 1
            self._unsure += unsure

    def _say(self, what: str) -> None:
        self._client.breach(f"{self._key}: {what}")

    def _submit(self) -> None:
        hook = {"fal_webhook": f"{self._client.inbox.url}/hook"}
        answer = self._http.post(f"{self._client.url}{SUBMIT}", json={"prompt": "a kite"}, params=hook)
        if answer.status_code == 200:
            self._told[answer.json()["request_id"]] = 0
            self._client.counts["accepted"] += 1
        elif answer.status_code in UNAVAILABLE:
            # What could not be kept at once may have been kept with the next try.
            self._unsure += 1
            self._client.counts["refused"] += 1
        else:
            self._say(f"a submit was answered with {answer.status_code} {answer.text[:200]}")

    def _look(self) -> None:
        job = self._client.random.choice([*self._told])
        answer = self._http.get(f"{self._client.url}{JOBS}/{job}/status")
        if answer.status_code in (200, 202):
            rank = RANKS[answer.json()["status"]]
            if rank < self._told[job]:
                self._say(f"job {job} went back from {self._told[job]} to {rank}")
            self._told[job] = rank
            self._client.counts["looks"] += 1
        elif answer.status_code in UNAVAILABLE:
            self._client.counts["looks refused"] += 1
        else:
            self._say(f"job {job} was answered with {answer.status_code} {answer.text[:200]}")

    def _audit(self) -> None:
        """Compare what was told with what there is, once all webhooks are sent."""
        until = time.monotonic() + SETTLED
        try:
            jobs, charged, deliveries = self._read(until)
            while not _over(jobs, deliveries):
                if time.monotonic() > until:
                    self._say(f"after {SETTLED:g} s, not all jobs have ended, or not all webhooks were sent")
                    break
                time.sleep(0.2)
                jobs, charged, deliveries = self._read(until)
        except TimeoutError:
            self._say(f"could not be looked through for {SETTLED:g} s")
            return
        found = [job["id"] for job in jobs]
        if lost := self._told.keys() - {*found}:
            self._say(f"{len(lost)} accepted jobs are lost, as {min(lost)}")
        if charged != len(found) or len({*found}) != len(found):
            self._say(f"{charged} charges for {len(found)} jobs")
        if len(found) > len(self._told) + self._unsure:
            self._say(f"{len(found)} jobs, of {len(self._told)} accepted and {self._unsure} unsure")
        for job in found:
            self._check_webhook(job, [delivery for delivery in deliveries if delivery["job"] == job])
        self._client.inbox.forget(found)
        self._client.counts["jobs audited"] += len(found)

    def _check_webhook(self, job: str, deliveries: list[Any]) -> None:
        """At least once; and no more often, unless who has sent it came into trouble before that was kept."""
        arrived = self._client.inbox.about(job)
        attempts = [attempt for delivery in deliveries for attempt in delivery["attempts"]]
        if len(deliveries) != 1:
            self._say(f"{len(deliveries)} webhooks about {job}")
        if not arrived or len(attempts) > len(arrived):
            self._say(f"{len(arrived)} webhooks about {job} have come, where {len(attempts)} were sent: {attempts}")
        for first, second in pairwise(arrived):
            self._client.counts["webhooks again"] += 1
            if first.sender and not self._client.log.between(first.sender, first.at, second.at):
                after = f"{second.at - first.at:.3f} s after"
                self._say(f"a webhook about {job} came from {second.sender}, {after} {first.sender} had sent it")
        self._client.counts["webhooks"] += len(arrived)

    def _read(self, until: float) -> tuple[list[Any], int, list[Any]]:
        """The jobs, the number of charges, and the deliveries. Raises TimeoutError."""
        while True:
            charged = self._ask("ledger", until)["total"]["jobs"]
            jobs, deliveries = self._all("jobs", until), self._all("deliveries", until)
            if self._ask("ledger", until)["total"]["jobs"] == charged:
                return jobs, charged, deliveries

    def _all(self, what: str, until: float) -> list[Any]:
        page = self._ask(what, until)
        found: list[Any] = page[what]
        while page["older"] is not None:
            page = self._ask(what, until, before=page["older"])
            found += page[what]
        return found

    def _ask(self, what: str, until: float, **query: str) -> Any:
        while time.monotonic() < until:
            try:
                answer = self._http.get(f"{self._client.url}/_vidmock/{what}", params={"key": self._key, **query})
            except httpx.TransportError:
                continue
            if answer.status_code == 200:
                return answer.json()
            if answer.status_code not in UNAVAILABLE:
                self._say(f"{what} was answered with {answer.status_code} {answer.text[:200]}")
            time.sleep(0.1)
        raise TimeoutError


def _over(jobs: list[Any], deliveries: list[Any]) -> bool:
    """Whether each job has ended, has its webhook, and that is sent. What ends is read first, and then its webhook."""
    return (
        all(job["state"] not in ("queued", "running") for job in jobs)
        and {delivery["job"] for delivery in deliveries} == {job["id"] for job in jobs}
        and all(delivery["planned"] is None for delivery in deliveries)
    )
