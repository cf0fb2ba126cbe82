"""Eachlabs' errors: each problem as a body of one of four families, all of which are on its pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from starlette.responses import Response

from vidmock.problems import (
    AlreadyEnded,
    BadJSON,
    BadRequest,
    Coded,
    Invalid,
    Locked,
    Moderated,
    NoBalance,
    NoRoute,
    NoSuchJob,
    Problem,
    TooLarge,
    TooMany,
    Unauthorized,
    Unavailable,
    UnknownModel,
    UpstreamTimeout,
    WrongMethod,
)
from vidmock.providers.eachlabs import behaviours
from vidmock.providers.exchange.envelope import reply, retry_after
from vidmock.providers.exchange.renderers import ErrorContext, Renderers
from vidmock.schema.errors import known_error


class NoSuchFile(Problem):
    def __init__(self, file_id: str) -> None:
        super().__init__(f"there is no file {file_id!r}")


class Expired(Problem):
    """The signed URL of an upload has expired, was not signed here, or not for this content type."""


@dataclass(frozen=True, slots=True)
class ErrorReply:
    """An error before it has the body of a family; *details* may be empty.

    A *plain* error belongs to one route, and has the same body in every family.
    """

    status: int
    message: str
    details: str = ""
    plain: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self, family: str) -> dict[str, object]:
        """The JSON body; *family* is a value of the behaviour ``eachlabs.errors``."""
        if self.plain:
            return {"error": self.message}
        if family == "empty" and self.status in (400, 401, 422):
            return {}
        if family == "guide":
            return {"error": self.message}
        if family in ("gateway", "empty"):
            details = {"details": self.details} if self.details else {}
            return {"status": self.status, "error": self.message.lower()} | details
        return {"status": "error", "message": self.message, "details": self.details, "error": self.message}


class RouteError(Problem):
    """An error of one route, with the route's own message."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def render_problem(problem: Problem, context: ErrorContext) -> Response:
    error = RENDERERS.render(problem, context)
    headers = {"x-request-id": request_id(context), **error.headers}
    return reply(error.body(context.choice(behaviours.ERRORS)), error.status, headers)


def _is(status: int, message: str) -> Callable[[Problem, ErrorContext], ErrorReply]:
    """A renderer with the service's *message*, and the problem's own message as details."""
    return lambda problem, context: ErrorReply(status, message, str(problem))


def _route_error(problem: RouteError, context: ErrorContext) -> ErrorReply:
    return ErrorReply(problem.status, str(problem), plain=True)


def _unauthorized(problem: Unauthorized, context: ErrorContext) -> ErrorReply:
    return ErrorReply(401, "Invalid or missing API key")


def _bad_request(problem: BadRequest, context: ErrorContext) -> ErrorReply:
    return ErrorReply(400, f"{problem.parameter or 'body'} field is invalid", str(problem))


def _too_many(problem: TooMany, context: ErrorContext) -> ErrorReply:
    return ErrorReply(429, "Too many requests", str(problem), headers=retry_after(problem.retry_after))


def _coded(problem: Coded, context: ErrorContext) -> ErrorReply:
    known = known_error(problem.code, "eachlabs")
    if known is None or not known.answers:
        return _internal(problem, context)
    details = known.beside.get("details", "")
    return ErrorReply(known.status, problem.message or known.message, details, known.form == "plain")


_internal = _is(500, "Internal server error")
_not_found = _is(404, "Not found")
RENDERERS: Renderers[ErrorContext, ErrorReply] = Renderers(
    {
        Problem: _internal,
        RouteError: _route_error,
        Unauthorized: _unauthorized,
        NoBalance: _is(402, "Payment required"),
        Locked: _is(403, "Account is locked"),
        UnknownModel: _is(404, "Model not found"),
        NoSuchJob: _is(404, "Prediction not found"),
        NoSuchFile: _not_found,
        NoRoute: _not_found,
        Expired: _is(403, "The signed URL is not valid"),
        Invalid: _is(400, "Invalid input for model"),
        Moderated: _is(400, "Input was rejected"),
        BadJSON: _is(422, "The body is not valid JSON"),
        BadRequest: _bad_request,
        AlreadyEnded: _is(400, "Prediction has already finished"),
        TooLarge: _is(413, "Request body is too large"),
        WrongMethod: _is(405, "Method not allowed"),
        TooMany: _too_many,
        Unavailable: _is(503, "Service unavailable"),
        UpstreamTimeout: _is(504, "Upstream timeout"),
        Coded: _coded,
    }
)


def request_id(context: ErrorContext) -> str:
    """The id of a request: the one that the client sent, or else the call's."""
    return context.request.headers.get("x-request-id") or context.label
