"""Every job is charged once, refunded if it failed, and the ledger is the sum of its jobs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from vidmock.integrity.breach import Breach
from vidmock.integrity.facts import JobFact, WorldFacts
from vidmock.integrity.history import KeyHistory, PromptRecord

_NOTHING = Decimal(0)


def money_breaches(history: KeyHistory, facts: WorldFacts) -> Iterator[Breach]:
    """What is wrong with the money of a world."""
    prices: dict[str, Decimal] = {}
    for job in facts.jobs:
        record = history.find(job.prompt)
        price = prices.setdefault(job.provider, job.cost)
        if job.cost != price or job.cost <= _NOTHING:
            yield Breach("price", history.key, f"{job.id} cost {job.cost}, and others like it {price}", record)
        if record is None or not record.sure:
            continue
        if job.attempt != (runs := 1 + record.retries.get(job.id, 0)):
            what = f"{job.id} was run {job.attempt} times, where its clients had it run {runs} times"
            yield Breach("retry", history.key, what, record)
        low, high = _refund(record, job)
        if not low <= job.refunded <= high:
            what = f"{job.id}, {job.state}, cost {job.cost} and had {job.refunded} refunded, where {low} is right"
            yield Breach("refund", history.key, what, record)
    places = [("in all", facts.ledger["total"], facts.jobs)]
    # Of each provider, the clients use one model.
    for place in (*facts.ledger["providers"], *facts.ledger["models"]):
        name = place["provider"]
        places += [(name, place, tuple(job for job in facts.jobs if job.provider == name))]
    for name, sums, jobs in places:
        for what in _wrong_with(sums, jobs):
            yield Breach("ledger", history.key, f"{name}: {what}")
    yield from _wrong_with_budget(history, facts.ledger)


def _refund(record: PromptRecord, job: JobFact) -> tuple[Decimal, Decimal]:
    """The least and the most that may have been refunded of *job*."""
    if job.provider == "runware":
        if record.fault.words == "partial" and job.ended and not record.forced:
            return job.cost / 2, job.cost / 2
        if record.forced:
            # Which of its videos were ready by then is the server's secret.
            return _NOTHING, job.cost
    back = job.cost if job.state in ("failed", "cancelled") else _NOTHING
    return back, back


def _wrong_with(sums: Mapping[str, Any], jobs: Iterable[JobFact]) -> Iterator[str]:
    jobs = tuple(jobs)
    right = {
        "jobs": Decimal(sum(job.attempt for job in jobs)),
        "charged": sum((job.cost * job.attempt for job in jobs), _NOTHING),
        # Only a job that has failed is run again, and then it had been refunded.
        "refunded": sum((job.refunded + job.cost * (job.attempt - 1) for job in jobs), _NOTHING),
    }
    right["spent"] = right["charged"] - right["refunded"]
    for name, value in right.items():
        if Decimal(sums[name]) != value:
            yield f"{name} is {sums[name]}, and the jobs add up to {value}"


def _wrong_with_budget(history: KeyHistory, ledger: Mapping[str, Any]) -> Iterator[Breach]:
    for world in ledger["worlds"]:
        if history.budget is None:
            continue
        budget, spent = Decimal(history.budget), Decimal(ledger["total"]["spent"])
        if world["budget"] is None or Decimal(world["budget"]) != budget:
            yield Breach("budget", history.key, f"the budget is {world['budget']}, and was set to {budget}")
        elif Decimal(world["left"]) != budget - spent or spent > budget:
            yield Breach("budget", history.key, f"{world['left']} of {budget} is left, after {spent} was spent")
