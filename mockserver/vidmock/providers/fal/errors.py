"""Problems in fal's words: a list of items from a model, one sentence with a type from the infrastructure."""

from __future__ import annotations

import math
from typing import Any

from starlette.responses import Response

from vidmock.engine.world.world import World
from vidmock.problems import (
    BadJSON,
    BadRequest,
    Coded,
    Invalid,
    Locked,
    Moderated,
    NoBalance,
    NoRoute,
    NoSuchJob,
    NotReady,
    Problem,
    TooLarge,
    TooMany,
    Unauthorized,
    Unavailable,
    UnknownModel,
    UpstreamTimeout,
    WrongMethod,
    WrongScheme,
)
from vidmock.providers.exchange.envelope import reply
from vidmock.providers.fal import behaviours, pydantic_v1
from vidmock.schema.errors import KnownError, known_error, known_errors

REQUEST_ERRORS = {error.code: error.status for error in known_errors("fal") if error.form == "request"}
"""Statuses of infrastructure errors, by type."""
USER_TIMEOUT = {"x-fal-request-timeout-type": "user"}
UNBILLED = {"x-fal-billable-units": "0"}


class BadHeader(BadRequest):
    """A header or query parameter of the queue's own cannot be read."""


class QueueFull(TooMany):
    """More requests wait than the caller allows."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"More than {limit} requests are waiting already", None)


def worded(problem: Problem, world: World) -> Response:
    status, body, headers = _worded(problem, world)
    return reply(body, status, {"x-fal-request-id": world.label()} | retry_headers(world, status) | headers)


def model_error(world: World, kind: str, message: str, *loc: str) -> tuple[int, dict[str, Any], dict[str, str]]:
    """A model error of one item: status, body, headers. It has no ``url``: Kling's, as observed, have none.

    Without *loc*, the field is to blame that usually is. A type that is not known is a 422, as the pages say.
    """
    known = known_error(kind, "fal")
    if known is None or known.form != "model":
        return 422, {"detail": [{"loc": ["body", *loc], "msg": message, "type": kind}]}, dict(UNBILLED)
    status = int(world.choice(behaviours.DOWNSTREAM_STATUS)) if kind == "downstream_service_error" else known.status
    item = {"loc": ["body", *(loc or known.parameters)], "msg": message, "type": kind, **known.beside}
    return status, {"detail": [item]}, dict(UNBILLED)


def request_error(kind: str, message: str, status: int = 0) -> tuple[int, dict[str, Any], dict[str, str]]:
    """An infrastructure error: status, body, headers."""
    return status or REQUEST_ERRORS[kind], {"detail": message, "error_type": kind}, {"x-fal-error-type": kind}


def retry_headers(world: World, status: int) -> dict[str, str]:
    """Whether to try again, in the header or headers of the world's choice."""
    again = status >= 500 or status == 429
    chosen = world.choice(behaviours.RETRY_HEADER)
    headers = {}
    if chosen != "retryable":
        headers["x-fal-needs-retry"] = "1" if again else "false"
    if chosen != "needs_retry":
        headers["x-fal-retryable"] = "true" if again else "false"
    return headers


def _worded(problem: Problem, world: World) -> tuple[int, dict[str, Any], dict[str, str]]:
    match problem:
        case WrongScheme(scheme="bearer"):
            return 401, {"detail": "Unable to decode the issuer of the token"}, {}
        case WrongScheme(scheme=scheme) if scheme != "key":
            return 401, {"detail": "Invalid Key Authorization header format. Expected '<key_id>:<key_secret>'."}, {}
        case Unauthorized():
            older = world.choice(behaviours.UNAUTHORIZED) == "older"
            return 401, {"detail": "No user found for Key ID and Secret" if older else "invalid key credentials"}, {}
        case NoBalance():
            reason = "Exhausted balance. Top up your balance at fal.ai/dashboard/billing."
            return 403, {"detail": f"User is locked. Reason: {reason}"}, {}
        case Locked():
            return 403, {"detail": "User is locked. Reason: Admin lock. Please contact support@fal.ai"}, {}
        case Invalid():
            return 422, {"detail": pydantic_v1.pydantic_v1_items(problem.violations)}, dict(UNBILLED)
        case Moderated():
            return model_error(world, "content_policy_violation", str(problem), problem.field)
        case UpstreamTimeout():
            return model_error(world, "generation_timeout", str(problem))
        case Unavailable():
            return request_error("runner_scheduling_failure", str(problem))
        case TooMany():
            return _too_many(problem)
        case UnknownModel():
            return 404, {"detail": f"Application {problem.name!r} not found. {problem}"}, {}
        case NoSuchJob():
            return 404, {"status": "NOT_FOUND", "detail": str(problem)}, {}
        case NotReady():
            return 400, {"detail": "Request is still in progress"}, {}
        case NoRoute():
            return 404, {"detail": f"Path {problem.path} not found"}, dict(UNBILLED)
        case WrongMethod():
            return 405, {"detail": str(problem)}, {"allow": ", ".join(problem.allowed)}
        case TooLarge():
            return request_error("bad_request", str(problem), 413)
        case BadHeader():
            return request_error("bad_request", str(problem))
        case BadJSON() | BadRequest():
            item = {"loc": ["body"], "msg": str(problem), "type": "value_error.jsondecode"}
            return 422, {"detail": [item]}, dict(UNBILLED)
        case Coded():
            if (known := known_error(problem.code, "fal")) and known.answers:
                return _own(world, known, problem.message or known.message)
    return request_error("internal_error", str(problem))


def _own(world: World, known: KnownError, message: str) -> tuple[int, dict[str, Any], dict[str, str]]:
    match known.form:
        case "model":
            return model_error(world, known.code, message)
        case "request":
            return request_error(known.code, message)
        case "status":
            return known.status, {"status": known.code, "detail": message}, {}
    return known.status, {"detail": message}, {}


def _too_many(problem: TooMany) -> tuple[int, dict[str, Any], dict[str, str]]:
    if isinstance(problem, QueueFull):
        return 429, {"detail": str(problem)}, {}
    status, body, headers = request_error("concurrent_requests_limit", str(problem))
    if problem.retry_after is not None:
        headers["retry-after"] = str(max(1, math.ceil(problem.retry_after)))
    return status, body, headers
