"""Strikes: what goes wrong at a moment, by a rule of the world or by the prompt of a job."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from vidmock.engine.faults.outcomes import apply_outcome
from vidmock.engine.faults.prompt_marker import strike_asked
from vidmock.engine.faults.rules import Effect, Moment
from vidmock.engine.jobs.asked import AskedFault
from vidmock.engine.jobs.job import Job
from vidmock.engine.world.world import World


def strike(world: World, moment: Moment, asked: Sequence[AskedFault] | None = None) -> Effect | None:
    """The effect that strikes at *moment*: of a rule of *world*, or else of what a prompt asks for.

    That is *asked* for a submit; without it, what the prompt of the moment's job asked for, which counts the moment.
    """
    effect = _strike(world, moment, asked)
    if effect and moment.job:
        world.remarks.strike(moment.job, effect.name)
    return effect


def struck_job(world: World, job: Job, outcome: Effect | None, now: float) -> Job:
    """*job*, which begins *now*, as the *outcome* that has struck its submit changes it."""
    if outcome is None:
        return job
    world.remarks.strike(job.id, outcome.name)
    return apply_outcome(job, outcome, now)


def _strike(world: World, moment: Moment, asked: Sequence[AskedFault] | None) -> Effect | None:
    struck = world.faults.strike(moment)
    job = world.jobs.get(moment.job) if asked is None else None
    faults = job.asked if job else asked or ()
    if faults:
        counted, own = strike_asked(faults, moment, world.faults)
        if job and counted != faults:
            world.jobs.change(replace(job, asked=counted))
        if struck is None:
            return own
    return struck[1] if struck else None
