"""The tasks of Runware's API by type, with their handlers, which HTTP and WebSocket share."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

from vidmock.engine.faults.rules import Struck
from vidmock.engine.faults.target import Operation
from vidmock.engine.jobs.job import Job, Webhook
from vidmock.engine.service.engine import Engine
from vidmock.engine.service.submission import Submission
from vidmock.engine.world.world import World
from vidmock.problems import BadRequest, Coded, Duplicate, Invalid, NoSuchJob, Problem, Unauthorized, report_defect
from vidmock.providers.exchange.call import Call
from vidmock.providers.exchange.call_faults import SOCKET_METHOD
from vidmock.providers.exchange.envelope import json_type
from vidmock.providers.exchange.judging import found_in, judged
from vidmock.providers.runware import behaviours
from vidmock.providers.runware.account import account_management, model_search
from vidmock.providers.runware.errors import ECHO_LIMIT, render_task
from vidmock.providers.runware.request import RunwareNotes, Task, TaskAnswer
from vidmock.providers.runware.storage import RunwareStorage
from vidmock.providers.runware.task_types import answers_at_once, encloses_files, takes_tasks, task_types_of
from vidmock.providers.runware.utility_tasks import check_utility_task, use_id
from vidmock.schema.letter_case import in_documented_case
from vidmock.schema.unknown_kind import TASK_TYPES
from vidmock.schema.validate import find_violations

TASK_OPERATIONS: Mapping[str, Operation] = {
    **dict.fromkeys(TASK_TYPES, "submit"),
    "getResponse": "poll",
    "imageUpload": "upload",
    "mediaStorage": "upload",
    "accountManagement": "account",
    "modelSearch": "list",
}
"""The operation of each task type; the others have none."""

ResultsOf = Callable[[World, Job, float, str], TaskAnswer]
"""Gives the results of a job of a world at a moment, as items of a ``taskType``."""


def is_authentication(task: object) -> bool:
    return isinstance(task, dict) and task.get("taskType") == "authentication"


class Tasks:
    """The handlers of all task types."""

    def __init__(self, engine: Engine, storage: RunwareStorage, results: ResultsOf) -> None:
        self._engine = engine
        self._results, self._storage = results, storage
        self._kinds: Mapping[str, Callable[[Task], Awaitable[TaskAnswer]]] = {
            "getResponse": self._get_response,
            "getTaskDetails": self._get_task_details,
            "imageUpload": storage.image_upload,
            "mediaStorage": storage.media_storage,
            "accountManagement": account_management,
            "modelSearch": model_search,
            "ping": self._ping,
        }

    async def work(self, call: Call, task: object, batch: list[object]) -> TaskAnswer:
        """The answer to *task*, results or errors.

        Raises:
            Unauthorized: the call has no key, or a refused one.
            Struck: a fault struck before the task did anything, and makes the answer.
        """
        struck = call.effect
        try:
            return await self._outcome(call, task, batch)
        except (Unauthorized, Struck):
            raise
        except Exception as error:  # noqa: BLE001 - a defect of this server is printed, and answered in the dialect
            return render_task(report_defect(error), call.context(task))
        finally:
            # Of several faults in a batch, the first changes the answer.
            call.meet(struck or call.effect)

    async def _outcome(self, call: Call, task: object, batch: list[object]) -> TaskAnswer:
        """The answer to *task*. Raises as :meth:`work` does, and whatever a defect raises."""
        world = call.world
        try:
            if not isinstance(task, dict):
                raise BadRequest(f"Each task must be an object, not {json_type(task)}.")
            kind = task.get("taskType")
            handler = self._handler(world, kind) if isinstance(kind, str) else None
            if handler is None:
                raise Coded(
                    "unsupportedTaskType", about={"supported": (*task_types_of(world.settings.catalog), *self._kinds)}
                )
            call.perform(TASK_OPERATIONS.get(str(kind), ""))
            about = Task(call, task, batch)
            check_utility_task(str(kind), about)
            outcome = await handler(about)
            call.answered(part=True)
            use_id(str(kind), about)
            return outcome
        except (Unauthorized, Struck):
            raise
        except Problem as problem:
            call.notice(problem)
            outcome = render_task(problem, call.context(task))
            job = world.jobs.get(problem.task_id) if isinstance(problem, Duplicate) else None
            if job and job.provider == "runware":
                notes = replace(RunwareNotes.of(job.notes), refused=tuple(outcome.errors))
                self._engine.note(world, job, notes)
            return outcome

    def _handler(self, world: World, kind: str) -> Callable[[Task], Awaitable[TaskAnswer]] | None:
        """What works at tasks of that *kind* in *world*."""
        return self._inference if takes_tasks(world.settings.catalog, kind) else self._kinds.get(kind)

    async def _inference(self, task: Task) -> TaskAnswer:
        fields, world = task.fields, task.world
        kind = str(fields["taskType"])
        # Some of the smaller tasks have a model of their own.
        named = task.text("model") if "model" in fields or kind in task_types_of(world.settings.catalog) else kind
        # Cut off, because looking for similar names takes long for a long name.
        model = world.settings.catalog.find("runware", named[:ECHO_LIMIT], given=fields)
        if world.choice(behaviours.OUTPUT_FORMAT) == "any":
            fields = in_documented_case(model, fields)
        if task.dry:
            if violations := await found_in(task.call, lambda: find_violations(model, fields)):
                raise Invalid(violations)
            return task.answered()
        hook = fields.get("webhookURL")
        wanted = Submission(
            world,
            model,
            fields,
            task.call.origin,
            id=fields.get("taskUUID"),
            again=world.choice(behaviours.DUPLICATE) == "running",
            apart=True,
            enclosed=encloses_files(model, fields),
            webhook=Webhook(hook) if hook else None,
            notes=RunwareNotes(tuple(task.batch)),
            weight=task.call.weight // len(task.batch),
            socket=task.call.request.method == SOCKET_METHOD,
            sent=task.fields,
        )
        job = task.call.submit(await judged(task.call, wanted))
        self._storage.use(task)
        if answers_at_once(model, fields):
            job = await task.call.wait(job, math.inf)
            return _without_status(self._results(world, job, task.call.now, kind))
        return task.answered()

    async def _get_response(self, task: Task) -> TaskAnswer:
        """The results so far; for an unknown task no items, or the error that ``runware.unknown_task`` asks for."""
        world, task_id = task.world, task.id
        try:
            job = await task.call.look(self._job(task, task_id), tell=False)
        except NoSuchJob:
            if world.choice(behaviours.UNKNOWN_TASK) == "error":
                raise
            return TaskAnswer()
        if (notes := RunwareNotes.of(job.notes)).refused:
            job = self._engine.note(world, job, replace(notes, refused=None))
        model = world.settings.catalog.find("runware", job.model, given=job.input)
        if answers_at_once(model, job.input) and job.ended(task.call.now):
            # Observed: what a task was answered with is not there a second time.
            return TaskAnswer()
        task.call.tell(job)
        original = world.choice(behaviours.POLL_TYPE) == "original"
        task_type = str(job.input["taskType"]) if original else "getResponse"
        return self._results(world, job, task.call.now, task_type)

    async def _get_task_details(self, task: Task) -> TaskAnswer:
        """The batch that the task came in, and the last answer for its id, also to a refused task with the same id."""
        job = self._job(task, task.id)
        notes = RunwareNotes.of(job.notes)
        response: dict[str, Any]
        if notes.refused:
            response = {"errors": notes.refused}
        else:
            results = self._results(task.world, job, task.call.now, str(job.input["taskType"]))
            task.call.tell(job)
            response = {"data": results.data} if not results.errors else {"errors": results.errors}
        return task.answered(request=notes.batch, response=response)

    async def _ping(self, task: Task) -> TaskAnswer:
        return TaskAnswer(({"taskType": "ping", "pong": True},))

    def _job(self, task: Task, task_id: str) -> Job:
        _, job = task.call.job(task_id)
        return job


def _without_status(answer: TaskAnswer) -> TaskAnswer:
    """*answer* to a task itself: the ``status`` is for polls (documented: the response of the pages' schemas)."""
    items = tuple({name: value for name, value in item.items() if name != "status"} for item in answer.data)
    return replace(answer, data=items)
