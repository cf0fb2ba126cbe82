"""The platform API's errors: ``{"error": {"type", "message", "request_id"}}``, unlike those of the queue."""

from __future__ import annotations

from starlette.responses import Response

from vidmock.problems import Problem, TooMany
from vidmock.providers.exchange.envelope import reply, retry_after
from vidmock.providers.exchange.refusals import refusal
from vidmock.providers.exchange.renderers import ErrorContext

_KINDS = {401: "authorization_error", 403: "authorization_error", 404: "not_found", 429: "rate_limited"}
"""The types by status, for an error of the queue's that a fault asks for here."""


class Forbidden(Problem, word="forbidden"):
    """The key may not use this route."""


def render_platform_problem(problem: Problem, context: ErrorContext) -> Response:
    error = refusal(problem, "fal", part="platform")
    status = error.known.status
    kind = error.known.code
    if error.known.form != "platform":
        kind = _KINDS.get(status, "server_error" if status >= 500 else "validation_error")
    headers = retry_after(problem.retry_after) if isinstance(problem, TooMany) else {}
    return reply({"error": {"type": kind, "message": error.message, "request_id": context.label}}, status, headers)
