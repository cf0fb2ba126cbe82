"""What one submit has written does not grow with what its world has: counted in rows, commands and bytes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.conftest import SETTINGS, WIRES, House
from tests.state.redis_server import RedisServer
from tests.state.test_keeper import kept_in
from tests.state.test_replicas import joined
from tests.state.test_undoing import fresh

from vidmock.state.sqlite_file import SqliteFile
from vidmock.state.store import ChangeBatch

if TYPE_CHECKING:
    from tests.conftest import Wire

FEW, MANY = 10, 1_000
OPTIONS = replace(SETTINGS, keep_exchanges=FEW // 2, behaviours={"eachlabs.limits": "off"})
"""With which the oldest call goes with each, among few as well."""
AT_ONCE = 99
"""Submits that are kept together while the world is filled."""
ROOM = 1.1
"""How much more it may be: numbers and ids have more digits, and pages are split."""


@dataclass(frozen=True)
class Cost:
    """What a submit has written."""

    steps: int
    size: int


Measured = Callable[[Callable[[], None]], Cost]


def costs(house: House, measured: Measured) -> Iterator[tuple[Cost, Cost]]:
    """What a submit costs at each provider, among few jobs and among many."""

    def submit(wire: Wire) -> None:
        assert house.post(wire.submit_path, fresh(wire)).status_code == 200

    async def fill() -> None:
        wires = (WIRES[number % len(WIRES)] for number in range(AT_ONCE))
        asked = [house._ask("POST", wire.submit_path, "a-key", {"json": fresh(wire)}) for wire in wires]
        await asyncio.gather(*asked)

    def each() -> list[Cost]:
        return [measured(partial(submit, wire)) for wire in WIRES]

    while len(house.world().jobs) < FEW:
        for wire in WIRES:
            submit(wire)
    few = each()
    while len(house.world().jobs) < MANY:
        house.run(fill())
    return zip(few, each(), strict=True)


class Counted(SqliteFile):
    """A file that counts the rows, and the bytes, that were written to it."""

    cost = Cost(0, 0)

    def write(self, batch: ChangeBatch) -> Collection[str]:
        values = sum(len(change.value or "") for change in batch.changes)
        Counted.cost = Cost(Counted.cost.steps + len(batch.changes), Counted.cost.size + values)
        return super().write(batch)


def test_a_submit_writes_as_much_to_a_file_among_many_jobs_as_among_few(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What is kept a moment later is not the submit's.
    monkeypatch.setattr("vidmock.state.keeper.LATER_SECONDS", 3600)
    monkeypatch.setattr("tests.state.test_keeper.SqliteFile", Counted)

    def measured(submit: Callable[[], None]) -> Cost:
        Counted.cost = Cost(0, 0)
        submit()
        return Counted.cost

    with kept_in(tmp_path / "kept", OPTIONS) as kept:
        for few, many in costs(kept.house, measured):
            assert 0 < few.steps == many.steps
            assert 0 < few.size * ROOM >= many.size


def test_a_submit_has_redis_do_as_much_among_many_jobs_as_among_few(
    redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vidmock.state.keeper.LATER_SECONDS", 3600)
    with redis_server.client as client, joined(redis_server, seconds=3600, options=OPTIONS) as house:

        def size() -> int:
            return int(client.info("persistence")["aof_current_size"])

        def measured(submit: Callable[[], None]) -> Cost:
            client.config_resetstat()
            before = size()
            submit()
            calls = client.info("commandstats")
            asked = sum(each["calls"] for name, each in calls.items() if name not in OURS)
            return Cost(asked, size() - before)

        for few, many in costs(house, measured):
            assert 0 < few.steps == many.steps
            assert 0 < few.size * ROOM >= many.size


OURS = {"cmdstat_info", "cmdstat_config|resetstat"}
"""The commands by which it is counted."""
