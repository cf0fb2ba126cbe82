"""What a server says of one key's world, read while nobody uses the key."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from math import inf
from typing import Any

from vidmock.integrity.control_client import ControlClient
from vidmock.integrity.registry import VIDEO_APIS

RANKS = {"queued": 0, "running": 1, "succeeded": 2, "failed": 2, "cancelled": 2}


@dataclass(frozen=True, slots=True)
class JobFact:
    """A job as the control API lists it; *attempt* counts its runs. Money is in USD, times in seconds.

    Its provider deletes it at *deadline*, if it has not ended by then.
    """

    id: str
    provider: str
    state: str
    ends: float
    cost: Decimal
    refunded: Decimal
    collected: bool
    downloaded: bool
    prompt: str
    attempt: int
    deadline: float

    @property
    def ended(self) -> bool:
        return RANKS[self.state] == 2

    @property
    def deleted(self) -> bool:
        """Whether its provider has cancelled it because it did not end within its life."""
        return self.state == "cancelled" and self.ends >= self.deadline


@dataclass(frozen=True, slots=True)
class WorldFacts:
    """The jobs of a world, its ledger and deliveries, at the moment *now* of its clock."""

    now: float
    jobs: tuple[JobFact, ...]
    ledger: dict[str, Any]
    deliveries: dict[str, list[dict[str, Any]]]

    @classmethod
    async def read(cls, control: ControlClient, *, retried: frozenset[str] = frozenset()) -> WorldFacts:
        """The facts of a quiet world. *retried* are the jobs that may have run more than once."""
        deliveries: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        for delivery in await control.deliveries():
            deliveries[delivery["job"]].append(delivery)
        jobs = []
        for job in await control.jobs():
            attempt, deadline = 1, job["created"] + VIDEO_APIS[job["provider"]].life
            if job["id"] in retried:
                told = await control.job(job["id"])
                # Its life still counts from the first submission, and it is listed with the beginning of its last run.
                attempt, deadline = told["attempt"], inf if told["deadline"] is None else told["deadline"]
            jobs.append(
                JobFact(
                    job["id"],
                    job["provider"],
                    job["state"],
                    job["ends"],
                    Decimal(job["cost"]),
                    Decimal(job["refunded"]),
                    job["collected"],
                    job["downloaded"],
                    job["prompt"],
                    attempt,
                    deadline,
                )
            )
        return cls((await control.clock())["now"], tuple(jobs), await control.ledger(), deliveries)
