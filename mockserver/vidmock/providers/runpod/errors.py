"""Problems in RunPod's words: a small object with a numeric status."""

from __future__ import annotations

import math
from collections.abc import Mapping

from starlette.responses import Response

from vidmock.engine.world.world import new_id
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
from vidmock.providers.exchange.call import Call
from vidmock.providers.exchange.envelope import phrase, reply
from vidmock.schema.errors import known_error

BODY_LIMITS = {"run": 10 * 2**20, "runsync": 20 * 2**20}
"""Bytes of a body, by operation."""
ID_FORMS = {"run": "{}-u1", "runsync": "sync-{}-u1"}
"""How the id of a job is spelled, by the operation that makes it."""


_OTHERS: Mapping[type[Problem], int] = {NoBalance: 402, Locked: 403, Unavailable: 503, UpstreamTimeout: 504}
"""Statuses without a published body."""


def worded(problem: Problem, call: Call) -> Response:
    match problem:
        case Unauthorized():
            return _envelope(401, "no token provided" if problem.missing else "invalid token")
        case UnknownModel():
            return _envelope(404, "endpoint not found")
        case NoSuchJob():
            return _envelope(404, "job not found")
        case NoRoute():
            return _envelope(404, str(problem))
        case WrongMethod():
            return _envelope(405, str(problem))
        case Invalid():
            return _refused(str(problem), 400, call)
        case BadJSON():
            return _envelope(400, f"bad request: body: {problem}")
        case TooLarge():
            # The door reads more than any route takes; the answer names the route's own limit.
            limit = min(problem.limit, BODY_LIMITS.get(_route(call), problem.limit))
            return _envelope(400, f"bad request: body: exceeded max body size of {limit // 2**20}MiB")
        case BadRequest() | Moderated():
            return _envelope(400, f"bad request: {problem}")
        case TooMany():
            after = problem.retry_after
            return _envelope(
                429, str(problem), None if after is None else {"retry-after": str(max(1, math.ceil(after)))}
            )
        case Coded():
            if (known := known_error(problem.code, "runpod")) and known.answers:
                said = problem.message or known.message
                return _refused(said, known.status, call) if known.form == "failed" else _envelope(known.status, said)
    return _envelope(_OTHERS.get(type(problem), 500), str(problem))


def _route(call: Call) -> str:
    return call.request.url.path.rsplit("/", 1)[-1]


def _refused(why: str, status: int, call: Call) -> Response:
    """The pages' answer to invalid input. The id is of the usual form and leads nowhere."""
    job_id = ID_FORMS.get(_route(call), ID_FORMS["run"]).format(new_id(call.world.draw()))
    return reply({"error": why, "id": job_id, "status": "FAILED"}, status)


def _envelope(status: int, detail: str, headers: dict[str, str] | None = None) -> Response:
    return reply({"status": status, "title": phrase(status) or "Unknown Error", "detail": detail}, status, headers)
