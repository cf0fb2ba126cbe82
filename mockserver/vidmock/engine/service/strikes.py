"""Strikes: what goes wrong at a moment, by a rule of the world or by the prompt of a job."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from vidmock.engine.faults.prompt_marker import strike_asked
from vidmock.engine.faults.rules import Effect, Moment
from vidmock.engine.jobs.asked import AskedFault
from vidmock.engine.world.world import World


def strike(world: World, moment: Moment, asked: Sequence[AskedFault] | None = None) -> Effect | None:
    """The effect that strikes at *moment*: of a rule of *world*, or else of what a prompt asks for.

    That is *asked* for a submit; without it, what the prompt of the moment's job asked for, which counts the moment.
    """
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
