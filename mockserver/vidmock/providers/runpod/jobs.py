"""A job as ``/status`` answers it: no null members, times in whole milliseconds, keys sorted as observed live."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from vidmock.engine.jobs.job import Job, State
from vidmock.engine.world.world import World
from vidmock.media.formats import made_kind
from vidmock.providers.exchange.refusals import failed, worded
from vidmock.providers.runpod import behaviours
from vidmock.schema.errors import find_error
from vidmock.schema.result import model_result

JOB_STATUS = {
    State.QUEUED: "IN_QUEUE",
    State.RUNNING: "IN_PROGRESS",
    State.SUCCEEDED: "COMPLETED",
    State.FAILED: "FAILED",
    State.CANCELLED: "CANCELLED",
}


def status_name(world: World, job: Job, now: float) -> str:
    """RunPod's status of *job* at *now*."""
    state = job.state(now)
    timed_out = state is State.FAILED and job.failure is not None and job.failure.code == "run_timeout"
    return "TIMED_OUT" if timed_out and world.choice(behaviours.TIMEOUT) == "timed_out" else JOB_STATUS[state]


def job_body(world: World, job: Job, now: float, urls: Sequence[str]) -> dict[str, Any]:
    """*job* at *now*; *urls* are those of its files, shown once the job has succeeded."""
    state, named = job.state(now), status_name(world, job, now)
    body: dict[str, Any] = {"id": job.id, "status": named}
    if state is State.CANCELLED:
        return body
    if again := job.restarts(now):
        body["retries"] = again
    body |= _times(job, now) if named != "TIMED_OUT" else {}
    if state is State.SUCCEEDED:
        body["output"] = _output(world, job, urls)
    elif state is State.FAILED:
        body |= _failure(world, job, again)
    return dict(sorted(body.items()))


def _times(job: Job, now: float) -> dict[str, Any]:
    """``delayTime`` and ``executionTime`` in milliseconds, which add up to this attempt's time, and ``workerId``."""
    state, past = job.state(now), [step for step in job.timeline if step.at <= now]
    begun = [step.at for step in past if step.state is State.RUNNING]
    if state is State.QUEUED or not begun:
        return {}
    queued = [step.at for step in past if step.state is State.QUEUED][-1]
    delay = round((begun[-1] - queued) * 1000)
    times: dict[str, Any] = {"delayTime": delay, "workerId": job.worker}
    if state.ended:
        times["executionTime"] = round((job.ends - queued) * 1000) - delay
    return times


def _output(world: World, job: Job, urls: Sequence[str]) -> Any:
    cost = {"cost": float(job.cost)}
    if not urls:
        # Text comes in a list of one: example, docs.runpod.io, qwen3-32b.
        model = world.settings.catalog.find(job.provider, job.model, given=job.input)
        return [model_result(model, job.input, ()) | cost]
    output: dict[str, Any] = cost
    # The pages say video_url (image_url, audio_url), the live service says result: there are clients that read either.
    for name in ("result", "video_url"):
        if world.choice(behaviours.OUTPUT) in ("both", name):
            output[name.replace("video", made_kind(job.outputs[0].container))] = urls[0]
    if len(urls) > 1:
        output["images"] = list(urls)
    return output


def _failure(world: World, job: Job, again: int) -> dict[str, Any]:
    failure = job.failure
    if failure is None:
        return {}
    if failure.code == "invalid" and world.choice(behaviours.INVALID_ERROR) == "upstream":
        # The upstream's words are JSON, with the reason in a string.
        reason = json.dumps(failure.reason, ensure_ascii=False)[1:-1]
        error = worded(find_error("upstream-refusal", "runpod"), {"why": reason})
    else:
        error = failed(failure, "runpod", {"retries": again} if again else None)
    return {"error": error.message, **error.more}
