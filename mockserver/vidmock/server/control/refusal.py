"""The errors of the control API, and how it answers every kind of problem."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import JSONResponse, Response

from vidmock.problems import BadJSON, BadRequest, Defect, NoSuchJob, Problem, TooLarge, Unavailable
from vidmock.providers.exchange.renderers import Renderers
from vidmock.state.store import StateLost


class ControlProblem(Problem):
    """A request that cannot be granted.

    *where* is the part of it that is wrong, *hint* the line to type next; both may be empty.
    """

    def __init__(self, message: str, status: int = 400, where: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.status, self.where, self.hint = status, where, hint


class NotFound(ControlProblem):
    """There is no such thing, or no longer."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message, 404, hint=hint)


def render_problem(problem: Problem, example: str = "", headers: Mapping[str, str] | None = None) -> Response:
    """Answer with *problem*. *example* is a request that the same route would grant, for a problem without a hint."""
    status, where, hint = RENDERERS.render(problem, example)
    return JSONResponse({"error": str(problem), "where": where, "try": hint}, status, headers)


def _own(problem: ControlProblem, example: str) -> tuple[int, str, str]:
    return problem.status, problem.where, problem.hint or example


def _bad_json(problem: BadJSON, example: str) -> tuple[int, str, str]:
    return 400, f"line {problem.line}, column {problem.column}" if problem.line else "body", example


def _bad_request(problem: BadRequest, example: str) -> tuple[int, str, str]:
    return 400, problem.parameter or "", example


RENDERERS: Renderers[str, tuple[int, str, str]] = Renderers(
    {
        Problem: lambda problem, example: (400, "", example),
        ControlProblem: _own,
        BadJSON: _bad_json,
        BadRequest: _bad_request,
        TooLarge: lambda problem, example: (413, "body", example),
        Unavailable: lambda problem, example: (503, "body", example),
        StateLost: lambda problem, example: (503, "", example),
        NoSuchJob: lambda problem, example: (404, "job", example),
        Defect: lambda problem, example: (500, "", example),
    }
)
"""To the status of the answer, the part of the request that is wrong, and the line to type next."""
