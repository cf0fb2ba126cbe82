"""Runware's errors: each problem as objects with code, message, parameter, limits and a link to the documentation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import Response

from vidmock.problems import Coded, Duplicate, Invalid, Problem, UnknownModel, UpstreamTimeout
from vidmock.providers.exchange.envelope import reply
from vidmock.providers.exchange.refusals import WordedError, refusal, worded
from vidmock.providers.exchange.renderers import ChoiceOf, ErrorContext
from vidmock.providers.runware import behaviours
from vidmock.providers.runware.request import BadParameter, TaskAnswer
from vidmock.schema.catalog import ModelCatalog
from vidmock.schema.errors import find_error
from vidmock.schema.findings import told_findings
from vidmock.schema.violation import Violation

ECHO_LIMIT = 256
"""The most characters of a client's value that an error repeats: a message may have 64 MiB of them."""

ErrorItem = dict[str, Any]


def render_problem(problem: Problem, context: ErrorContext) -> Response:
    """The answer to a request that fails as a whole."""
    answer = render_task(problem, context)
    return reply({"data": [], "errors": answer.errors}, answer.status)


def render_task(problem: Problem, context: ErrorContext) -> TaskAnswer:
    """The answer to the task of *context*, which *problem* made fail. The errors name the task."""
    task = context.task
    named = {key: task[key][:ECHO_LIMIT] for key in ("taskType", "taskUUID") if isinstance(task.get(key), str)}
    if isinstance(problem, Invalid):
        errors = violation_errors(problem.violations, task, context.catalog)
        return TaskAnswer((), tuple(error | named for error in errors), 400)
    error = refusal(_chosen(problem, context.choice), "runware")
    return TaskAnswer((), (_item(problem, error, context) | named,), error.known.status)


def violation_errors(
    violations: Sequence[Violation], task: Mapping[str, Any], catalog: ModelCatalog
) -> list[ErrorItem]:
    """One error object for each of *violations* that is told, in which *task* breaks its schema in *catalog*."""
    docs = _docs(task, catalog)
    return [_violation(violation, docs) for violation in told_findings(violations)]


def job_error(error: WordedError) -> ErrorItem:
    """*error* of a job, without what names its task."""
    return {"code": error.known.code, "message": error.message, **error.more}


def _chosen(problem: Problem, choice: ChoiceOf) -> Problem:
    """*problem*, or the error that a behaviour has chosen for it."""
    if isinstance(problem, UnknownModel):
        return Coded(choice(behaviours.UNKNOWN_MODEL), about=problem.about())
    if isinstance(problem, UpstreamTimeout):
        return Coded(choice(behaviours.TIMEOUT_CODE))
    return problem


def _item(problem: Problem, error: WordedError, context: ErrorContext) -> ErrorItem:
    """The error object for *problem* of the task of *context*."""
    task = context.task
    known, parameter = error.known, getattr(problem, "parameter", None)
    code = f"invalid{_capital(parameter)}" if isinstance(problem, BadParameter) and parameter else known.code
    names = known.parameters or ((parameter,) if parameter else ())
    docs = None if "taskType" in error.more else _docs(task, context.catalog)
    item = _error(code, error.message, names, docs) | error.more
    if isinstance(problem, Duplicate):
        about = {"taskType": task.get("taskType"), "taskUUID": problem.task_id, "deliveryMethod": "async"}
        item["context"] = about
    return item


def _capital(name: str) -> str:
    return f"{name[0].upper()}{name[1:]}"


def _docs(task: Mapping[str, Any], catalog: ModelCatalog) -> str | None:
    """The URL of the documentation of the task's model, or ``None``."""
    known = {model.id: model.docs for model in catalog.models("runware")}
    model = task.get("model")
    return known.get(model) if isinstance(model, str) else None


def _error(code: str, message: str, parameters: Sequence[str], docs: str | None) -> ErrorItem:
    error: ErrorItem = {"code": code, "message": message}
    if parameters:
        error["parameter"] = parameters[0] if len(parameters) == 1 else list(parameters)
        if docs:
            error["documentation"] = f"{docs}#request-{parameters[0].lower().replace('.', '-')}"
    return error


def _named(names: Sequence[str]) -> str:
    """*names* as a message has them: ``'width', 'height' parameters``."""
    quoted = ", ".join(f"'{name}'" for name in names)
    return f"{quoted} parameter{'s' if len(names) > 1 else ''}"


def _violation(violation: Violation, docs: str | None) -> ErrorItem:
    """*violation* as an error object. A rule over several parameters names them all, and links to the first."""
    limits = dict(violation.limits)
    own = ".".join(part for part in violation.path if isinstance(part, str))[:ECHO_LIMIT]
    names: Sequence[str] = limits.pop("parameters", None) or [own or "task"]
    why = violation.message[:1].upper() + violation.message[1:].rstrip(".")
    about = {"parameters": _named(names), "why": f"{why}{'' if why[-1] == '?' else '.'}"}
    error = worded(find_error("invalidParameter", "runware"), about)
    return _error(violation.code or error.known.code, error.message, names, docs) | limits
