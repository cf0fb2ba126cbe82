"""Problems in Eachlabs' words: four families of bodies, all of them on its pages."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

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
from vidmock.providers.exchange.envelope import reply
from vidmock.schema.errors import known_error


class NoSuchFile(Problem):
    def __init__(self, file_id: str) -> None:
        super().__init__(f"there is no file {file_id!r}")


class Expired(Problem):
    """A signed URL was used too late, or is not one that was signed."""


@dataclass(frozen=True, slots=True)
class ErrorReply:
    """*details* may be empty. A *plain* fault is a route's own, and looks the same in every family."""

    status: int
    message: str
    details: str = ""
    plain: bool = False

    def reply(self, family: str, headers: Mapping[str, str]) -> Response:
        return reply({"error": self.message} if self.plain else self._body(family), self.status, headers)

    def _body(self, family: str) -> dict[str, object]:
        if family == "empty" and self.status in (400, 401, 422):
            return {}
        if family == "guide":
            return {"error": self.message}
        if family in ("gateway", "empty"):
            details = {"details": self.details} if self.details else {}
            return {"status": self.status, "error": self.message.lower()} | details
        return {"status": "error", "message": self.message, "details": self.details, "error": self.message}


class RouteError(Problem):
    """An error that one route alone has, with a text of its own."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def error_reply(problem: Problem) -> ErrorReply:
    about = str(problem)
    match problem:
        case RouteError():
            return ErrorReply(problem.status, about, plain=True)
        case Unauthorized():
            return ErrorReply(401, "Invalid or missing API key")
        case NoBalance():
            return ErrorReply(402, "Payment required", about)
        case Locked():
            return ErrorReply(403, "Account is locked", about)
        case UnknownModel():
            return ErrorReply(404, "Model not found", about)
        case NoSuchJob():
            return ErrorReply(404, "Prediction not found", about)
        case NoSuchFile() | NoRoute():
            return ErrorReply(404, "Not found", about)
        case Expired():
            return ErrorReply(403, "The signed URL is not valid", about)
        case Invalid():
            return ErrorReply(400, "Invalid input for model", about)
        case Moderated():
            return ErrorReply(400, "Input was rejected", about)
        case BadJSON():
            return ErrorReply(422, "The body is not valid JSON", about)
        case BadRequest():
            return ErrorReply(400, f"{problem.parameter or 'body'} field is invalid", about)
        case AlreadyEnded():
            return ErrorReply(400, "Prediction has already finished", about)
        case TooLarge():
            return ErrorReply(413, "Request body is too large", about)
        case WrongMethod():
            return ErrorReply(405, "Method not allowed", about)
        case TooMany():
            return ErrorReply(429, "Too many requests", about)
        case Unavailable():
            return ErrorReply(503, "Service unavailable", about)
        case UpstreamTimeout():
            return ErrorReply(504, "Upstream timeout", about)
        case Coded():
            if (known := known_error(problem.code, "eachlabs")) and known.answers:
                details = known.beside.get("details", "")
                return ErrorReply(known.status, problem.message or known.message, details, known.form == "plain")
    return ErrorReply(500, "Internal server error", about)


def retry_after(problem: Problem) -> dict[str, str]:
    """The header that tells when to come again, where that is known."""
    if isinstance(problem, TooMany) and problem.retry_after is not None:
        return {"retry-after": str(max(1, math.ceil(problem.retry_after)))}
    return {}
