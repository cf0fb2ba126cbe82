"""Problems as Runware's error objects: code, parameter, limits, and where it is documented."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from vidmock.engine.world.world import World
from vidmock.problems import (
    BadJSON,
    BadRequest,
    Coded,
    Duplicate,
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
    WrongScheme,
)
from vidmock.providers.runware import behaviours
from vidmock.providers.runware.request import TaskAnswer
from vidmock.schema.catalog import models
from vidmock.schema.errors import KnownError, find_error, known_error
from vidmock.schema.violation import Violation

ECHO_LIMIT = 256
"""Characters of a client's own words that an error repeats: a frame of 64 MiB must not come back."""


_NAMED: Mapping[type[Problem], str] = {
    NoBalance: "insufficientCredits",
    Locked: "accountSuspended",
    NoSuchJob: "taskNotFound",
    NoRoute: "notFound",
    WrongMethod: "methodNotAllowed",
    TooLarge: "requestTooLarge",
    TooMany: "rateLimitExceeded",
    Unavailable: "serviceUnavailable",
}
"""The codes of problems that say nothing but their message."""


def refused(problem: Problem, task: object, world: World | None = None) -> TaskAnswer:
    """What *problem* makes of *task*: its errors, and the HTTP status that it would have alone."""
    about = task if isinstance(task, dict) else {}
    status, errors = _errors(problem, about, world)
    named = {key: about[key][:ECHO_LIMIT] for key in ("taskType", "taskUUID") if isinstance(about.get(key), str)}
    return TaskAnswer((), tuple(error | named for error in errors), status)


def _errors(problem: Problem, task: Mapping[str, Any], world: World | None) -> tuple[int, Sequence[dict[str, Any]]]:
    docs = _docs(task)
    if code := _NAMED.get(type(problem)):
        return _known(find_error(code, "runware"), str(problem), docs)
    match problem:
        case Unauthorized():
            code, said = "invalidApiKey", "This API key is not valid"
            if isinstance(problem, WrongScheme):
                said = "The Authorization header must be of the form 'Bearer <key>'"
            elif problem.missing:
                code, said = "missingApiKey", "No API key was sent"
            message = f"{said}; keys are made at https://my.runware.ai/signup"
            return 401, [_error(code, message, "apiKey") | {"taskType": "authentication"}]
        case Invalid():
            return 400, [_violation(violation, docs) for violation in problem.violations]
        case UnknownModel():
            code = world.choice(behaviours.UNKNOWN_MODEL) if world else behaviours.UNKNOWN_MODEL.default
            return 400, [_error(code, f"Invalid value for 'model' parameter. {problem}", "model")]
        case Duplicate():
            message = f"A task with taskUUID {problem.task_id} already exists. Use a new one for each task."
            context = {"taskType": task.get("taskType"), "taskUUID": problem.task_id, "deliveryMethod": "async"}
            return 400, [_error("conflictTaskUUID", message, "taskUUID", docs) | {"context": context}]
        case Moderated():
            message = f"Invalid value for 'positivePrompt' parameter. {problem}"
            return 400, [_error("contentPolicyViolation", message, "positivePrompt", docs)]
        case BadJSON():
            return 400, [_error("invalidJSON", f"The request body is not valid JSON: {problem}")]
        case BadRequest():
            return 400, [_error(_code(problem.parameter), str(problem), problem.parameter, docs)]
        case UpstreamTimeout():
            code = world.choice(behaviours.TIMEOUT_CODE) if world else behaviours.TIMEOUT_CODE.default
            return 504, [_error(code, str(problem))]
        case Coded():
            if (known := known_error(problem.code, "runware")) and known.answers:
                return _known(known, problem.message or known.message, docs)
    return 500, [_error("internalServerError", str(problem))]


def _known(known: KnownError, message: str, docs: str | None) -> tuple[int, Sequence[dict[str, Any]]]:
    """An error of the provider's list: its status, and all that it says."""
    parameter = known.parameters if len(known.parameters) > 1 else "".join(known.parameters)
    return known.status, [{**_error(known.code, message, parameter, docs), **known.beside}]


def _code(parameter: str | None) -> str:
    if parameter is None:
        return "invalidRequest"
    if parameter == "taskType":
        return "unsupportedTaskType"
    return f"invalid{parameter[0].upper()}{parameter[1:]}"


def _docs(task: Mapping[str, Any]) -> str | None:
    """The page of the task's model, if it has one that is known."""
    known = {model.id: model.docs for model in models("runware")}
    model = task.get("model")
    return known.get(model) if isinstance(model, str) else None


def _error(
    code: str, message: str, parameter: str | Sequence[str] | None = None, docs: str | None = None
) -> dict[str, Any]:
    error: dict[str, Any] = {"code": code, "message": message}
    if parameter:
        error["parameter"] = parameter
        if docs:
            first = parameter if isinstance(parameter, str) else parameter[0]
            error["documentation"] = f"{docs}#request-{first.lower().replace('.', '-')}"
    return error


def _violation(violation: Violation, docs: str | None) -> dict[str, Any]:
    """A rule over several parameters names them all, and is documented with the first."""
    limits = dict(violation.limits)
    own = ".".join(part for part in violation.path if isinstance(part, str))[:ECHO_LIMIT]
    names = limits.pop("parameters", None) or [own or "task"]
    spoken = ", ".join(f"'{name}'" for name in names)
    said = violation.message[:1].upper() + violation.message[1:].rstrip(".")
    message = (
        f"Invalid value for {spoken} parameter{'s' if len(names) > 1 else ''}. {said}{'' if said[-1] == '?' else '.'}"
    )
    parameter = names[0] if len(names) == 1 else list(names)
    return _error(violation.code or "invalidParameter", message, parameter, docs) | limits
