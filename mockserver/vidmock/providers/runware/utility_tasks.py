"""The parameters of the tasks that make nothing: from the types of the official Python SDK 1.8.0, and the pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from vidmock.problems import Duplicate, Invalid
from vidmock.providers.exchange.envelope import is_uuid
from vidmock.providers.runware import behaviours
from vidmock.providers.runware.request import Task
from vidmock.schema.violation import Violation

_COMMON: Final = frozenset({"taskType", "taskUUID"})
PARAMETERS: Mapping[str, frozenset[str]] = {
    "imageUpload": _COMMON | {"image"},
    "mediaStorage": _COMMON | {"operation", "media"},
    "accountManagement": _COMMON
    | {"operation", "startDate", "endDate", "models", "apiKeys", "groupBy", "timezone", "includeCost"},
    "modelSearch": _COMMON
    | {"search", "source", "category", "architecture", "capabilities", "visibility", "limit", "offset", "sort"}
    # Those of the older page, which the official MCP server still sends.
    | {"type", "tags", "conditioning"},
    "getTaskDetails": _COMMON,
}
"""The parameters of each type of task that is checked here."""
NAMES_ANOTHER: Final = frozenset({"getTaskDetails"})
"""The tasks whose taskUUID is that of another task."""
_EXTRA = "additionalProperties"


def check_utility_task(kind: str, task: Task) -> None:
    """Check the names of the parameters of *task*, of type *kind*, and its id.

    The page of each task says of its taskUUID "Must be unique per task". That a used one is refused, as that of a video
    is, is inferred. Where an id is taken only while its task runs, those of utility tasks are free: they end at once.

    Raises:
        Invalid: a parameter that the type does not have, or an id that is no UUID.
        Duplicate: a job has the id, or another task of the request, or an earlier utility task.
    """
    known = PARAMETERS.get(kind)
    if known is None:
        return
    strange = sorted(task.fields.keys() - known)
    found = [
        Violation((name,), _EXTRA, _EXTRA, f"is no parameter of {kind}", "unsupportedParameter") for name in strange
    ]
    task_id = task.fields.get("taskUUID")
    if isinstance(task_id, str) and not is_uuid(task_id):
        found.append(Violation(("taskUUID",), "format", "format", "must be a UUID", "invalidTaskUUID"))
    if found:
        raise Invalid(found)
    if isinstance(task_id, str) and kind not in NAMES_ANOTHER:
        same = [other for other in task.batch if isinstance(other, dict) and other.get("taskUUID") == task_id]
        if len(same) > 1 or _is_taken(task_id, task):
            raise Duplicate(task_id)


def use_id(kind: str, task: Task) -> None:
    """Note that the id of *task*, of type *kind*, which was answered, is taken from now on."""
    if kind in PARAMETERS and kind not in NAMES_ANOTHER and not task.dry:
        task.world.task_ids.use(task.id)


def _is_taken(task_id: str, task: Task) -> bool:
    job, ever = task.world.jobs.get(task_id), task.world.choice(behaviours.DUPLICATE) == "ever"
    return (ever or not job.ended(task.call.now)) if job else (ever and task_id in task.world.task_ids)
