"""Eachlabs' errors: each problem as a body of one of four families, all of which are on its pages."""

from __future__ import annotations

from starlette.responses import Response

from vidmock.problems import BadRequest, Problem, TooMany
from vidmock.providers.eachlabs import behaviours
from vidmock.providers.exchange.envelope import reply, retry_after
from vidmock.providers.exchange.refusals import WordedError, refusal
from vidmock.providers.exchange.renderers import ErrorContext


class Expired(Problem, word="signed_url"):
    """The signed URL of an upload has expired, was not signed here, or not for this content type."""


def render_problem(problem: Problem, context: ErrorContext) -> Response:
    about = {"parameter": problem.parameter or "body"} if isinstance(problem, BadRequest) else None
    error = refusal(problem, "eachlabs", about)
    headers = {"x-request-id": request_id(context)}
    if isinstance(problem, TooMany):
        headers |= retry_after(problem.retry_after)
    # An error with a form of its own has it in every family.
    family = error.known.form or context.choice(behaviours.ERRORS)
    return reply(_body(error, family), error.known.status, headers)


def request_id(context: ErrorContext) -> str:
    """The id of a request: the one that the client sent, or else the call's."""
    return context.request.headers.get("x-request-id") or context.label


def _body(error: WordedError, family: str) -> dict[str, object]:
    """The JSON body; *family* is a value of the behaviour ``eachlabs.errors``, or the form of an error that has one."""
    status, message, details = error.known.status, error.message, error.more.get("details", "")
    match family:
        case "empty" if error.known.form or status in (400, 401, 422):
            return {}
        case "plain" | "guide":
            return {"error": message}
        case "gateway" | "empty":
            said = message if error.known.form else message.lower()
            return {"status": status, "error": said} | ({"details": details} if details else {})
    return {"status": "error", "message": message, "details": details, "error": message}
