"""What could not be kept, and whose client was told so, has not happened: not here, and not after a restart."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from starlette.types import Message
from tests.conftest import FAL, House
from tests.control.test_snapshot import saved
from tests.state.redis_server import RedisServer
from tests.state.test_keeper import Full, full, kept_in
from tests.state.test_replicas import joined

from vidmock.state.sqlite_file import SqliteFile
from vidmock.state.store import ChangeBatch

if TYPE_CHECKING:
    from tests.conftest import Wire

__all__ = ["full"]

SUBMIT = f"{FAL}/o1/reference-to-video"
RUN = "/fal/run/fal-ai/kling-video/o1/reference-to-video"
BODY = {"prompt": "a kite"}
CONTROL = "/_vidmock"


class Filled(SqliteFile):
    """A file on a disk that has no room for a page more while it is *full*."""

    full = False

    def write(self, batch: ChangeBatch) -> Collection[str]:
        pages = self._file.execute("PRAGMA page_count").fetchone()[0] if self.full else 2**30
        self._file.execute(f"PRAGMA max_page_count = {pages}")
        return super().write(batch)


def jobs(house: House) -> Any:
    return house.get(f"{CONTROL}/jobs?key=a-key").json()["jobs"]


def money(house: House) -> Any:
    return house.get(f"{CONTROL}/ledger?key=a-key").json()["total"]


def lasting(house: House) -> dict[str, Any]:
    """What an answer promises of all worlds: calls and what was looked at are kept a moment later."""
    observed = ("journal", "labelled", "handover", "limits")
    worlds = house.app.engine.worlds
    return {world.key: {k: v for k, v in saved(house, world.key).items() if k not in observed} for world in worlds}


def test_a_job_that_a_full_disk_refuses_does_not_exist_and_the_next_one_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wire: Wire
) -> None:
    monkeypatch.setattr("vidmock.state.keeper.LATER_SECONDS", 0)
    monkeypatch.setattr("tests.state.test_keeper.SqliteFile", Filled)
    with kept_in(tmp_path / "kept") as kept:
        house = kept.house
        wire.submit(house)
        before = lasting(house), jobs(house), money(house)
        Filled.full = True
        try:
            # As many as it takes to fill the pages that the file has already.
            for _ in range(50):
                answer = house.post(wire.submit_path, fresh(wire))
                if answer.status_code != 200:
                    break
                before = lasting(house), jobs(house), money(house)
            assert (answer.status_code, answer.text.count("database or disk is full")) == (503, 1)
            assert (lasting(house), jobs(house), money(house)) == before
        finally:
            Filled.full = False
        house.run(until_kept(kept.lines))
        wire.submit(house)
        there = lasting(house)
        assert len(jobs(house)) == len(before[1]) + 1
    with kept_in(tmp_path / "kept") as kept:
        assert lasting(kept.house) == there


def fresh(wire: Wire) -> Any:
    return [wire.body[0] | {"taskUUID": next(IDS)}] if isinstance(wire.body, list) else wire.body


IDS = (f"00000000-0000-4000-8000-{number:012}" for number in range(10**6, 10**7))


async def call(house: House) -> None:
    house.world().number_call()


async def until_told(lines: list[str]) -> None:
    async with asyncio.timeout(60):
        while not lines:
            await asyncio.sleep(0)


async def until_kept(lines: list[str]) -> None:
    async with asyncio.timeout(60):
        while "the state can be kept again" not in lines:
            await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", f"{FAL}/requests/JOB/cancel", None),
        ("POST", f"{CONTROL}/clock/advance", {"by": "1h"}),
        ("POST", f"{CONTROL}/worlds/reset", None),
        ("DELETE", f"{CONTROL}/worlds?key=a-key", None),
        ("POST", f"{CONTROL}/worlds", {"key": "another"}),
        ("POST", f"{CONTROL}/worlds/fork?key=a-key", {"to": "another"}),
        ("POST", f"{CONTROL}/faults?key=a-key", {"effect": "lost", "phase": "after"}),
    ],
    ids=["cancel", "advance", "reset", "delete", "create", "fork", "fault"],
)
def test_whatever_is_refused_leaves_all_worlds_as_they_were(
    house: House, full: Full, method: str, path: str, body: Any
) -> None:
    job = house.post(SUBMIT, BODY).json()["request_id"]
    before, shown = lasting(house), house.get(f"{CONTROL}/clock").json()["new_worlds"]
    full.full = True
    answer = house.ask(method, path.replace("JOB", job), **({} if body is None else {"json": body}))
    assert (answer.status_code, answer.text) == (503, "the disk is full\n")
    assert (lasting(house), house.get(f"{CONTROL}/clock").json()["new_worlds"]) == (before, shown)
    full.full = False
    house.run(full.tried_again())
    assert house.ask(method, path.replace("JOB", job), **({} if body is None else {"json": body})).is_success
    assert lasting(house) != before


def test_a_key_whose_first_job_is_refused_has_no_world(house: House, full: Full) -> None:
    full.full = True
    assert house.post(SUBMIT, BODY).status_code == 503
    assert house.app.engine.worlds.known("a-key") is None


def test_a_call_that_waits_in_a_world_of_which_something_is_undone_is_told_so(house: House, full: Full) -> None:
    house.post(SUBMIT, BODY)
    waiting = house.begin("POST", RUN, json=BODY)
    full.full = True
    assert house.post(SUBMIT, BODY).status_code == 503
    answer = house.finish(waiting)
    assert (answer.status_code, answer.text) == (503, "the disk is full\n")


def test_a_stream_that_has_begun_breaks(house: House, full: Full) -> None:
    job = house.post(SUBMIT, BODY).json()["request_id"]
    stream = house.begin("GET", f"{FAL}/requests/{job}/status/stream")
    full.full = True
    assert house.post(SUBMIT, BODY).status_code == 503
    with pytest.raises(ConnectionResetError):
        house.finish(stream)


class Frames:
    """A WebSocket's client: what it says, and what it was told."""

    def __init__(self) -> None:
        self.told: list[Message] = []
        self._said: asyncio.Queue[Message] = asyncio.Queue()
        self._said.put_nowait({"type": "websocket.connect"})

    def say(self, *tasks: object) -> None:
        self._said.put_nowait({"type": "websocket.receive", "text": json.dumps(tasks)})

    async def receive(self) -> Message:
        return await self._said.get()

    async def send(self, message: Message) -> None:
        self.told.append(message)


