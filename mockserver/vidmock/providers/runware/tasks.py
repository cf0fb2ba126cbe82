"""The kinds of task there are, and the work on each; the same for REST and for WebSockets."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

from vidmock.engine.faults.rules import Struck
from vidmock.engine.faults.target import Operation
from vidmock.engine.jobs.job import Job, Webhook
from vidmock.engine.service.engine import Engine
from vidmock.engine.service.submission import Submission
from vidmock.engine.world.world import World
from vidmock.problems import BadRequest, Duplicate, Invalid, NoSuchJob, Problem, Unauthorized, report_defect
from vidmock.providers.exchange.call import Call
from vidmock.providers.exchange.envelope import json_type
from vidmock.providers.runware import behaviours
from vidmock.providers.runware.account import account_management, model_search
from vidmock.providers.runware.errors import ECHO_LIMIT, render_task
from vidmock.providers.runware.request import RunwareNotes, Task, TaskAnswer
from vidmock.providers.runware.storage import RunwareStorage
from vidmock.schema.catalog import find_model
from vidmock.schema.validate import find_violations

TASK_OPERATIONS: Mapping[str, Operation] = {
    "videoInference": "submit",
    "getResponse": "poll",
    "imageUpload": "upload",
    "mediaStorage": "upload",
}
"""What each kind is in the field's terms."""

ResultsOf = Callable[[World, Job, float, str], TaskAnswer]
"""All results of a job of a world at a moment, as items of that taskType."""


def is_authentication(task: object) -> bool:
    return isinstance(task, dict) and task.get("taskType") == "authentication"


class Tasks:
    def __init__(self, engine: Engine, storage: RunwareStorage, results: ResultsOf) -> None:
        self._engine = engine
        self._results = results
        self._kinds: Mapping[str, Callable[[Task], Awaitable[TaskAnswer]]] = {
            "videoInference": self._video_inference,
            "getResponse": self._get_response,
            "getTaskDetails": self._get_task_details,
            "imageUpload": storage.image_upload,
            "mediaStorage": storage.media_storage,
            "accountManagement": account_management,
            "modelSearch": model_search,
            "ping": self._ping,
        }

    async def work(self, call: Call, task: object, batch: list[object]) -> TaskAnswer:
        """What comes of *task*, good or bad.

        Raises:
            Unauthorized: nobody has said who is calling.
            Struck: a fault leaves no answer at all.
        """
        struck = call.effect
        try:
            return await self._outcome(call, task, batch)
        except (Unauthorized, Struck):
            raise
        except Exception as error:  # noqa: BLE001 - a defect of ours is still answered, and printed
            return render_task(report_defect(error), call.context(task))
        finally:
            # The first fault of a batch is the one that its answer suffers.
            call.meet(struck or call.effect)

    async def _outcome(self, call: Call, task: object, batch: list[object]) -> TaskAnswer:
        """What comes of *task*. Raises as :meth:`work` does, and what nobody has foreseen."""
        world = call.world
        try:
            if not isinstance(task, dict):
                raise BadRequest(f"Each task must be an object, not {json_type(task)}.")
            kind = task.get("taskType")
            handler = self._kinds.get(kind) if isinstance(kind, str) else None
            if handler is None:
                raise BadRequest(f"Unsupported task type. Supported here: {', '.join(self._kinds)}.", "taskType")
            call.perform(TASK_OPERATIONS.get(str(kind), ""))
            outcome = await handler(Task(call, task, batch))
            if call.operation == "upload":
                call.uploaded()
            return outcome
        except (Unauthorized, Struck):
            raise
        except Problem as problem:
            outcome = render_task(problem, call.context(task))
            job = world.jobs.get(problem.task_id) if isinstance(problem, Duplicate) else None
            if job and job.provider == "runware":
                notes = replace(RunwareNotes.of(job.notes), refused=tuple(outcome.errors))
                self._engine.note(world, job, notes)
            return outcome

    async def _video_inference(self, errand: Task) -> TaskAnswer:
        task, world = errand.task, errand.world
        # Cut, because the names nearest to it are looked for, which takes long for a long one.
        model = find_model("runware", errand.text("model")[:ECHO_LIMIT])
        if errand.dry:
            if violations := find_violations(model, task):
                raise Invalid(violations)
            return errand.answered()
        self._make_room(errand)
        hook = task.get("webhookURL")
        errand.call.submit(
            Submission(
                world,
                model,
                task,
                errand.call.origin,
                id=task.get("taskUUID"),
                webhook=Webhook(hook) if hook else None,
                notes=RunwareNotes(tuple(errand.batch)),
            )
        )
        return errand.answered()

    async def _get_response(self, errand: Task) -> TaskAnswer:
        """Nothing at all for a task that is not known (yet), which is no error."""
        world, task_id = errand.world, errand.id
        try:
            job = await errand.call.look(self._job(errand, task_id))
        except NoSuchJob:
            if world.choice(behaviours.UNKNOWN_TASK) == "error":
                raise
            return TaskAnswer()
        if (notes := RunwareNotes.of(job.notes)).refused:
            job = self._engine.note(world, job, replace(notes, refused=None))
        original = world.choice(behaviours.POLL_TYPE) == "original"
        task_type = "videoInference" if original else "getResponse"
        return self._results(world, job, errand.call.now, task_type)

    async def _get_task_details(self, errand: Task) -> TaskAnswer:
        """The batch that a task came in, and the last answer that its id got: a refused repetition's, too."""
        job = self._job(errand, errand.id)
        notes = RunwareNotes.of(job.notes)
        response: dict[str, Any]
        if notes.refused:
            response = {"errors": notes.refused}
        else:
            results = self._results(errand.world, job, errand.call.now, "videoInference")
            response = {"data": results.data} if not results.errors else {"errors": results.errors}
        return errand.answered(request=notes.batch, response=response)

    async def _ping(self, errand: Task) -> TaskAnswer:
        return TaskAnswer(({"taskType": "ping", "pong": True},))

    def _job(self, errand: Task, task_id: str) -> Job:
        _, job = errand.call.job(task_id)
        return job

    def _make_room(self, errand: Task) -> None:
        """Where an id is only taken while its task runs, forget the one that has ended."""
        world, task_id, now = errand.world, errand.task.get("taskUUID"), errand.call.now
        job = world.jobs.get(task_id) if isinstance(task_id, str) else None
        if job and job.ended(now) and world.choice(behaviours.DUPLICATE) == "running":
            self._engine.drop(world, job, now)
