"""A task's results as polls and webhooks show them: one item for each video, or one error for each that failed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from vidmock.engine.jobs.job import Failure, Job, Output, State
from vidmock.engine.world.world import World
from vidmock.providers.runware import behaviours
from vidmock.providers.runware.errors import violation_errors
from vidmock.providers.runware.request import TaskAnswer

FAILURE_TO_CODE: Mapping[str, str] = {
    "internal": "inferenceError",
    "moderated": "providerContentPolicyViolation",
    "upstream": "taskFailed",
    "download": "downloadFailed",
    "no_media": "processingFailed",
    "lost": "noAvailableServer",
}
"""The engine's words for a failure in Runware's; time-outs have a switch, and other codes pass as they are."""

_TIMEOUTS = ("upstream_timeout", "start_timeout", "run_timeout")

LinkOf = Callable[[Output], str]


def video_path(output: Output) -> str:
    """Where the video of *output* is on the media host; the folders mean nothing and are the same every time."""
    digits = int(output.id.replace("-", ""), 16)
    folder = f"a{digits % 24 + 1:02}d{digits // 24 % 24 + 1:02}"
    return f"/video/os/{folder}/ws/5/vi/{output.id}.{output.container}"


def task_answer(world: World, job: Job, now: float, link: LinkOf, task_type: str = "videoInference") -> TaskAnswer:
    """All results of *job* now: finished ones stay as they are from poll to poll."""
    state = job.state(now)
    named = {"taskType": task_type, "taskUUID": job.id}
    if not state.ended:
        return TaskAnswer(tuple(named | _processing(world, output) for output in job.outputs))
    items: list[dict[str, Any]] = []
    errors: list[dict[str, Any]] = []
    for output in job.outputs:
        failure = output.failure if state is State.SUCCEEDED else _failure(job, state)
        if failure is None:
            items.append(named | _success(job, output, link))
        elif world.choice(behaviours.FAILED) == "errors":
            errors.append(named | _error(world, failure, job.input) | {"status": "error"})
        else:
            error = _error(world, failure, job.input)
            items.append(named | {"status": "error", "videoUUID": output.id, "error": error})
    return TaskAnswer(tuple(items), tuple(errors))


def _processing(world: World, output: Output) -> dict[str, Any]:
    item = {"status": "processing"}
    return item | {"videoUUID": output.id} if world.choice(behaviours.PROCESSING) == "with-id" else item


def _success(job: Job, output: Output, link: LinkOf) -> dict[str, Any]:
    item: dict[str, Any] = {
        "status": "success",
        "videoUUID": output.id,
        "videoURL": link(output),
        "seed": output.seed,
    }
    if job.input.get("includeCost"):
        item["cost"] = float(output.cost)
    if _checked(job.input.get("safety", {})):
        item["NSFWContent"] = False
    return item


def _checked(safety: Mapping[str, Any]) -> bool:
    """Whether the content is looked at: the mode decides where both settings are given."""
    return bool(safety["mode"] != "none" if "mode" in safety else safety.get("checkContent"))


def _failure(job: Job, state: State) -> Failure:
    if state is State.FAILED and job.failure:
        return job.failure
    return Failure("taskCancelled", "The task was cancelled.")


def _error(world: World, failure: Failure, task: Mapping[str, Any]) -> dict[str, Any]:
    if failure.violations:
        # In the words of a refusal, as far as they are about one thing: each result has one error.
        return violation_errors(failure.violations, task)[0]
    code = FAILURE_TO_CODE.get(failure.code, failure.code)
    return {"code": world.choice(behaviours.TIMEOUT_CODE) if code in _TIMEOUTS else code, "message": failure.message}
