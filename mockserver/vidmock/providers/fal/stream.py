"""fal's server-sent events: the status of a job as it changes, and the growing answer of a model that streams."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Any

from vidmock.engine.jobs.job import Job
from vidmock.engine.service.engine import Engine
from vidmock.engine.world.world import World

KEEP_ALIVE_SECONDS = 15.0
"""Seconds of the world's clock after which a comment is sent, if nothing else was."""
STREAM_HEADERS: Mapping[str, str] = {"cache-control": "no-cache", "x-accel-buffering": "no"}

StatusBody = Callable[[Job, float, float | None], Mapping[str, Any]]
"""Makes the status of a job at a moment, with the log entries since an earlier moment, or all for ``None``."""


def event_text(data: object) -> str:
    """*data* as JSON in one server-sent event."""
    return f"data: {json.dumps(data, separators=(',', ':'))}\n\n"


async def status_events(engine: Engine, world: World, job: Job, now: float, body: StatusBody) -> AsyncGenerator[str]:
    """The status *now* and after each change, with the log entries since the event before; COMPLETED is the last."""
    since: float | None = None
    while True:
        yield event_text(body(job, now, since))
        if job.ended(now):
            return
        state, since = job.state(now), now
        while job.state(now) is state and not job.ended(now):
            change = job.next_change(now)
            pause = KEEP_ALIVE_SECONDS if change is None else change - now
            if world.clock.mode.kind != "step":
                # Waiting moves a stepped clock, so a stuck job would send comments without end.
                pause = min(KEEP_ALIVE_SECONDS, pause)
            job, now = await engine.wait(world, job, pause)
            if world.closed:
                # Nothing happens in it any more.
                return
            if pause == KEEP_ALIVE_SECONDS and job.state(now) is state:
                yield ": keep-alive\n\n"


async def growing_events(answer: Mapping[str, Any], grows: str, meanwhile: Mapping[str, Any]) -> AsyncGenerator[str]:
    """*answer* once for each word of its member *grows*, which gets longer; all but the last have *meanwhile* in it."""
    words = str(answer[grows]).split(" ")
    for count in range(1, len(words)):
        yield event_text({**answer, grows: " ".join(words[:count]), **meanwhile})
    yield event_text(answer)
