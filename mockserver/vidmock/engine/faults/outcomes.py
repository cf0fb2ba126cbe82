"""Effects on a job: each changes how it ends, from its submission on or from a later moment before its end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Concatenate, Final

from vidmock.engine.faults.arguments import Choice, Count, Seconds, Text
from vidmock.engine.faults.catalog import EFFECTS, effect_name
from vidmock.engine.faults.definition import EffectDefinition, EffectGroup, Reach
from vidmock.engine.faults.failure_codes import FailureCode
from vidmock.engine.faults.rules import Effect, Moment, Phase
from vidmock.engine.jobs.job import Failure, Job, State, Step
from vidmock.engine.jobs.timeline import Timeline, bound_timeline
from vidmock.engine.time.epoch import FOREVER
from vidmock.problems import AlreadyEnded, BadRequest, Problem, did_you_mean


@dataclass(frozen=True, slots=True)
class Turn:
    """The moment at which a job is changed, *now*, in seconds since the epoch.

    *forced* says that a user asked for it, rather than a fault rule: a failure then comes at once.
    """

    now: float
    forced: bool


OutcomeHandler = Callable[Concatenate[Job, Turn, ...], Job]
OUTCOMES: Final[EffectGroup[OutcomeHandler]] = EffectGroup("outcome", ("job", "turn"), EFFECTS.add)
_PHASES: Final[tuple[Phase, ...]] = ("before", "poll")
_SEVERAL: Final = (Reach(("runware",), "only Runware makes several videos in one job"),)


def apply_outcome(job: Job, effect: Effect, now: float, *, forced: bool = False) -> Job:
    """*job* as *effect* changes it from *now* on. Steps up to *now* stay, and an ended job is returned as it is.

    A job that is to fail does so at the end of its timeline; at once if that is *forced*, or if it is running.
    """
    if job.ended(now):
        return job
    known = _SUCCEED if effect.name == _SUCCEED.name else OUTCOMES[effect.name]
    return known.handler(job, Turn(now, forced), **effect.arguments)


def end_now(job: Job, now: float) -> Job:
    """*job* with its last step moved to *now*; an ended job is returned as it is."""
    if job.ended(now):
        return job
    return job.turned((*_worked(job, now), Step(now, job.timeline[-1].state)), now)


def _own_end(job: Job) -> State:
    """How *job* ends where nothing keeps it from its end: the last step of one that is stuck says nothing of that."""
    return State.FAILED if job.failure else State.SUCCEEDED


@OUTCOMES.effect("fail", "the job fails", _PHASES, code=FailureCode("internal"), message=Text())
def _fail(job: Job, turn: Turn, *, code: str, message: str) -> Job:
    past = _past(job, turn.now)
    before, ends = (past, turn.now) if turn.forced or len(past) > 1 else (job.timeline[:-1], job.ends)
    return replace(job.turned((*before, Step(ends, State.FAILED)), turn.now), failure=Failure(code, message))


@OUTCOMES.effect("moderated", "the job is accepted, and fails by the content policy", _PHASES)
def _moderated(job: Job, turn: Turn) -> Job:
    return _fail(job, turn, code="moderated", message="")


@OUTCOMES.effect(
    "partial",
    "only so many of the job's videos are made, and the others fail",
    _PHASES,
    only=_SEVERAL,
    made=Count(1, least=1, most=100),
    code=FailureCode("internal"),
)
def _partial(job: Job, turn: Turn, *, made: int, code: str) -> Job:
    why = Failure(code)
    there = [output.id for output in job.outputs if job.output_state(output, turn.now).ended]
    left = (output.id for output in job.outputs if output.id not in there)
    kept = {*there, *islice(left, max(0, max(1, made) - len(there)))}
    outputs = (output if output.id in kept else replace(output, failure=why) for output in job.outputs)
    return replace(job, outputs=tuple(outputs))


@OUTCOMES.effect(
    "stuck",
    "the job stays as it is and never ends",
    _PHASES,
    state=Choice("queued", "running", default="queued"),
)
def _stuck(job: Job, turn: Turn, *, state: str) -> Job:
    taken_up = (Step(_begun(job, turn.now), State.RUNNING),) if state == "running" else ()
    return _bounded(job, (*_past(job, turn.now), *taken_up, Step(FOREVER, State.FAILED)), turn.now)


@OUTCOMES.effect("slow", "the job runs for so many seconds", _PHASES, seconds=Seconds(900.0))
def _slow(job: Job, turn: Turn, *, seconds: float) -> Job:
    ends = _begun(job, turn.now) + seconds
    kept = (step for step in job.timeline[:-1] if step.at < ends)
    return _bounded(job, (*kept, Step(ends, _own_end(job))), turn.now)


@OUTCOMES.effect(
    "spread",
    "the job's videos are ready one after another, over so many seconds, where the provider tells of each",
    _PHASES,
    only=_SEVERAL,
    seconds=Seconds(60.0),
)
def _spread(job: Job, turn: Turn, *, seconds: float) -> Job:
    waiting = [output for output in job.outputs if not job.output_state(output, turn.now).ended]
    if not job.apart or len(waiting) < 2 or job.timeline[-1].state is not State.SUCCEEDED:
        return job
    waiting.sort(key=lambda output: job.ends if output.ready is None else output.ready)
    first = job.ends if waiting[0].ready is None else waiting[0].ready
    later = _bounded(job, (*job.timeline[:-1], Step(first + seconds, State.SUCCEEDED)), turn.now)
    moments = {output.id: first + seconds * place / (len(waiting) - 1) for place, output in enumerate(waiting)}

    outputs = (
        replace(output, ready=moment if moment < later.ends else None)
        if (moment := moments.get(output.id)) is not None
        else output
        for output in job.outputs
    )
    return replace(later, outputs=tuple(outputs))


@OUTCOMES.effect("requeue", "the job goes back to the queue once before it succeeds", _PHASES, seconds=Seconds(30.0))
def _requeue(job: Job, turn: Turn, *, seconds: float) -> Job:
    begun = _begun(job, turn.now)
    run = job.ends - begun
    back, again = begun + run / 2, begun + run / 2 + seconds
    kept = tuple(step for step in job.timeline[:-1] if step.at <= begun)
    second = (Step(back, State.QUEUED), Step(again, State.RUNNING), Step(again + run, job.timeline[-1].state))
    return _bounded(job, (*kept, *second), turn.now)


@OUTCOMES.effect("cancelled", "the provider cancels the job", _PHASES)
def _cancelled(job: Job, turn: Turn) -> Job:
    return job.cancelled_at(turn.now)


@OUTCOMES.effect("too_late", "the job ends the moment before its cancellation is there", ("cancel",))
def _too_late(job: Job, turn: Turn) -> Job:
    return end_now(job, turn.now)


def _succeed(job: Job, turn: Turn) -> Job:
    return replace(job.turned((*_worked(job, turn.now), Step(turn.now, State.SUCCEEDED)), turn.now), failure=None)


_SUCCEED: Final[EffectDefinition[OutcomeHandler]] = EffectDefinition(
    "succeed", "outcome", "the job succeeds", (), {}, _succeed
)
NEXT: Final[Mapping[str, EffectDefinition[OutcomeHandler]]] = {
    name: known for name, known in OUTCOMES.items() if "before" in known.phases
}
"""The outcomes that a job can be given from its submission on, by name."""
FORCED: Final[Mapping[str, EffectDefinition[OutcomeHandler]]] = {"succeed": _SUCCEED, **NEXT}
"""The outcomes that a job can be forced to, by name. ``succeed`` is not a fault, and so not in the catalog."""


def find_outcome(
    name: object, among: Mapping[str, EffectDefinition[OutcomeHandler]]
) -> EffectDefinition[OutcomeHandler]:
    """The outcome of that name in *among*.

    Raises:
        BadRequest: it is no name, or not there; the message lists those that are.
    """
    word = effect_name(name)
    if word in among:
        return among[word]
    if word in FORCED:
        said = f"{word!r} is for a job that there is: one that is to come succeeds by itself."
    elif word in EFFECTS:
        said = f"{word} is no outcome, nothing that can happen to a job: add it as a fault."
    else:
        said = f"no outcome {word!r}.{did_you_mean(word, among)}"
    raise BadRequest(f"{said} One of {', '.join(among)}", "effect")


def forced_outcome(job: Job, name: object, arguments: Mapping[str, Any], now: float) -> Effect:
    """The effect *name* with all its arguments, for :func:`apply_outcome` to force on *job* at *now*.

    Raises:
        BadRequest: no such outcome, or not with these arguments; the message says what would be right.
        AlreadyEnded: the job has ended.
        Problem: it is to succeed and cannot, because its input was refused.
    """
    known = find_outcome(name, FORCED)
    complete = known.complete(arguments, Moment("poll", job.provider))
    if job.ended(now):
        raise AlreadyEnded(job.id)
    if known is _SUCCEED and not job.outputs:
        raise Problem(f"job {job.id!r} cannot succeed: its input was refused")
    return Effect(known.name, complete)


def _past(job: Job, now: float) -> Timeline:
    return tuple(step for step in job.timeline if step.at <= now)


def _begun(job: Job, now: float) -> float:
    """When the job starts to run, if that is later than *now*; else *now*."""
    return max(now, job.since(State.RUNNING) or now)


def _worked(job: Job, now: float) -> Timeline:
    """The steps before the end of a job that ends *now*. One that was queued runs for no time before it ends."""
    taken_up = () if job.state(now) is State.RUNNING else (Step(now, State.RUNNING),)
    return (*_past(job, now), *taken_up)


def _bounded(job: Job, timeline: Timeline, now: float) -> Job:
    """*job* with *timeline* from *now* on, cut off by the limits that it was submitted with: on waiting and running."""
    steps, failure = bound_timeline(timeline, job.failure, job.wait_limit, job.run_limit, job.deadline)
    return replace(job.turned(steps, now), failure=failure)
