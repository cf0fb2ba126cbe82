"""A request of very many tasks is refused as a whole, and one of many lets other requests have their turn."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from vidmock.providers.runware.request import MOST_TASKS, TASKS_AT_ONCE, in_turns
from vidmock.providers.runware.tasks import Tasks

if TYPE_CHECKING:
    from tests.conftest import House

PING = {"taskType": "ping", "ping": True}
PONG = {"taskType": "ping", "pong": True}


@pytest.fixture
def worked_at(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The tasks that were worked at."""
    tasks: list[object] = []
    plain = Tasks.work

    async def counting(self: Tasks, call: Any, task: object, batch: list[object]) -> Any:
        tasks.append(task)
        return await plain(self, call, task, batch)

    monkeypatch.setattr(Tasks, "work", counting)
    return tasks


def test_as_many_tasks_as_are_taken_are_answered(house: House) -> None:
    answer = house.post("/runware/v1", [PING] * MOST_TASKS)
    assert answer.json() == {"data": [PONG] * MOST_TASKS}


@pytest.mark.parametrize("task", [PING, 1, {"taskType": "authentication", "apiKey": "a-key"}], ids=str)
def test_one_more_is_refused_before_any_is_looked_at(house: House, worked_at: list[object], task: object) -> None:
    answer = house.post("/runware/v1", [task] * (MOST_TASKS + 1))
    error = {"code": "requestTooLarge", "message": f"A request has at most {MOST_TASKS} tasks, not {MOST_TASKS + 1}."}
    assert (answer.status_code, answer.json()) == (413, {"data": [], "errors": [error]})
    assert worked_at == []


def test_other_requests_have_their_turn_between_tasks() -> None:
    async def turns() -> int:
        others: list[int] = []
        done: list[object] = []

        async def other() -> None:
            while not done:
                others.append(1)
                await asyncio.sleep(0)

        beside = asyncio.ensure_future(other())
        done.extend([task async for task in in_turns(range(3 * TASKS_AT_ONCE))])
        await beside
        return len(others)

    assert asyncio.run(turns()) == 3
