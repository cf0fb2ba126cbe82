"""What happened, as text: requests, job states, webhooks and money, in the order of the mock's clock."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from vidmock.engine.jobs.job import Job
from vidmock.engine.world.journal import Exchange
from vidmock.engine.world.world import World
from vidmock.schema.dollars import dollars
from vidmock.schema.pricing import UNKNOWN_PRICE
from vidmock.testing.lints import lints_of
from vidmock.testing.scope import Scope

_SHORT = 8
_LINES = 200
"""At most this many lines are shown, the newest."""

Event = tuple[float, tuple[float, float], str]
"""When, the order among those of the same moment, and what."""


def format_timeline(scope: Scope) -> str:
    """A line for each event, with the seconds since the first one. Equal lines that follow each other become one.

    For the server's event loop only.
    """
    events = sorted(event for world in scope.worlds() for event in _events(world))
    if not events:
        nobody = "no request has reached the mock" + (" with this key" if scope.key else "")
        return f"nothing happened: {scope.other_keys() or nobody}"
    began, lines = events[0][0], []
    for text, same in groupby(events, key=lambda event: event[2]):
        moments = [at - began for at, _, _ in same]
        again = f"   (× {len(moments)}, until {moments[-1]:.3f} s)" if len(moments) > 1 else ""
        lines.append(f"{moments[0]:10.3f} s  {text}{again}")
    left = [f"  … {len(lines) - _LINES} earlier lines"] if len(lines) > _LINES else []
    return "\n".join([*left, *lines[-_LINES:]])


def _events(world: World) -> Iterator[Event]:
    now = world.clock.now()
    made: dict[str, int] = {}
    for exchange in world.journal:
        for job_id in exchange.jobs:
            made.setdefault(job_id, exchange.number)
        yield exchange.at, (1, exchange.number), _exchange_line(exchange)
        for found in lints_of(exchange):
            yield exchange.at, (1, exchange.number + 0.05), f"  warning: {found}"
    for job in world.jobs.values():
        # A job is made before the request for it is answered.
        yield from _job_events(world, job, now, made.get(job.id, 0) - 0.5)
    for number, delivery in enumerate(world.outbox):
        for tried, attempt in enumerate(delivery.attempts, 1):
            outcome = attempt.status if attempt.status is not None else attempt.error
            text = f"webhook of {_short(delivery.job)} to {delivery.message.url}, attempt {tried} → {outcome}"
            yield attempt.at, (2, number), text


def _exchange_line(exchange: Exchange) -> str:
    about = f"   {exchange.operation} {_short(exchange.job)}" if exchange.job else ""
    fault = f"   fault {exchange.fault}" if exchange.fault else ""
    # An answer that no fault kept back had nobody to go to.
    answer = exchange.status or ("no answer" if exchange.fault else "no answer: the client had gone")
    return f"{exchange.provider}: {exchange.method} {exchange.target} → {answer}{about}{fault}"


def _job_events(world: World, job: Job, now: float, made: float) -> Iterator[Event]:
    """What has happened to *job*; *made* is its place among the exchanges of the moment at which it was made."""
    name = _short(job.id)
    charge = dollars(job.cost) if job.priced else f"nothing, {UNKNOWN_PRICE}"
    yield job.created, (1, made), f"job {name} of {job.provider} {job.model} is charged {charge}"
    soonest = (1.0, made + 0.1)
    for step in job.timeline[1:]:
        if step.at <= now:
            order = (0.0, 0.0) if step.at > job.created else soonest
            why = f" ({job.failure.code}: {job.failure.reason})" if step.state == "failed" and job.failure else ""
            yield step.at, order, f"job {name} is {step.state}{why}"
    for output in job.outputs:
        if output.ready is not None and output.ready <= min(now, job.ends):
            what = "given up" if output.failure else "ready"
            yield output.ready, (0.0, 0.0), f"video {_short(output.id)} of job {name} is {what}"
    line = world.ledger.line(job.id)
    if line and line.refunded:
        order = (0.0, 1.0) if job.ends > job.created else (1.0, made + 0.2)
        yield job.ends, order, f"job {name} is refunded {dollars(line.refunded)}"


def _short(job: str) -> str:
    return job[:_SHORT]
