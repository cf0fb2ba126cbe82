"""One task of a batch on its way, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vidmock.engine.codec import plain_field
from vidmock.engine.jobs.notes import Notes, notes_of
from vidmock.engine.world.world import World
from vidmock.problems import BadRequest
from vidmock.providers.exchange.call import Call
from vidmock.providers.exchange.envelope import json_type

AnswerItems = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class TaskAnswer:
    """The items and errors that answer a task; *status* is the HTTP status that the task would have alone."""

    data: AnswerItems = ()
    errors: AnswerItems = ()
    status: int = 200


@notes_of("runware")
@dataclass(frozen=True, slots=True)
class RunwareNotes(Notes):
    """*batch* is the request that the task came in; *refused* the errors of the last try to use its id again.

    They are told once: a poll of the task ends them.
    """

    batch: tuple[Any, ...] = ()
    refused: tuple[Mapping[str, Any], ...] | None = plain_field(None, sparse=True)


@dataclass(frozen=True, slots=True)
class Task:
    """*task*, brought by *call* together with the rest of *batch* (without a key among them)."""

    call: Call
    task: Mapping[str, Any]
    batch: Sequence[Any]

    @property
    def world(self) -> World:
        return self.call.world

    @property
    def dry(self) -> bool:
        """Whether the task is only to be checked, which the older JavaScript client asks for in the URL."""
        return self.call.request.query_params.get("dryRun", "0") not in ("", "0", "false")

    @property
    def id(self) -> str:
        """The task's id. Raises BadRequest where there is none."""
        return self.text("taskUUID")

    def text(self, name: str) -> str:
        """Parameter *name*. Raises BadRequest where it is not a string."""
        value = self.task.get(name)
        if not isinstance(value, str):
            raise BadRequest(
                f"Invalid value for '{name}' parameter. It must be a string, not {json_type(value)}.", name
            )
        return value

    def answered(self, **more: Any) -> TaskAnswer:
        """One item that names the task and holds *more*."""
        return TaskAnswer(({"taskType": self.task["taskType"], "taskUUID": self.id, **more},))
