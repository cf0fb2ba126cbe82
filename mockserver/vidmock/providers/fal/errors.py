"""fal's errors: each problem as a model error (a list of items) or an infrastructure error (a sentence and a type)."""

from __future__ import annotations

from typing import Any, Final

from starlette.responses import PlainTextResponse, Response

from vidmock.problems import (
    AlreadyEnded,
    BadRequest,
    Coded,
    Invalid,
    OverQuota,
    Problem,
    TooMany,
    Unauthorized,
    WrongMethod,
    WrongScheme,
)
from vidmock.providers.exchange.envelope import reply, retry_after
from vidmock.providers.exchange.refusals import WordedError, refusal
from vidmock.providers.exchange.renderers import ChoiceOf, ErrorContext
from vidmock.providers.fal import behaviours
from vidmock.providers.fal.error_items import error_item
from vidmock.providers.fal.refusal import RefusedInput, refused_items

UNBILLED: Final = {"x-fal-billable-units": "0"}


class BadHeader(BadRequest, word="bad_header"):
    """A header or query parameter of fal's queue is not valid."""


class NotAllowed(Unauthorized, word="not_allowed"):
    """A browser's token was made for other applications."""

    def __init__(self) -> None:
        super().__init__(missing=False)


class QueueFull(OverQuota, word="queue_full"):
    """More requests are waiting than the client's ``fal_max_queue_length`` allows."""


FalAnswer = tuple[int, dict[str, Any], dict[str, str]]
"""Status, body and headers."""


def render_problem(problem: Problem, context: ErrorContext) -> Response:
    status, body, headers = _answer(problem, context)
    headers = {"x-fal-request-id": context.label} | retry_headers(context.choice, status) | headers
    if isinstance(body, str):
        return PlainTextResponse(body, status, headers)
    return reply(body, status, headers)


def error_answer(error: WordedError, choice: ChoiceOf, given: object = None) -> FalAnswer:
    """*error* in its form; *given* is the model's input, where there is one."""
    known, message = error.known, error.message
    match known.form:
        case "model" | "pydantic":
            status = known.status
            if known.code == "downstream_service_error":
                status = int(choice(behaviours.DOWNSTREAM_STATUS))
            return status, {"detail": [error_item(error, choice, given)]}, dict(UNBILLED)
        case "request":
            return known.status, {"detail": message, "error_type": known.code}, {"x-fal-error-type": known.code}
        case "status":
            return known.status, {"status": known.code, "detail": message}, {}
        case "word":
            return known.status, {"status": known.code}, {}
        case "platform":
            return known.status, {"error": {"type": known.code, "message": message}}, {}
        case "app":
            return known.status, {"detail": message}, dict(UNBILLED)
    return known.status, {"detail": message}, {}


def retry_headers(choice: ChoiceOf, status: int) -> dict[str, str]:
    """The headers that say whether to retry; *choice* decides which of two names they have, or both."""
    again = status >= 500 or status == 429
    chosen = choice(behaviours.RETRY_HEADER)
    headers = {}
    if chosen != "retryable":
        headers["x-fal-needs-retry"] = "1" if again else "false"
    if chosen != "needs_retry":
        headers["x-fal-retryable"] = "true" if again else "false"
    return headers


def _answer(problem: Problem, context: ErrorContext) -> tuple[int, dict[str, Any] | str, dict[str, str]]:
    """Status, body, which is JSON or a line of text, and headers."""
    if isinstance(problem, RefusedInput):
        return 422, {"detail": list(problem.items)}, dict(UNBILLED)
    if isinstance(problem, Invalid):
        return 422, {"detail": refused_items((), problem.violations, {}, context.choice)}, dict(UNBILLED)
    about: dict[str, object] = {}
    if "name" in (values := problem.about()):
        about["alias"] = _alias(str(values["name"]))
    error = refusal(_chosen(problem, context.choice), "fal", about)
    status, body, headers = error_answer(error, context.choice)
    if isinstance(problem, TooMany):
        headers |= retry_after(problem.retry_after)
    if isinstance(problem, WrongMethod):
        headers["allow"] = ", ".join(problem.allowed)
    if isinstance(problem, AlreadyEnded):
        headers["x-fal-request-id"] = problem.job_id
    return status, error.message if error.known.form == "line" else body, headers


def _chosen(problem: Problem, choice: ChoiceOf) -> Problem:
    """*problem*, or the error that its scheme or a behaviour has chosen for it."""
    if isinstance(problem, WrongScheme) and problem.scheme != "key":
        return Coded("bearer-not-decoded" if problem.scheme == "bearer" else "invalid-key-format")
    if (
        isinstance(problem, Unauthorized)
        and not isinstance(problem, NotAllowed)
        and choice(behaviours.UNAUTHORIZED) == "older"
    ):
        return Coded("no-user-found")
    if isinstance(problem, AlreadyEnded) and choice(behaviours.CANCEL_ENDED) == "detail":
        return Coded("request-already-completed")
    return problem


def _alias(endpoint: str) -> str:
    """The part of an endpoint's id that fal calls the application: the segment after its owner."""
    return [*endpoint.split("/"), ""][1] or endpoint
