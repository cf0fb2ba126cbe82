"""Ids of tasks that made no job: the newest of a world are held, and count in its memory."""

from __future__ import annotations

import pytest

from vidmock.engine.memory import Holding, Memory
from vidmock.engine.world.task_ids import TaskIds


def test_a_world_holds_its_newest_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vidmock.engine.world.task_ids.MOST_TASK_IDS", 2)
    holding = Holding(base=0)
    ids = TaskIds(holding)
    assert ids.oldest is None
    ids.restore("ab")
    both = holding.held
    for task_id in "ac":
        ids.use(task_id)
    assert (list(ids), "b" in ids) == (["a", "c"], False), "used again, a is newer than b"
    assert holding.held == both > 0


def test_ids_make_room_for_what_is_newer() -> None:
    memory, holding = Memory(1_000), Holding(base=0)
    ids = TaskIds(holding)
    holding.add_store(ids)
    holding.join(memory)
    for number in range(100):
        ids.use(str(number))
    assert "99" in ids
    assert memory.held <= memory.most
    assert memory.dropped == {"task ids": 100 - len(list(ids))}
