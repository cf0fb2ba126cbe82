"""What a fault makes of a job: its timeline and failure, changed at submission or while it runs."""

from __future__ import annotations

from dataclasses import replace

from vidmock.engine.faults.rules import Effect
from vidmock.engine.jobs.job import Failure, Job, State, Step
from vidmock.engine.jobs.timeline import Timeline, bound_timeline
from vidmock.engine.time.clock import FOREVER

_MESSAGES = {
    "internal": "the generation failed",
    "moderated": "the input is against the content policy",
    "upstream": "the model behind the provider failed",
    "upstream_timeout": "the model behind the provider took too long",
    "download": "an input file could not be downloaded",
    "no_media": "the model made no video",
}
FAILURE_CODES = tuple(_MESSAGES)
"""The codes that ``fail`` takes, in the engine's own words; anything else is passed on as the provider's own code."""


def failure(code: str, message: str = "") -> Failure:
    """A failure of that code, with the provider-neutral sentence for it where there is no other."""
    return Failure(code, message or _MESSAGES.get(code, code))


def apply_outcome(job: Job, effect: Effect, now: float, *, forced: bool = False) -> Job:
    """*job* as *effect* shapes it from *now* on; what had happened by then stays, and an ended job is left alone.

    A job that is to fail runs its course first, unless that is *forced* on it or it is at work already.
    """
    past = tuple(step for step in job.timeline if step.at <= now)
    if len(past) == len(job.timeline):
        return job
    arguments, last = effect.arguments, job.timeline[-1].state
    begun = max(now, job.since(State.RUNNING) or now)
    match effect.name:
        case "fail":
            before, ends = (past, now) if forced or len(past) > 1 else (job.timeline[:-1], job.ends)
            why = failure(arguments["code"], arguments["message"])
            return replace(job, timeline=(*before, Step(ends, State.FAILED)), failure=why)
        case "after_webhook":
            worked = () if job.state(now) is State.RUNNING else (Step(now, State.RUNNING),)
            return replace(job, timeline=(*past, *worked, Step(now, last)))
        case "partial":
            why = failure(arguments["code"])
            made, others = job.outputs[: max(1, arguments["made"])], job.outputs[max(1, arguments["made"]) :]
            return replace(job, outputs=(*made, *(replace(output, failure=why) for output in others)))
        case "cancelled":
            return job.cancelled_at(now)
        case "succeed":
            # Not in the catalog: what succeeds is no fault. It has to have been at work, if only for no time.
            worked = () if job.state(now) is State.RUNNING else (Step(now, State.RUNNING),)
            return replace(job, timeline=(*past, *worked, Step(now, State.SUCCEEDED)), failure=None)
        case "stuck":
            taken_up = (Step(begun, State.RUNNING),) if arguments["state"] == "running" else ()
            return _bounded(job, (*past, *taken_up, Step(FOREVER, State.FAILED)))
        case "slow":
            ends = begun + arguments["seconds"]
            return _bounded(job, (*(step for step in job.timeline[:-1] if step.at < ends), Step(ends, last)))
        case "requeue":
            run = job.ends - begun
            back, again = begun + run / 2, begun + run / 2 + arguments["seconds"]
            kept = tuple(step for step in job.timeline[:-1] if step.at <= begun)
            second = (Step(back, State.QUEUED), Step(again, State.RUNNING), Step(again + run, last))
            return _bounded(job, (*kept, *second))
    return job


def _bounded(job: Job, timeline: Timeline) -> Job:
    """*job* with another timeline, within the limits that it was submitted with."""
    steps, failure = bound_timeline(timeline, job.failure, job.wait_limit, job.run_limit, job.deadline)
    return replace(job, timeline=steps, failure=failure)
