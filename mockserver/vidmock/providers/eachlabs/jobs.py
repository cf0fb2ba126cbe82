"""A job as Eachlabs' polls and list of executions answer it: a prediction."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from vidmock.engine.codec import plain_field
from vidmock.engine.jobs.job import Failure, Job, State
from vidmock.engine.jobs.notes import Notes, notes_of
from vidmock.engine.world.world import World
from vidmock.providers.eachlabs import behaviours
from vidmock.providers.exchange.refusals import failed
from vidmock.providers.exchange.timestamps import iso
from vidmock.schema.errors import failure_words

_STATUS: Final[Mapping[State, str]] = MappingProxyType(
    {State.RUNNING: "processing", State.SUCCEEDED: "success", State.CANCELLED: "cancelled"}
)
_CAPTURED = ("id", "input", "status", "output", "logs", "metrics", "urls")
_PAGE = ("status", "predictionID", "output", "metrics", "message", "details")
_REJECTED_AT: Final[Mapping[str, str]] = MappingProxyType(
    {"reject": "Surface Customer Reject.0", "submit": "Submit Job", "poll": "poll"}
)
"""The step of a failure, by the stage at which the error occurs. Only what fails at a poll has the provider's code."""
CLASSIFICATIONS = (
    "content_moderation",
    "execution_timeout",
    "invalid_user_input",
    "invalid_model_config",
    "provider_auth",
    "provider_error",
    "provider_rate_limit",
    "provider_unavailable",
    "internal_error",
    "unknown",
)
"""What an execution can have failed of: documented, changelog of 2026-06-17 and the OpenAPI document."""
_CLASSIFIED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "INPUT_VALIDATION_ERROR": "invalid_user_input",
        "INPUT_DOWNLOAD_ERROR": "invalid_user_input",
        "PROVIDER_REJECTED": "provider_error",
        "PROVIDER_FAILED": "provider_error",
        "PROVIDER_RATE_LIMIT": "provider_rate_limit",
        "PROVIDER_BAD_REQUEST": "provider_error",
        "PROVIDER_AUTH_ERROR": "provider_auth",
        "PROVIDER_SERVER_ERROR": "provider_unavailable",
        "NETWORK_ERROR": "provider_unavailable",
        "EXECUTION_TIMEOUT": "execution_timeout",
    }
)
"""The classifications by error code. Inferred: each list is documented, and not how they go together."""


@notes_of("eachlabs")
@dataclass(frozen=True, slots=True)
class EachlabsNotes(Notes):
    """*input* is the input as it was sent; ``None`` if the job's input is the same, without replaced URLs."""

    input: Mapping[str, Any] | None = plain_field(None, sparse=True)


def status_word(world: World, state: State) -> str:
    """Eachlabs' status for *state*."""
    if state is State.QUEUED:
        return world.choice(behaviours.FIRST_STATUS)
    return world.choice(behaviours.FAILED_STATUS) if state is State.FAILED else _STATUS[state]


def sent_input(job: Job) -> Any:
    """The input as the client sent it, with its own URLs."""
    sent = EachlabsNotes.of(job.notes).input
    return job.input if sent is None else sent


def metrics(job: Job, state: State) -> dict[str, Any]:
    """``predict_time``, seconds from creation to end, and ``cost``, USD: 0 until there is a result.

    It is 0 as well where the price is not known: the provider's answers have it without exception.
    """
    ran = state in (State.SUCCEEDED, State.FAILED)
    return {
        "predict_time": round(job.ends - job.created, 6) if ran else 0,
        "cost": float(job.cost) if state is State.SUCCEEDED else 0,
    }


def prediction_body(world: World, job: Job, now: float, made: Any, url: str) -> dict[str, Any]:
    """*job* at *now*; *made* is the URL of its file, or what else its output is, and *url* is that of its polls.

    The pages and the captured bodies each have keys that the other lacks. By default, the body has them all.
    """
    state = job.state(now)
    body: dict[str, Any] = {
        "id": job.id,
        "predictionID": job.id,
        "input": sent_input(job),
        "status": status_word(world, state),
        "output": made if state is State.SUCCEEDED else None,
        "logs": None,
        "metrics": metrics(job, state),
        "urls": {"get": url, "cancel": f"{url}/cancel"},
    }
    if state is State.FAILED and job.failure:
        body["output"] = failure_output(job, job.failure)
        said = failed(job.failure, "eachlabs").message
        body |= {"message": "Execution failed", "details": said, "error": said}
    keys = {"captured": _CAPTURED, "page": _PAGE}.get(world.choice(behaviours.BODY), tuple(body))
    return {key: value for key, value in body.items() if key in keys}


def classification(job: Job, now: float) -> str | None:
    """The classification of *job*'s error in the list of executions, or ``None`` if it has not failed by *now*."""
    if job.failure is None or job.state(now) is not State.FAILED:
        return None
    known = failed(job.failure, "eachlabs").known
    if known is failure_words("eachlabs")["moderated"]:
        return "content_moderation"
    return _CLASSIFIED.get(known.code, "unknown")


def failure_output(job: Job, failure: Failure) -> dict[str, Any]:
    """The ``output`` of a failed prediction, which differs by the stage, as in captured bodies and the guide."""
    error = failed(failure, "eachlabs")
    known, about = error.known, error.more
    if known.form == "dispatch":
        return {"error": error.message}
    output = {
        "classification": {"category": about["category"]},
        "error": "Execution failed",
        "error_code": known.code,
        "error_message": error.message,
        "error_step": _REJECTED_AT[known.form],
        "execution_id": job.id,
        "model_id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{job.provider}/{job.model}")),
        "model_slug": job.model,
        "provider": "kling",
        "provider_error_code": "failed",
        "retryable": about["retryable"],
        "status": "ERROR",
        "success": False,
    }
    return output if known.form == "poll" else {key: output[key] for key in output if key != "provider_error_code"}


def execution_row(world: World, job: Job, now: float, made: Any) -> dict[str, Any]:
    """*job* at *now* as a row of the list of executions; *made* is its output."""
    state, began = job.state(now), job.since(State.RUNNING)
    ran = metrics(job, state)
    return {
        "id": job.id,
        "model": job.model,
        "requested_model": None,
        "status": status_word(world, state),
        "execution_cost": ran["cost"],
        "run_time": ran["predict_time"],
        "created_at": iso(job.created),
        "started_at": None if began is None or began > now else iso(began),
        "completed_at": iso(job.ends) if state.ended else None,
        "output": made if state is State.SUCCEEDED else None,
        "workflow_id": None,
        "workflow_execution_id": None,
    }