def test_a_socket_that_was_open_is_closed_with_the_next_frame(house: House, full: Full) -> None:
    scope = {"type": "websocket", "path": "/runware/v1", "scheme": "ws", "headers": [], "query_string": b""}

    async def until(frames: Frames, kind: str) -> None:
        async with asyncio.timeout(60):
            while not any(message["type"] == kind for message in frames.told):
                await asyncio.sleep(0)

    async def talk() -> list[Message]:
        frames = Frames()
        there = asyncio.ensure_future(house.app(scope, frames.receive, frames.send))
        frames.say({"taskType": "authentication", "apiKey": "a-key"})
        await until(frames, "websocket.send")
        full.full = True
        assert (await house._ask("POST", SUBMIT, "a-key", {"json": BODY})).status_code == 503
        frames.say({"taskType": "ping", "ping": True})
        await until(frames, "websocket.close")
        there.cancel()
        await asyncio.gather(there, return_exceptions=True)
        return frames.told

    told = house.run(talk())
    assert [message["type"] for message in told] == ["websocket.accept", "websocket.send", "websocket.close"]
    assert told[-1]["code"] == 1011


def test_what_cannot_be_read_again_is_not_made_up_and_is_there_once_it_can(house: House, full: Full) -> None:
    house.post(SUBMIT, BODY)
    full.full = full.gone = True
    assert house.post(SUBMIT, BODY).status_code == 503
    refused = house.get(f"{CONTROL}/jobs?key=a-key")
    assert refused.status_code == 503
    assert refused.text in ("the disk is full\n", "the disk is gone\n")
    full.full = full.gone = False
    house.run(full.tried_again())
    assert len(jobs(house)) == 1
    assert house.post(SUBMIT, BODY).status_code == 200


async def until_read(house: House) -> None:
    async with asyncio.timeout(60):
        while house.app.engine.worlds.known("a-key") is None:
            await asyncio.sleep(0)


def test_what_nobody_was_told_of_is_tried_again_and_not_undone(house: House, full: Full) -> None:
    house.post(SUBMIT, BODY)
    world = house.world()
    full.full = True
    # The end of a job, of which no client has asked yet.
    house.advance(600)
    # What is only observed is kept by itself, and all else with it.
    house.run(call(house))
    house.run(until_told(full.lines))
    assert house.world() is world
    full.full = False
    house.run(full.tried_again())
    assert house.world() is world


@pytest.fixture
def replica(redis_server: RedisServer) -> Iterator[House]:
    with joined(redis_server) as house:
        yield house


def test_a_job_that_redis_does_not_take_does_not_exist_once_redis_is_back(
    redis_server: RedisServer, replica: House, wire: Wire
) -> None:
    wire.submit(replica)
    before = lasting(replica), money(replica)
    redis_server.kill()
    try:
        refused = replica.post(wire.submit_path, fresh(wire)).status_code
    finally:
        redis_server.start()
    assert refused == 503
    while replica.get(f"{CONTROL}/ledger?key=a-key").status_code == 503:
        pass
    assert (lasting(replica), money(replica)) == before
    while (answer := replica.post(wire.submit_path, fresh(wire))).status_code == 503:
        pass
    assert (answer.status_code, len(jobs(replica))) == (200, 2)


def test_a_world_that_was_undone_is_claimed_again_though_nobody_asks(redis_server: RedisServer) -> None:
    with joined(redis_server, seconds=0.4) as house:
        house.post(SUBMIT, BODY)
        redis_server.kill()
        try:
            assert house.post(SUBMIT, BODY).status_code == 503
        finally:
            redis_server.start()
        house.run(until_read(house))
        assert len(house.world().jobs) == 1


def test_a_file_that_nothing_can_be_written_to_says_so_for_an_empty_batch(tmp_path: Path) -> None:
    file = SqliteFile(tmp_path / "kept")
    before = (tmp_path / "kept-wal").stat().st_size
    file.write(ChangeBatch((), ()))
    assert (tmp_path / "kept-wal").stat().st_size > before
    file._file.execute("PRAGMA query_only = on")
    with pytest.raises(Exception, match="cannot be kept") as lost:
        file.write(ChangeBatch((), ()))
    assert isinstance(lost.value.__cause__, sqlite3.Error)
    file.close()
