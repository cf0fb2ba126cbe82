"""fal's errors: each problem as a model error (a list of items) or an infrastructure error (a sentence and a type)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.responses import Response

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
from vidmock.providers.exchange.envelope import reply, retry_after
from vidmock.providers.exchange.renderers import ChoiceOf, ErrorContext, Renderers
from vidmock.providers.fal import behaviours
from vidmock.providers.fal.refusal import RefusedInput, refused_items
from vidmock.schema.errors import known_error, known_errors

REQUEST_ERRORS = {error.code: error.status for error in known_errors("fal") if error.form == "request"}
"""Statuses of infrastructure errors, by type."""
USER_TIMEOUT = {"x-fal-request-timeout-type": "user"}
UNBILLED = {"x-fal-billable-units": "0"}


class BadHeader(BadRequest):
    """A header or query parameter of fal's queue is not valid."""


class NotAllowed(Unauthorized):
    """A browser's token was made for other applications."""

    def __init__(self) -> None:
        super().__init__(missing=False)


class QueueFull(TooMany):
    """More requests are waiting than the client's ``fal_max_queue_length`` allows."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"More than {limit} requests are waiting already", None)


FalAnswer = tuple[int, dict[str, Any], dict[str, str]]
"""Status, body and headers."""


def render_problem(problem: Problem, context: ErrorContext) -> Response:
    status, body, headers = RENDERERS.render(problem, context)
    return reply(body, status, {"x-fal-request-id": context.label} | retry_headers(context.choice, status) | headers)


def model_error(choice: ChoiceOf, kind: str, message: str, *loc: str) -> FalAnswer:
    """A model error of one item. It has no ``url``, as observed of Kling's.

    Without *loc*, the item names the field that errors of this *kind* usually name. An unknown kind is a 422, as on
    fal's pages.
    """
    known = known_error(kind, "fal")
    if known is None or known.form != "model":
        return 422, {"detail": [{"loc": ["body", *loc], "msg": message, "type": kind}]}, dict(UNBILLED)
    status = int(choice(behaviours.DOWNSTREAM_STATUS)) if kind == "downstream_service_error" else known.status
    item = {"loc": ["body", *(loc or known.parameters)], "msg": message, "type": kind, **known.beside}
    return status, {"detail": [item]}, dict(UNBILLED)


def request_error(kind: str, message: str, status: int = 0) -> FalAnswer:
    """An infrastructure error of that *kind*, with its usual status or, unless 0, with *status*."""
    return status or REQUEST_ERRORS[kind], {"detail": message, "error_type": kind}, {"x-fal-error-type": kind}


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


def _detail(status: int, text: str = "{}") -> Callable[[Problem, ErrorContext], FalAnswer]:
    """A renderer of one sentence, *text*, in which ``{}`` stands for the problem's own message."""
    return lambda problem, context: (status, {"detail": text.format(problem)}, {})


def _infrastructure(kind: str, status: int = 0) -> Callable[[Problem, ErrorContext], FalAnswer]:
    """A renderer of the problem's own message as an infrastructure error."""
    return lambda problem, context: request_error(kind, str(problem), status)


def _unauthorized(problem: Unauthorized, context: ErrorContext) -> FalAnswer:
    older = context.choice(behaviours.UNAUTHORIZED) == "older"
    return 401, {"detail": "No user found for Key ID and Secret" if older else "invalid key credentials"}, {}


def _wrong_scheme(problem: WrongScheme, context: ErrorContext) -> FalAnswer:
    match problem.scheme:
        case "bearer":
            return 401, {"detail": "Unable to decode the issuer of the token"}, {}
        case "key":
            return _unauthorized(problem, context)
    return 401, {"detail": "Invalid Key Authorization header format. Expected '<key_id>:<key_secret>'."}, {}


def _invalid(problem: Invalid, context: ErrorContext) -> FalAnswer:
    items = refused_items((), problem.violations, {}, context.choice(behaviours.VALIDATION))
    return 422, {"detail": items}, dict(UNBILLED)


def _refused(problem: RefusedInput, context: ErrorContext) -> FalAnswer:
    return 422, {"detail": list(problem.items)}, dict(UNBILLED)


def _moderated(problem: Moderated, context: ErrorContext) -> FalAnswer:
    return model_error(context.choice, "content_policy_violation", str(problem), problem.field)


def _upstream_timeout(problem: UpstreamTimeout, context: ErrorContext) -> FalAnswer:
    return model_error(context.choice, "generation_timeout", str(problem))


def _too_many(problem: TooMany, context: ErrorContext) -> FalAnswer:
    status, body, headers = request_error("concurrent_requests_limit", str(problem))
    return status, body, headers | retry_after(problem.retry_after)


def _unknown_model(problem: UnknownModel, context: ErrorContext) -> FalAnswer:
    return 404, {"detail": f"Application {problem.name!r} not found. {problem}"}, {}


def _no_such_job(problem: NoSuchJob, context: ErrorContext) -> FalAnswer:
    return 404, {"status": "NOT_FOUND", "detail": str(problem)}, {}


def _no_route(problem: NoRoute, context: ErrorContext) -> FalAnswer:
    return 404, {"detail": f"Path {problem.path} not found"}, dict(UNBILLED)


def _wrong_method(problem: WrongMethod, context: ErrorContext) -> FalAnswer:
    return 405, {"detail": str(problem)}, {"allow": ", ".join(problem.allowed)}


def _unreadable(problem: BadJSON | BadRequest, context: ErrorContext) -> FalAnswer:
    item = {"loc": ["body"], "msg": str(problem), "type": "value_error.jsondecode"}
    return 422, {"detail": [item]}, dict(UNBILLED)


def _coded(problem: Coded, context: ErrorContext) -> FalAnswer:
    known = known_error(problem.code, "fal")
    if known is None or not known.answers:
        return _internal(problem, context)
    message = problem.message or known.message
    match known.form:
        case "model":
            return model_error(context.choice, known.code, message)
        case "request":
            return request_error(known.code, message)
        case "status":
            return known.status, {"status": known.code, "detail": message}, {}
    return known.status, {"detail": message}, {}


_internal = _infrastructure("internal_error")
RENDERERS: Renderers[ErrorContext, FalAnswer] = Renderers(
    {
        Problem: _internal,
        NotAllowed: _detail(403, "Forbidden"),
        WrongScheme: _wrong_scheme,
        Unauthorized: _unauthorized,
        NoBalance: _detail(
            403, "User is locked. Reason: Exhausted balance. Top up your balance at fal.ai/dashboard/billing."
        ),
        Locked: _detail(403, "User is locked. Reason: Admin lock. Please contact support@fal.ai"),
        Invalid: _invalid,
        RefusedInput: _refused,
        Moderated: _moderated,
        UpstreamTimeout: _upstream_timeout,
        Unavailable: _infrastructure("runner_scheduling_failure"),
        QueueFull: _detail(429),
        TooMany: _too_many,
        UnknownModel: _unknown_model,
        NoSuchJob: _no_such_job,
        NotReady: _detail(400, "Request is still in progress"),
        NoRoute: _no_route,
        WrongMethod: _wrong_method,
        TooLarge: _infrastructure("bad_request", 413),
        BadHeader: _infrastructure("bad_request"),
        BadJSON: _unreadable,
        BadRequest: _unreadable,
        Coded: _coded,
    }
)
