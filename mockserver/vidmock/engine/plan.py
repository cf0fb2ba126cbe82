"""A job's future, fixed when it is submitted: how long it waits and runs, and how that ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from vidmock.engine.job import Failure, State, Step
from vidmock.engine.settings import Latency
from vidmock.problems import Invalid
from vidmock.schema.validate import Violation


@dataclass(frozen=True, slots=True)
class Terms:
    """How long a job may take and is kept, in seconds; ``None`` is without end.

    It fails after *wait* in the queue or *run* at work; it is forgotten *retention* after its end, and *ttl* after
    its submission whatever its state. With *lost*, nobody ever takes it up, and it fails that long after submission.
    """

    wait: float | None = None
    run: float | None = None
    retention: float | None = None
    ttl: float | None = None
    lost: float | None = None


def plan(
    draw: Random, latency: Latency, terms: Terms, now: float, violations: Sequence[Violation]
) -> tuple[tuple[Step, ...], Failure | None]:
    """The timeline of a job that is submitted *now*, and why it fails, if it does."""
    wait, run = draw.uniform(*latency.queue), draw.uniform(*latency.run)
    queued = Step(now, State.QUEUED)
    failure: Failure | None = None
    if violations:
        # A worker turns bad input down as soon as it reads it.
        run /= 4
        failure = Failure("invalid", str(Invalid(violations)), tuple(violations))
    steps: tuple[Step, ...]
    if terms.lost is not None:
        failure = Failure("lost", f"taken up by nobody within {terms.lost:g} s")
        steps = (queued, Step(now + terms.lost, State.FAILED))
    elif terms.wait is not None and wait > terms.wait:
        failure = Failure("start_timeout", f"not started within {terms.wait:g} s")
        steps = (queued, Step(now + terms.wait, State.FAILED))
    elif terms.run is not None and run > terms.run:
        failure = Failure("run_timeout", f"not finished within {terms.run:g} s")
        steps = (queued, Step(now + wait, State.RUNNING), Step(now + wait + terms.run, State.FAILED))
    else:
        last = State.FAILED if failure else State.SUCCEEDED
        steps = (queued, Step(now + wait, State.RUNNING), Step(now + wait + run, last))
    return _cut(steps, None if terms.ttl is None else now + terms.ttl), failure


def _cut(steps: tuple[Step, ...], deadline: float | None) -> tuple[Step, ...]:
    """*steps*, ended by cancellation at *deadline* if they would not have ended by then."""
    if deadline is None or steps[-1].at <= deadline:
        return steps
    return (*(step for step in steps if step.at < deadline), Step(deadline, State.CANCELLED))
