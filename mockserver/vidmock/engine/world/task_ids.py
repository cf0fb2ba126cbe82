"""The ids that a client gave to tasks of a world which made no job: a provider may refuse them the second time."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from typing import Final

from vidmock.engine.memory import Holding

MOST_TASK_IDS: Final = 10_000
"""Ids of one world; beyond that the oldest are forgotten, and can be used again."""
_ID_SIZE: Final = 256
"""Bytes of a UUID as a text, and of what holds it."""


class TaskIds:
    """The newest ids of a world's tasks, counted in *holding*. Those of jobs are with the jobs."""

    kind = "task ids"

    def __init__(self, holding: Holding) -> None:
        self._holding, self._changes = holding, holding.changes
        self._ids: OrderedDict[str, int] = OrderedDict()
        """Each with its stamp."""

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(self._ids))

    def __contains__(self, task_id: object) -> bool:
        return task_id in self._ids

    @property
    def oldest(self) -> int | None:
        """The stamp of the oldest id."""
        return next(iter(self._ids.values()), None)

    def use(self, task_id: str) -> None:
        """Hold *task_id*, a UUID, as the newest."""
        if self._ids.pop(task_id, None) is None:
            self._holding.count(_ID_SIZE)
        self._ids[task_id] = self._holding.stamp()
        if self._changes.on:
            self._changes.renew("task", task_id)
        while len(self._ids) > MOST_TASK_IDS:
            self.give_up()

    def give_up(self) -> None:
        """Forget the oldest id."""
        task_id, _ = self._ids.popitem(last=False)
        if self._changes.on:
            self._changes.note("task", task_id)
        self._holding.count(-_ID_SIZE)

    def restore(self, ids: Iterable[str]) -> None:
        """Hold *ids* besides, the oldest first."""
        for task_id in ids:
            self.use(task_id)
