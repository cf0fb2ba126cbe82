"""RunPod's errors: each problem as an object of ``status`` (a number), ``title`` and ``detail``."""

from __future__ import annotations

from starlette.responses import Response

from vidmock.problems import Problem, TooLarge, TooMany
from vidmock.providers.exchange.envelope import phrase, reply, retry_after
from vidmock.providers.exchange.refusals import refusal
from vidmock.providers.exchange.renderers import ErrorContext

BODY_LIMITS = {"run": 10 * 2**20, "runsync": 20 * 2**20}
"""The most bytes of a body, by route."""
ID_FORMS = {"run": "{}-u1", "runsync": "sync-{}-u1"}
"""The form of a job's id, by the route that makes the job."""


def render_problem(problem: Problem, context: ErrorContext) -> Response:
    about = {}
    if isinstance(problem, TooLarge):
        # More is read of a body than any route here accepts; the answer names the route's own limit.
        about["mebibytes"] = min(problem.limit, BODY_LIMITS.get(context.route, problem.limit)) // 2**20
    error = refusal(problem, "runpod", about)
    status = error.known.status
    if error.known.form == "failed":
        # As RunPod's pages have it. The id has the usual form, but there is no such job.
        job_id = ID_FORMS.get(context.route, ID_FORMS["run"]).format(context.label)
        return reply({"error": error.message, "id": job_id, "status": "FAILED"}, status)
    headers = retry_after(problem.retry_after) if isinstance(problem, TooMany) else None
    body = {"status": status, "title": phrase(status) or "Unknown Error", "detail": error.message}
    return reply(body, status, headers)
