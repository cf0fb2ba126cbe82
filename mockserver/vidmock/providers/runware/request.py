"""A task of a batch, its answer, and what its job keeps of the request."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from vidmock.engine.codec import plain_field
from vidmock.engine.jobs.notes import Notes, notes_of
from vidmock.engine.world.world import World
from vidmock.problems import BadRequest, Coded
from vidmock.providers.exchange.call import Call
from vidmock.providers.exchange.envelope import json_type

MOST_TASKS: Final = 200
"""The most tasks of a request or message, a limit of ours: more are refused as a whole, before any is looked at."""
TASKS_AT_ONCE: Final = 10
"""So many tasks of a request are worked at before other requests have their turn."""
T = TypeVar("T")
AnswerItems = Sequence[Mapping[str, Any]]


class BadParameter(BadRequest, word="bad_parameter"):
    """A *parameter* of a task has a value that it cannot have; the message says why, as a sentence."""

    parameter: str

    def __init__(self, parameter: str, why: str) -> None:
        super().__init__(why, parameter)
        self.parameters = f"'{parameter}' parameter"


@dataclass(frozen=True, slots=True)
class TaskAnswer:
    """The items and errors that answer a task; *status* is the HTTP status of a batch of only this task."""

    data: AnswerItems = ()
    errors: AnswerItems = ()
    status: int = 200


@notes_of("runware")
@dataclass(frozen=True, slots=True)
class RunwareNotes(Notes):
    """*batch* is the request that the task came in.

    *refused* has the errors of the last task that was refused because it used the same id. The next poll drops them.
    """

    batch: tuple[Any, ...] = ()
    refused: tuple[Mapping[str, Any], ...] | None = plain_field(None, sparse=True)


def tasks_of(value: Any, what: str) -> list[Any]:
    """The tasks of *value*, the JSON of a request or message, which an error calls *what*.

    Raises:
        BadRequest: it is no array.
        Coded: it has more than ``MOST_TASKS``.
    """
    if not isinstance(value, list):
        raise BadRequest(f"{what} must be an array of tasks, not {json_type(value)}.")
    if len(value) > MOST_TASKS:
        raise Coded("too-many-tasks", about={"most": MOST_TASKS, "tasks": len(value)})
    return value


async def in_turns(tasks: Sequence[T]) -> AsyncIterator[T]:
    """*tasks* one by one; after each ``TASKS_AT_ONCE``, other requests have their turn."""
    for number, task in enumerate(tasks, 1):
        yield task
        if number % TASKS_AT_ONCE == 0:
            await asyncio.sleep(0)


@dataclass(frozen=True, slots=True)
class Task:
    """One task of a request: its *fields*, and the *batch* that it came in, without authentication tasks."""

    call: Call
    fields: Mapping[str, Any]
    batch: Sequence[Any]

    @property
    def world(self) -> World:
        return self.call.world

    @property
    def dry(self) -> bool:
        """Whether the task is only to be checked: ``?dryRun`` of the older JavaScript client."""
        return self.call.request.query_params.get("dryRun", "0") not in ("", "0", "false")

    @property
    def id(self) -> str:
        """The task's id. Raises BadParameter: it has none."""
        return self.text("taskUUID")

    def text(self, name: str) -> str:
        """Parameter *name*. Raises BadParameter: it is not a string."""
        value = self.fields.get(name)
        if not isinstance(value, str):
            raise BadParameter(name, f"It must be a string, not {json_type(value)}.")
        return value

    def answered(self, **more: Any) -> TaskAnswer:
        """An answer of one item, with the task's type and id and *more*. Raises BadParameter: the task has no id."""
        return TaskAnswer(({"taskType": self.fields["taskType"], "taskUUID": self.id, **more},))
