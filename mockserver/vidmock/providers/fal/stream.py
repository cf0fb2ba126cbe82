"""Server-sent events: a job's status as it changes, and the answer of a model that answers bit by bit."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Any

from vidmock.engine.jobs.job import Job
from vidmock.engine.service.engine import Engine
from vidmock.engine.world.world import World

KEEP_ALIVE_SECONDS = 15.0
"""Seconds of the world's clock between comments, where nothing else is sent."""
STREAM_HEADERS: Mapping[str, str] = {"cache-control": "no-cache", "x-accel-buffering": "no"}

StatusBody = Callable[[Job, float, float | None], Mapping[str, Any]]
"""A job's status at a moment, with the log entries since another."""


def event_text(data: object) -> str:
    return f"data: {json.dumps(data, separators=(',', ':'))}\n\n"


async def status_events(engine: Engine, world: World, job: Job, now: float, shown: StatusBody) -> AsyncGenerator[str]:
    """The status now and whenever it changes, each with the log entries since the one before; COMPLETED is the last."""
    said: float | None = None
    while True:
        yield event_text(shown(job, now, said))
        if job.ended(now):
            return
        state, said = job.state(now), now
        while job.state(now) is state and not job.ended(now):
            change = job.next_change(now)
            pause = KEEP_ALIVE_SECONDS if change is None else change - now
            if world.clock.mode.kind != "step":
                # A stepped clock waits for nobody, and a job that is stuck would be kept alive without a pause.
                pause = min(KEEP_ALIVE_SECONDS, pause)
            job, now = await engine.wait(world, job, pause)
            if pause == KEEP_ALIVE_SECONDS and job.state(now) is state:
                yield ": keep-alive\n\n"


async def growing_events(answer: Mapping[str, Any], grows: str, meanwhile: Mapping[str, Any]) -> AsyncGenerator[str]:
    """*answer* word by word: member *grows* gets longer, with *meanwhile* in place until it is whole."""
    words = str(answer[grows]).split(" ")
    for count in range(1, len(words)):
        yield event_text({**answer, grows: " ".join(words[:count]), **meanwhile})
    yield event_text(answer)
