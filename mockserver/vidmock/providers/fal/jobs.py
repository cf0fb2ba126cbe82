"""A job as fal answers it: its status, its logs, and its model's answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from vidmock.engine.jobs.job import Failure, Job, Output, State
from vidmock.engine.jobs.video import video_file
from vidmock.engine.world.world import World
from vidmock.media.formats import content_type, made_kind
from vidmock.providers.exchange.refusals import failed
from vidmock.providers.exchange.timestamps import iso
from vidmock.providers.fal import behaviours
from vidmock.providers.fal.errors import UNBILLED, FalAnswer, error_answer, retry_headers
from vidmock.providers.fal.file_paths import file_path
from vidmock.providers.fal.notes import FalNotes
from vidmock.providers.fal.refusal import refused_items
from vidmock.schema.result import model_result

QUEUE_STATUS = {State.QUEUED: "IN_QUEUE", State.RUNNING: "IN_PROGRESS"}
"""fal's statuses. All others are COMPLETED: fal has no status for failure or cancellation."""
RECENT = 30.0
"""How old the entries of recent logs are at most, in seconds."""
USER_TIMEOUT = {"x-fal-request-timeout-type": "user"}
_CANCELLED = Failure("cancelled")
_NAMESPACES = ("workflows", "comfy")


@dataclass(frozen=True, slots=True)
class ModelAnswer:
    """The answer of a job's model, which is the result, and the payload of the webhook."""

    status: int
    body: dict[str, Any]
    headers: dict[str, str]


def app_id(endpoint: str) -> str:
    """The part of an endpoint's id that its queue URLs have: its first two segments, or three in a namespace."""
    parts = endpoint.split("/")
    return "/".join(parts[: 3 if parts[0] in _NAMESPACES else 2])


def status_body(world: World, job: Job, now: float, base: str, position: Callable[[], int]) -> dict[str, Any]:
    """The status of *job* at *now*, without logs; *base* is its URL, *position* counts the queued jobs before it."""
    state, started = job.state(now), job.since(State.RUNNING)
    body: dict[str, Any] = {
        "status": QUEUE_STATUS.get(state, "COMPLETED"),
        "request_id": job.id,
        "response_url": base,
        "status_url": f"{base}/status",
        "cancel_url": f"{base}/cancel",
        "metrics": {},
    }
    if state is State.QUEUED:
        body["queue_position"] = position()
    if not state.ended:
        return body
    if started is not None:
        body["metrics"] = {"inference_time": round(job.ends - started, 6)}
    return body | _error(world, job)


def model_answer(world: World, job: Job, url: Callable[[str], str]) -> ModelAnswer:
    """The answer of the model of *job*, which has ended; *url* makes a path on the media host absolute."""
    if job.state(job.ends) is State.CANCELLED:
        status, body, headers = _failed(world, job, _CANCELLED)
    elif job.failure:
        status, body, headers = _failed(world, job, job.failure)
    else:
        model = world.settings.catalog.find(job.provider, job.model, given=job.input)
        body = model_result(model, job.input, [_file(job, output, url) for output in job.outputs])
        if "seed" in body and body["seed"] is None and job.outputs:
            body["seed"] = job.outputs[0].seed
        # That a billable unit is a second of video is inferred: the price is per second.
        return ModelAnswer(200, body, {"x-fal-billable-units": f"{sum(output.seconds for output in job.outputs):g}"})
    return ModelAnswer(status, body, retry_headers(world.choice, status) | headers)


def log_entries(world: World, job: Job, now: float, since: float | None = None) -> list[dict[str, str]]:
    """The log entries of *job* after *since* and up to *now*; ``None`` is all, or the recent ones, by behaviour."""
    messages = {
        State.RUNNING: f"Generating with {job.model}",
        State.SUCCEEDED: "Done",
        State.FAILED: _failure_message(job.failure),
        State.CANCELLED: "Cancelled",
    }
    if since is None:
        since = now - RECENT if world.choice(behaviours.LOGS) == "recent" else job.created - 1
    return [
        {"message": messages[step.state], "level": "INFO", "source": "USER", "timestamp": iso(step.at)}
        for step in job.timeline
        if since < step.at <= now and step.state in messages
    ]


def _failure_message(failure: Failure | None) -> str:
    if failure is None or failure.code == "invalid":
        return "The input was refused"
    return failure.reason.capitalize()


def _error(world: World, job: Job) -> dict[str, str]:
    """``error`` and ``error_type`` of a job that has ended, if its status has them."""
    if job.state(job.ends) is State.CANCELLED:
        failure = _CANCELLED
    elif job.failure:
        failure = job.failure
    else:
        return {}
    _, body, _ = _failed(world, job, failure)
    if "error_type" in body:
        return {"error": body["detail"], "error_type": body["error_type"]}
    if isinstance(body["detail"], str) or world.choice(behaviours.MODEL_ERROR_STATUS) == "omitted":
        return {}
    first = body["detail"][0]
    return {"error": first["msg"], "error_type": first["type"]}


def _failed(world: World, job: Job, failure: Failure) -> FalAnswer:
    if failure.code == "invalid":
        by_pydantic = FalNotes.of(job.notes).refused
        items = refused_items(by_pydantic, failure.violations, job.input, world.choice)
        return 422, {"detail": items}, dict(UNBILLED)
    status, body, headers = error_answer(failed(failure, "fal"), world.choice, job.input)
    return status, body, headers | (USER_TIMEOUT if failure.code == "start_timeout" else {})


def output_path(output: Output) -> str:
    """The path of the file of *output* on the media host."""
    return file_path(output.id, _file_name(output))


def _file_name(output: Output) -> str:
    return f"output.{output.container}"


def _file(job: Job, output: Output, url: Callable[[str], str]) -> dict[str, Any]:
    file = {
        "url": url(output_path(output)),
        "content_type": content_type(output.container),
        "file_name": _file_name(output),
        "file_size": len(video_file(job, output)),
    }
    return file | ({"width": output.width, "height": output.height} if made_kind(output.container) == "image" else {})
