"""Webhooks come as often as they are promised: once to a healthy receiver, and again to one that refuses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from vidmock.integrity.apis.video_api import VideoApi
from vidmock.integrity.breach import Breach
from vidmock.integrity.facts import JobFact, WorldFacts
from vidmock.integrity.history import KeyHistory, PromptRecord
from vidmock.integrity.registry import VIDEO_APIS


def webhook_breaches(history: KeyHistory, facts: WorldFacts, *, interrupted: bool = False) -> Iterator[Breach]:
    """What is wrong with the webhooks of a world in which nothing is under way.

    A server that was *interrupted* may have sent one once more than it knows, or have taken a receiver for silent. It
    counts none that never left.
    """
    jobs: dict[str, list[JobFact]] = {}
    for job in facts.jobs:
        if record := history.find(job.prompt):
            jobs.setdefault(record.name, []).append(job)
    for record in history:
        if record.sure:
            for what in _wrong_with(record, jobs.get(record.name, []), facts, interrupted=interrupted):
                yield Breach("webhook", history.key, what, record)


def _wrong_with(record: PromptRecord, jobs: list[JobFact], facts: WorldFacts, *, interrupted: bool) -> Iterator[str]:
    api = VIDEO_APIS[record.provider]
    deliveries = [delivery for job in jobs for delivery in facts.deliveries.get(job.id, ())]
    if record.box is None:
        if deliveries:
            yield f"{len(deliveries)} webhooks are planned, and nobody has asked for one"
        return
    low = sum(_messages(api, record, job, least=True) for job in jobs)
    high = sum(_messages(api, record, job, least=False) for job in jobs)
    if not low <= len(deliveries) <= high:
        yield f"{len(deliveries)} webhooks are planned or sent, where {_range(low, high)} are right"
    most = api.attempts if interrupted else record.box.plan.attempts(api.attempts)
    for delivery in deliveries:
        made = sum(not attempt["by_hand"] for attempt in delivery["attempts"])
        over = delivery["planned"] is None and not (interrupted and delivery["accepted"])
        # A body that came before, with another delivery, has used up what its receiver refuses.
        if made > most or (
            over and made < most and record.fault.group != "webhook" and not (record.redelivered or record.retries)
        ):
            yield f"webhook {delivery['number']} was tried {made} times, where {most} are right: {_told(delivery)}"
    by_hand = sum(attempt["by_hand"] for delivery in deliveries for attempt in delivery["attempts"])
    if by_hand != record.redelivered:
        yield f"{by_hand} webhooks were sent by hand, where {record.redelivered} were asked for"
    yield from _wrong_arrivals(record, jobs, deliveries, interrupted=interrupted)


def _wrong_arrivals(
    record: PromptRecord, jobs: list[JobFact], deliveries: list[dict[str, Any]], *, interrupted: bool
) -> Iterator[str]:
    assert record.box is not None
    attempts = [attempt for delivery in deliveries for attempt in delivery["attempts"]]
    if interrupted:
        # Nothing went over the wire where there was no connection.
        attempts = [attempt for attempt in attempts if attempt["status"] is not None or attempt["sent"] is not None]
    arrived, tried = len(record.box.arrivals), len(attempts)
    right = 0 if record.box.plan.deaf else tried
    if arrived < right or (arrived > right and not interrupted):
        yield f"{arrived} webhooks have come, and the server says that it has sent {tried}"
    for attempt in attempts:
        if interrupted and attempt["status"] is None:
            continue
        if record.box.plan.statuses == (200,) and not record.box.plan.deaf and attempt["status"] != 200:
            yield f"a webhook was answered with 200, and the server has {attempt['status']} ({attempt['error']})"
    strange = [a for a in record.box.arrivals if not any(job.id.encode() in a.body for job in jobs)]
    if strange and not record.fault.foreign:
        yield f"a webhook is about another job: {strange[0].body[:200]!r}"


def _messages(api: VideoApi, record: PromptRecord, job: JobFact, *, least: bool) -> int:
    """How many webhooks there are about *job* by now, at least or at most."""
    each = 0 if job.deleted else api.cancel_webhooks if job.state == "cancelled" else api.messages
    # Where a job's results are told of one by one, some may have been before its end.
    now = each if job.ended or (api.messages > 1 and not least) else 0
    total = api.messages * (job.attempt - 1) + now
    return total + record.fault.webhooks - 1 if total else 0


def _range(low: int, high: int) -> str:
    return str(low) if low == high else f"{low} to {high}"


def _told(delivery: dict[str, Any]) -> str:
    return ", ".join(str(attempt["status"] or attempt["error"]) for attempt in delivery["attempts"])
