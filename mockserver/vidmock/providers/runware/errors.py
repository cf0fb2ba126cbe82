"""Runware's errors: each problem as objects with code, message, parameter, limits and a link to the documentation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from starlette.responses import Response

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
from vidmock.providers.exchange.envelope import reply
from vidmock.providers.exchange.renderers import ErrorContext, Renderers
from vidmock.providers.runware import behaviours
from vidmock.providers.runware.request import TaskAnswer
from vidmock.schema.catalog import models
from vidmock.schema.errors import KnownError, find_error, known_error
from vidmock.schema.findings import told_findings
from vidmock.schema.violation import Violation

ECHO_LIMIT = 256
"""The most characters of a client's value that an error repeats: a message may have 64 MiB of them."""


ErrorItem = dict[str, Any]
TaskErrors = tuple[int, Sequence[ErrorItem]]
"""The HTTP status, and one error object for each thing that is wrong."""


def render_problem(problem: Problem, context: ErrorContext) -> Response:
    """The answer to a request that fails as a whole."""
    answer = render_task(problem, context)
    return reply({"data": [], "errors": answer.errors}, answer.status)


def render_task(problem: Problem, context: ErrorContext) -> TaskAnswer:
    """The answer to the task of *context*, which *problem* made fail. The errors name the task."""
    status, errors = RENDERERS.render(problem, context)
    task = context.task
    named = {key: task[key][:ECHO_LIMIT] for key in ("taskType", "taskUUID") if isinstance(task.get(key), str)}
    return TaskAnswer((), tuple(error | named for error in errors), status)


def violation_errors(violations: Sequence[Violation], task: Mapping[str, Any]) -> list[ErrorItem]:
    """One error object for each of *violations* that is told, in which *task* breaks its model's schema."""
    docs = _docs(task)
    return [_violation(violation, docs) for violation in told_findings(violations)]


def _named(code: str) -> Callable[[Problem, ErrorContext], TaskErrors]:
    """A renderer of the problem's own message as Runware's error of *code*."""
    return lambda problem, context: _known(find_error(code, "runware"), str(problem), context)


def _internal(problem: Problem, context: ErrorContext) -> TaskErrors:
    return 500, [_error("internalServerError", str(problem))]


def _unauthorized(problem: Unauthorized, context: ErrorContext) -> TaskErrors:
    if problem.missing:
        return _no_key("missingApiKey", "No API key was sent")
    return _no_key("invalidApiKey", "This API key is not valid")


def _wrong_scheme(problem: WrongScheme, context: ErrorContext) -> TaskErrors:
    return _no_key("invalidApiKey", "The Authorization header must be of the form 'Bearer <key>'")


def _no_key(code: str, why: str) -> TaskErrors:
    message = f"{why}; keys are made at https://my.runware.ai/signup"
    return 401, [_error(code, message, "apiKey") | {"taskType": "authentication"}]


def _invalid(problem: Invalid, context: ErrorContext) -> TaskErrors:
    return 400, violation_errors(problem.violations, context.task)


def _unknown_model(problem: UnknownModel, context: ErrorContext) -> TaskErrors:
    code = context.choice(behaviours.UNKNOWN_MODEL)
    return 400, [_error(code, f"Invalid value for 'model' parameter. {problem}", "model")]


def _duplicate(problem: Duplicate, context: ErrorContext) -> TaskErrors:
    message = f"A task with taskUUID {problem.task_id} already exists. Use a new one for each task."
    about = {"taskType": context.task.get("taskType"), "taskUUID": problem.task_id, "deliveryMethod": "async"}
    return 400, [_error("conflictTaskUUID", message, "taskUUID", _docs(context.task)) | {"context": about}]


def _moderated(problem: Moderated, context: ErrorContext) -> TaskErrors:
    message = f"Invalid value for 'positivePrompt' parameter. {problem}"
    return 400, [_error("contentPolicyViolation", message, "positivePrompt", _docs(context.task))]


def _bad_json(problem: BadJSON, context: ErrorContext) -> TaskErrors:
    return 400, [_error("invalidJSON", f"The request body is not valid JSON: {problem}")]


def _bad_request(problem: BadRequest, context: ErrorContext) -> TaskErrors:
    return 400, [_error(_code(problem.parameter), str(problem), problem.parameter, _docs(context.task))]


def _upstream_timeout(problem: UpstreamTimeout, context: ErrorContext) -> TaskErrors:
    return 504, [_error(context.choice(behaviours.TIMEOUT_CODE), str(problem))]


def _coded(problem: Coded, context: ErrorContext) -> TaskErrors:
    known = known_error(problem.code, "runware")
    if known is None or not known.answers:
        return _internal(problem, context)
    return _known(known, problem.message or known.message, context)


RENDERERS: Renderers[ErrorContext, TaskErrors] = Renderers(
    {
        Problem: _internal,
        WrongScheme: _wrong_scheme,
        Unauthorized: _unauthorized,
        Invalid: _invalid,
        UnknownModel: _unknown_model,
        Duplicate: _duplicate,
        Moderated: _moderated,
        BadJSON: _bad_json,
        BadRequest: _bad_request,
        UpstreamTimeout: _upstream_timeout,
        Coded: _coded,
        NoBalance: _named("insufficientCredits"),
        Locked: _named("accountSuspended"),
        NoSuchJob: _named("taskNotFound"),
        NoRoute: _named("notFound"),
        WrongMethod: _named("methodNotAllowed"),
        TooLarge: _named("requestTooLarge"),
        TooMany: _named("rateLimitExceeded"),
        Unavailable: _named("serviceUnavailable"),
    }
)


def _known(known: KnownError, message: str, context: ErrorContext) -> TaskErrors:
    """The error *known*, as Runware's list of errors has it, with *message*."""
    parameter = known.parameters if len(known.parameters) > 1 else "".join(known.parameters)
    return known.status, [{**_error(known.code, message, parameter, _docs(context.task)), **known.beside}]


def _code(parameter: str | None) -> str:
    if parameter is None:
        return "invalidRequest"
    if parameter == "taskType":
        return "unsupportedTaskType"
    return f"invalid{parameter[0].upper()}{parameter[1:]}"


def _docs(task: Mapping[str, Any]) -> str | None:
    """The URL of the documentation of the task's model, or ``None``."""
    known = {model.id: model.docs for model in models("runware")}
    model = task.get("model")
    return known.get(model) if isinstance(model, str) else None


def _error(code: str, message: str, parameter: str | Sequence[str] | None = None, docs: str | None = None) -> ErrorItem:
    error: ErrorItem = {"code": code, "message": message}
    if parameter:
        error["parameter"] = parameter
        if docs:
            first = parameter if isinstance(parameter, str) else parameter[0]
            error["documentation"] = f"{docs}#request-{first.lower().replace('.', '-')}"
    return error


def _violation(violation: Violation, docs: str | None) -> ErrorItem:
    """*violation* as an error object. A rule over several parameters names them all, and links to the first."""
    limits = dict(violation.limits)
    own = ".".join(part for part in violation.path if isinstance(part, str))[:ECHO_LIMIT]
    names = limits.pop("parameters", None) or [own or "task"]
    quoted = ", ".join(f"'{name}'" for name in names)
    why = violation.message[:1].upper() + violation.message[1:].rstrip(".")
    message = (
        f"Invalid value for {quoted} parameter{'s' if len(names) > 1 else ''}. {why}{'' if why[-1] == '?' else '.'}"
    )
    parameter = names[0] if len(names) == 1 else list(names)
    return _error(violation.code or "invalidParameter", message, parameter, docs) | limits
