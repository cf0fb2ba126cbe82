"""The platform API's errors: ``{"error": {"type", "message", "request_id"}}``, unlike those of the queue."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from starlette.responses import Response

from vidmock.problems import (
    BadJSON,
    BadRequest,
    Coded,
    Locked,
    NoBalance,
    NoRoute,
    NoSuchJob,
    Problem,
    TooLarge,
    TooMany,
    Unauthorized,
    UnknownModel,
    WrongMethod,
)
from vidmock.providers.exchange.envelope import reply, retry_after
from vidmock.providers.exchange.renderers import ErrorContext, Renderers
from vidmock.schema.errors import known_error

ErrorType = Literal["authorization_error", "validation_error", "not_found", "rate_limited", "server_error"]
PlatformError = tuple[int, ErrorType, str]
"""Status, type and message."""


class Forbidden(Problem):
    """The key may not use this route."""


def render_platform_problem(problem: Problem, context: ErrorContext) -> Response:
    status, kind, message = RENDERERS.render(problem, context)
    headers = retry_after(problem.retry_after) if isinstance(problem, TooMany) else {}
    return reply({"error": {"type": kind, "message": message, "request_id": context.label}}, status, headers)


def _always(status: int, kind: ErrorType, message: str) -> Callable[[Problem, ErrorContext], PlatformError]:
    return lambda problem, context: (status, kind, message)


def _told(status: int, kind: ErrorType) -> Callable[[Problem, ErrorContext], PlatformError]:
    return lambda problem, context: (status, kind, str(problem))


def _coded(problem: Coded, context: ErrorContext) -> PlatformError:
    known = known_error(problem.code, "fal")
    if known is None or not known.answers:
        return RENDERERS.render(Problem(), context)
    kinds: dict[int, ErrorType] = {401: "authorization_error", 403: "authorization_error", 404: "not_found"}
    kinds[429] = "rate_limited"
    kind = kinds.get(known.status, "server_error" if known.status >= 500 else "validation_error")
    return known.status, kind, problem.message or known.message


RENDERERS: Renderers[ErrorContext, PlatformError] = Renderers(
    {
        Problem: _always(500, "server_error", "An unexpected error occurred"),
        Unauthorized: _always(401, "authorization_error", "Authentication required"),
        Forbidden: _always(403, "authorization_error", "Access denied"),
        NoBalance: _always(403, "authorization_error", "Access denied"),
        Locked: _always(403, "authorization_error", "Access denied"),
        NoSuchJob: _always(404, "not_found", "Resource not found"),
        UnknownModel: _always(404, "not_found", "Resource not found"),
        NoRoute: _always(404, "not_found", "Resource not found"),
        WrongMethod: _told(405, "validation_error"),
        TooMany: _always(429, "rate_limited", "Rate limit exceeded"),
        TooLarge: _told(413, "validation_error"),
        BadJSON: _told(400, "validation_error"),
        BadRequest: _told(400, "validation_error"),
        Coded: _coded,
    }
)
"""The messages are the examples of the published document, but for those that name what is wrong with a request."""
