"""The log of a running server: a line for each thing that a person wants to know of, as text or as JSON."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal

from vidmock.engine.jobs.job import Job, State
from vidmock.engine.world.activity import ActivityEvent, JobAccepted, JobEnded, WebhookAttempted
from vidmock.engine.world.journal import Exchange
from vidmock.engine.world.world import World
from vidmock.schema.dollars import dollars
from vidmock.schema.explain import counted
from vidmock.schema.pricing import UNKNOWN_PRICE

FOLLOWED: Final = 10_000
"""Jobs whose last state is remembered, so that each is told of once."""
_LONGEST: Final = 400
"""Characters of a line's message: it may repeat what a client has sent."""
_COLOURS: Final = {"good": "\x1b[32m", "odd": "\x1b[33m", "bad": "\x1b[31m", "plain": "\x1b[0m"}
_PLAIN: Final = _COLOURS["plain"]
_LOOKS: Final = ("poll", "result", "stream")

Tone = Literal["good", "odd", "bad", "plain"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the log: *what* happened at *provider*, in a *message* for people; *details* are for programs."""

    provider: str
    what: str
    message: str
    look: Tone = "plain"
    details: Mapping[str, Any] = field(default_factory=dict)


class ActivityLog:
    """Words what happens in the worlds of a server, and has each line written by *write*."""

    def __init__(self, write: Callable[[str], None], *, as_json: bool = False, coloured: bool = False) -> None:
        self._write, self._as_json, self._coloured = write, as_json, coloured
        self._states: OrderedDict[str, State] = OrderedDict()

    def heard(self, world: World, event: ActivityEvent) -> None:
        match event:
            case Exchange():
                entries = self._of_exchange(world, event)
            case JobAccepted(job):
                entries = iter([_accepted(job)])
            case JobEnded(job):
                self._states.pop(job.id, None)
                entries = iter([_ended(world, job)])
            case WebhookAttempted():
                entries = iter([_attempted(event)])
            case _:
                return
        for entry in entries:
            self._say(entry, world.id)

    def over(self) -> None:
        """Nothing is left to be said."""

    def _of_exchange(self, world: World, exchange: Exchange) -> Iterator[Entry]:
        if exchange.fault:
            yield _struck(exchange)
        if exchange.operation == "submit":
            yield from _submitted(world, exchange)
        elif exchange.operation in _LOOKS and (job := world.jobs.get(exchange.job)) and not job.ended(exchange.at):
            # A result that is asked for too early is refused by fal, which some clients do until it is there.
            yield from self._moved(job, job.state(exchange.at))
        elif exchange.status >= 400:
            yield _refused(exchange, exchange.operation or "request")
        elif exchange.operation == "upload":
            size = len(exchange.request_body)
            target = exchange.target.partition("?")[0]
            yield Entry(exchange.provider, "upload", f"{exchange.method} {target}, {size} bytes", "good")

    def _moved(self, job: Job, state: State) -> Iterator[Entry]:
        """That *job*, which was looked at, is in another *state* than the last time."""
        if state in (State.QUEUED, self._states.get(job.id)):
            return
        self._states[job.id] = state
        if len(self._states) > FOLLOWED:
            self._states.popitem(last=False)
        yield Entry(job.provider, state, f"job {job.id}", details={"job": job.id})

    def _say(self, entry: Entry, world: str) -> None:
        now = datetime.now(UTC).astimezone()
        if self._as_json:
            named = {"time": now.isoformat(timespec="milliseconds"), "event": entry.what}
            named |= {"provider": entry.provider} if entry.provider else {}
            named |= {"world": world} if world else {}
            self._write(json.dumps({**named, **entry.details, "message": entry.message}, default=str))
            return
        # It has what clients have sent, and could hold control codes of terminals.
        text = entry.message if entry.message.isprintable() else repr(entry.message)[1:-1]
        text = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
        what = f"{entry.what:<9}"
        what = f"{_COLOURS[entry.look]}{what}{_PLAIN}" if self._coloured else what
        self._write(f"{now:%H:%M:%S} {entry.provider:<8} {what} {text}")


def _accepted(job: Job) -> Entry:
    details = {"job": job.id, "model": job.model, "cost": str(job.cost) if job.priced else None}
    price = dollars(job.cost) if job.priced else UNKNOWN_PRICE
    return Entry(job.provider, "submit", f"{job.model}, {price}: job {job.id}", "good", details)


def _submitted(world: World, exchange: Exchange) -> Iterator[Entry]:
    """What is odd about what was accepted, or why nothing was."""
    if exchange.status >= 400 or not any(map(world.jobs.get, exchange.jobs or (exchange.job,))):
        wrong = next((violation for judged in exchange.judged for violation in judged.violations), None)
        yield _refused(exchange, "refused", str(wrong) if wrong else None)
        return
    for lint in (lint for judged in exchange.judged for lint in judged.lints):
        yield Entry(exchange.provider, "warning", str(lint), "odd", {"path": lint.pointer, "rule": lint.rule})


def _refused(exchange: Exchange, what: str, why: str | None = None) -> Entry:
    """*why*, or what the answer says."""
    target = exchange.target.partition("?")[0]
    details = {"status": exchange.status, "method": exchange.method, "path": target}
    said = exchange.response_body[:_LONGEST].decode("utf-8", "replace") if why is None else why
    message = f"{exchange.status} to {exchange.method} {target}: {' '.join(said.split())}"
    return Entry(exchange.provider, what, message.removesuffix(": "), "bad", details)


def _struck(exchange: Exchange) -> Entry:
    what = exchange.operation or "a request"
    message = f"fault {exchange.fault} struck {what}, which was answered with {exchange.status}"
    return Entry(exchange.provider, "fault", message, "odd", {"fault": exchange.fault, "status": exchange.status})


def _ended(world: World, job: Job) -> Entry:
    now = job.ends
    state = job.state(now)
    made, back = len(job.made_outputs(now)), job.owed
    parts = [f"job {job.id}"]
    if job.failure and state is not State.SUCCEEDED:
        parts.append(job.failure.reason)
    if state is State.SUCCEEDED:
        parts.append(counted(made, "file"))
    if back:
        parts.append(f"{dollars(back)} given back")
    details = {"job": job.id, "outputs": made, "refunded": str(back)}
    return Entry(job.provider, state, ", ".join(parts), "good" if made else "bad", details)


def _attempted(event: WebhookAttempted) -> Entry:
    delivery, attempt = event.delivery, event.attempt
    url = delivery.message.url.partition("?")[0].rpartition("@")[2]
    number = len(delivery.attempts)
    answer = f"no answer ({attempt.error})" if attempt.status is None else str(attempt.status)
    message = f"{answer} from {url}, attempt {number}: job {delivery.job}"
    details = {"job": delivery.job, "url": url, "attempt": number, "status": attempt.status, "error": attempt.error}
    return Entry(delivery.provider, "webhook", message, "good" if attempt.accepted else "bad", details)
