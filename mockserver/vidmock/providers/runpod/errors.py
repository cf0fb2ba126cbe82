"""RunPod's errors: each problem as an object of ``status`` (a number), ``title`` and ``detail``."""

from __future__ import annotations

from collections.abc import Callable, Mapping

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
    Problem,
    TooLarge,
    TooMany,
    Unauthorized,
    Unavailable,
    UnknownModel,
    UpstreamTimeout,
    WrongMethod,
)
from vidmock.providers.exchange.envelope import phrase, reply, retry_after
from vidmock.providers.exchange.renderers import ErrorContext, Renderers
from vidmock.schema.errors import known_error

BODY_LIMITS = {"run": 10 * 2**20, "runsync": 20 * 2**20}
"""The most bytes of a body, by route."""
ID_FORMS = {"run": "{}-u1", "runsync": "sync-{}-u1"}
"""The form of a job's id, by the route that makes the job."""


def render_problem(problem: Problem, context: ErrorContext) -> Response:
    return RENDERERS.render(problem, context)


def _said(status: int, form: str = "{}") -> Callable[[Problem, ErrorContext], Response]:
    """Renders the problem's own message, in *form*."""
    return lambda problem, context: _envelope(status, form.format(problem))


def _unauthorized(problem: Unauthorized, context: ErrorContext) -> Response:
    return _envelope(401, "no token provided" if problem.missing else "invalid token")


def _invalid(problem: Invalid, context: ErrorContext) -> Response:
    return _failed(str(problem), 400, context)


def _too_large(problem: TooLarge, context: ErrorContext) -> Response:
    # More is read of a body than any route here accepts; the answer names the route's own limit.
    limit = min(problem.limit, BODY_LIMITS.get(context.route, problem.limit))
    return _envelope(400, f"bad request: body: exceeded max body size of {limit // 2**20}MiB")


def _too_many(problem: TooMany, context: ErrorContext) -> Response:
    return _envelope(429, str(problem), retry_after(problem.retry_after))


def _coded(problem: Coded, context: ErrorContext) -> Response:
    known = known_error(problem.code, "runpod")
    if known is None or not known.answers:
        return _envelope(500, str(problem))
    said = problem.message or known.message
    return _failed(said, known.status, context) if known.form == "failed" else _envelope(known.status, said)


RENDERERS: Renderers[ErrorContext, Response] = Renderers(
    {
        Problem: _said(500),
        Unauthorized: _unauthorized,
        UnknownModel: lambda problem, context: _envelope(404, "endpoint not found"),
        NoSuchJob: lambda problem, context: _envelope(404, "job not found"),
        NoRoute: _said(404),
        WrongMethod: _said(405),
        Invalid: _invalid,
        BadJSON: _said(400, "bad request: body: {}"),
        TooLarge: _too_large,
        BadRequest: _said(400, "bad request: {}"),
        Moderated: _said(400, "bad request: {}"),
        TooMany: _too_many,
        Coded: _coded,
        # Statuses without a published body.
        NoBalance: _said(402),
        Locked: _said(403),
        Unavailable: _said(503),
        UpstreamTimeout: _said(504),
    }
)


def _failed(why: str, status: int, context: ErrorContext) -> Response:
    """The answer to invalid input as RunPod's pages have it. The id has the usual form, but there is no such job."""
    job_id = ID_FORMS.get(context.route, ID_FORMS["run"]).format(context.label)
    return reply({"error": why, "id": job_id, "status": "FAILED"}, status)


def _envelope(status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    return reply({"status": status, "title": phrase(status) or "Unknown Error", "detail": detail}, status, headers)
