"""The timeline of a job, drawn when it is submitted: how long it waits and runs, and how it ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from random import Random
from typing import Final

from vidmock.engine.jobs.job import Failure, State, Step
from vidmock.engine.time.epoch import FOREVER
from vidmock.schema.violation import Violation

Timeline = tuple[Step, ...]
APART: Final = 0.2
"""The part of a job's time at work in which its outputs become ready, where each has a moment of its own. Inferred:
the pages say that they come as they become available, and not how far apart."""


@dataclass(frozen=True, slots=True)
class Latency:
    """How long jobs wait and run: a range of seconds each, from which the timeline is drawn.

    The default makes a job take about 3 s, so that a person sees the states go by.
    """

    queue: tuple[float, float] = (0.4, 0.8)
    run: tuple[float, float] = (2.1, 2.6)


@dataclass(frozen=True, slots=True)
class Terms:
    """How long a job may take and is kept, in seconds; ``None`` means without end.

    It fails after *wait* in the queue or *run* at work; it is forgotten *retention* after its end, and *ttl* after
    its submission whatever its state. With *lost*, no worker ever takes it up, and it fails that long after submission.
    """

    wait: float | None = None
    run: float | None = None
    retention: float | None = None
    ttl: float | None = None
    lost: float | None = None


_AT_ONCE: Final = 0.05
"""Seconds that such a job waits, and is worked at: fal's has an ``inference_time`` of 0.05 (observed 2026-09-15)."""


def draw_timeline(
    draw: Random, latency: Latency, terms: Terms, now: float, violations: Sequence[Violation]
) -> tuple[Timeline, Failure | None]:
    """The timeline of a job that is submitted *now*, and why it fails, if it does."""
    wait, run = draw.uniform(*latency.queue), draw.uniform(*latency.run)
    queued = Step(now, State.QUEUED)
    failure: Failure | None = None
    if violations:
        # A worker turns bad input down as soon as it reads it.
        run /= 4
        failure = Failure("invalid", violations=tuple(violations))
    if terms.lost is not None:
        failure = Failure("lost")
        steps: Timeline = (queued, Step(now + terms.lost, State.FAILED))
        return _cut(steps, None if terms.ttl is None else now + terms.ttl), failure
    last = State.FAILED if failure else State.SUCCEEDED
    steps = (queued, Step(now + wait, State.RUNNING), Step(now + wait + run, last))
    return bound_timeline(steps, failure, terms.wait, terms.run, None if terms.ttl is None else now + terms.ttl)


def failed_at_once(now: float) -> Timeline:
    """The timeline of a job that is submitted *now* and fails as soon as somebody looks at it."""
    return Step(now, State.QUEUED), Step(now + _AT_ONCE, State.RUNNING), Step(now + 2 * _AT_ONCE, State.FAILED)


def draw_moments(draw: Random, timeline: Timeline, count: int) -> tuple[float | None, ...]:
    """When each of *count* outputs of a job that succeeds is ready; ``None`` is with its end, as the last of them is.

    They come within the last ``APART`` of its time at work, in any order.
    """
    ends = timeline[-1].at
    began = max(step.at for step in timeline if step.state is State.RUNNING)
    before = [draw.uniform(0.0, APART * (ends - began)) for _ in range(count)]
    last = min(before, default=0.0)
    moments = (ends - (early - last) for early in before)
    return tuple(moment if moment < ends else None for moment in moments)


def bound_timeline(
    steps: Timeline, failure: Failure | None, wait: float | None, run: float | None, deadline: float | None
) -> tuple[Timeline, Failure | None]:
    """*steps*, ended as soon as it was queued for longer than *wait* or at work for longer than *run* seconds.

    At *deadline* (seconds since the epoch) it is cancelled if it has not ended by then.
    """
    for number, (step, following) in enumerate(pairwise(steps), 1):
        queued = step.state is State.QUEUED
        limit = wait if queued else run
        # A limit is compared with what is left of two sums: a billionth of a second is no time.
        if limit is not None and following.at - step.at > limit + 1e-6:
            failure = Failure("start_timeout" if queued else "run_timeout")
            steps = (*steps[:number], Step(step.at + limit, State.FAILED))
            break
    return _cut(steps, deadline), failure


def _cut(steps: Timeline, deadline: float | None) -> Timeline:
    """*steps*, ended by cancellation at *deadline* if they would not have ended by then, and at the end of time."""
    if steps[-1].at > FOREVER:
        steps = tuple(Step(min(step.at, FOREVER), step.state) for step in steps)
    if deadline is None or steps[-1].at <= deadline:
        return steps
    return (*(step for step in steps if step.at < deadline), Step(deadline, State.CANCELLED))
