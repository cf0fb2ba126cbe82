"""Problems as Runware's error objects, per task: code, parameter, limits, and where it is documented."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vidmock.problems import (
    BadJSON,
    BadRequest,
    Duplicate,
    Invalid,
    NoRoute,
    NoSuchJob,
    Problem,
    TooLarge,
    Unauthorized,
    UnknownModel,
    WrongMethod,
)
from vidmock.schema.catalog import find
from vidmock.schema.validate import Violation


def render(problem: Problem, task: Mapping[str, Any]) -> tuple[int, list[dict[str, Any]]]:
    """The HTTP status that *problem* would have alone, and its error objects for *task*."""
    status, errors = _errors(problem, task)
    named = {key: task[key] for key in ("taskType", "taskUUID") if isinstance(task.get(key), str)}
    return status, [error | named for error in errors]


def _errors(problem: Problem, task: Mapping[str, Any]) -> tuple[int, list[dict[str, Any]]]:
    match problem:
        case Unauthorized():
            code = "missingApiKey" if problem.missing else "invalidApiKey"
            error = _error(code, "Invalid API key. Get one in the dashboard under API keys.", "apiKey")
            return 401, [error | {"taskType": "authentication"}]
        case Invalid():
            docs = find("runware", str(task.get("model"))).docs
            return 400, [_violation(violation, docs) for violation in problem.violations]
        case UnknownModel():
            return 400, [_error("invalidModel", f"Invalid value for 'model' parameter. {problem}", "model")]
        case Duplicate():
            message = f"A task with taskUUID {problem.task_id} already exists. Use a new one for each task."
            context = {"taskType": task.get("taskType"), "taskUUID": problem.task_id, "deliveryMethod": "async"}
            return 400, [_error("conflictTaskUUID", message, "taskUUID") | {"context": context}]
        case BadJSON():
            return 400, [_error("invalidJSON", f"The request body is not valid JSON: {problem}")]
        case BadRequest():
            code = "unsupportedTaskType" if problem.parameter == "taskType" else "invalidRequest"
            if problem.parameter not in (None, "taskType"):
                code = f"invalid{problem.parameter[0].upper()}{problem.parameter[1:]}"
            return 400, [_error(code, str(problem), problem.parameter)]
        case TooLarge():
            return 413, [_error("requestTooLarge", str(problem))]
        case NoRoute() | NoSuchJob():
            return 404, [_error("notFound", str(problem))]
        case WrongMethod():
            return 405, [_error("methodNotAllowed", str(problem))]
    return 500, [_error("internalServerError", str(problem))]


def _error(code: str, message: str, parameter: str | None = None) -> dict[str, Any]:
    error = {"code": code, "message": message}
    return error | {"parameter": parameter} if parameter else error


def _violation(violation: Violation, docs: str) -> dict[str, Any]:
    where = ".".join(part for part in violation.path if isinstance(part, str))
    code = violation.code or "invalidParameter"
    error = _error(code, f"Invalid value for '{where or 'task'}' parameter. {violation.message}", where or None)
    anchor = where.lower().replace(".", "-")
    return error | dict(violation.limits) | {"documentation": f"{docs}#request-{anchor}"}
