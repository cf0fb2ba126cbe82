"""What is kept is what the worlds hold; a server that begins from it goes on as if nothing had been."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import SETTINGS, WIRES, House
from tests.control.test_snapshot import STEPS, Story, saved

from vidmock.engine.world.settings import Settings
from vidmock.state.keeper import StateKeeper
from vidmock.state.sqlite_file import SqliteFile
from vidmock.state.store import ChangeBatch, KeptPart, PartChange, StateLost

if TYPE_CHECKING:
    from tests.conftest import Wire


def timeless(house: House) -> House:
    """*house*, where those who judge what is signed live in its worlds' time."""
    house.app.engine.worlds.on_open(lambda world: world.clock.live_by(lambda: True))
    return house


class Kept:
    """A house whose worlds are kept in the file at *path*; ``lines`` are what whoever runs it was told."""

    def __init__(self, path: Path, settings: Settings = SETTINGS) -> None:
        self.house = timeless(House(settings))
        self.lines: list[str] = []
        self._keeper = StateKeeper(self.house.app.engine, SqliteFile(path), self.lines.append)
        self.house.run(self._keeper.__aenter__())
        self.house.app.keep_by(self._keeper)

    def settle(self) -> None:
        self.house.run(self._keeper.settled())

    def end(self) -> None:
        self.house.run(self._keeper.__aexit__())
        self.house.close()


@contextmanager
def kept_in(path: Path, settings: Settings = SETTINGS) -> Iterator[Kept]:
    kept = Kept(path, settings)
    try:
        yield kept
    finally:
        kept.end()


def kept_worlds(path: Path) -> dict[str, Any]:
    """The snapshots of all worlds in the file at *path*, which nobody uses."""
    with kept_in(path) as kept:
        return {world.key: saved(kept.house, world.key) for world in kept.house.app.engine.worlds}


@settings(max_examples=25)
@given(st.lists(STEPS, min_size=1, max_size=25))
def test_whatever_happens_a_restart_finds_the_same_worlds(
    tmp_path_factory: pytest.TempPathFactory, steps: list[Any]
) -> None:
    path = tmp_path_factory.mktemp("state") / "kept"
    with kept_in(path) as kept:
        story = Story(kept.house)
        for step in steps:
            story.tell(step)
        there = {world.key: saved(kept.house, world.key) for world in kept.house.app.engine.worlds}
    assert kept_worlds(path) == there


@settings(max_examples=15)
@given(st.lists(STEPS, min_size=1, max_size=12), st.lists(STEPS, min_size=1, max_size=12))
def test_clients_and_receivers_see_no_restart(
    tmp_path_factory: pytest.TempPathFactory, before: list[Any], after: list[Any]
) -> None:
    path = tmp_path_factory.mktemp("state") / "kept"
    whole = timeless(House())
    in_one = Story(whole)
    for step in (*before, *after):
        in_one.tell(step)
    with kept_in(path) as kept:
        story = Story(kept.house)
        for step in before:
            story.tell(step)
    with kept_in(path) as kept:
        again = story.copy(kept.house)
        for step in after:
            again.tell(step)
    assert story.seen + again.seen == in_one.seen
    whole.close()


ANOTHER_ID = "00000000-0000-4000-8000-0000000000ff"
UNAVAILABLE = {"runpod": 503, "runware": 503, "fal": 503, "eachlabs": 503}
"""Each provider's status where it has no capacity."""


class Full:
    """A store that keeps nothing while it is *full*, and reads nothing while it is *gone*."""

    def __init__(self, path: Path) -> None:
        self.full = self.gone = False
        self.lines: list[str] = []
        """What whoever runs the server was told."""
        self.batches: list[ChangeBatch] = []
        self._file = SqliteFile(path)

    def write(self, batch: ChangeBatch) -> Collection[str]:
        if self.full:
            raise StateLost("the disk is full")
        self.batches.append(batch)
        return self._file.write(batch)

    async def tried_again(self) -> None:
        """Until something more than before was kept."""
        async with asyncio.timeout(60):
            while self.lines[-1] != "the state can be kept again":
                await asyncio.sleep(0)

    def worlds(self) -> Iterator[Any]:
        return iter(())

    def world(self, key: str) -> Sequence[KeptPart]:
        if self.gone:
            raise StateLost("the disk is gone")
        return self._file.world(key)

    def close(self) -> None:
        self._file.close()


@pytest.fixture
def full(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Full]:
    """A store that can be full, by which *house* is kept."""
    # A test tries again when it wants to.
    monkeypatch.setattr("vidmock.state.keeper.LATER_SECONDS", 0)
    store = Full(tmp_path / "kept")
    keeper = StateKeeper(house.app.engine, store, store.lines.append)
    house.run(keeper.__aenter__())
    house.app.keep_by(keeper)
    yield store
    store.full = store.gone = False
    house.run(keeper.__aexit__())


def test_an_answer_leaves_once_what_it_says_is_kept(house: House, full: Full, wire: Wire) -> None:
    job = wire.submit(house)
    kept = {(change.part, change.name) for batch in full.batches for change in batch.changes}
    assert {("job", job), ("line", job), ("due", f"job {job}")} <= kept


def test_how_long_batches_took_is_counted_and_how_many_failed(house: House, full: Full, wire: Wire) -> None:
    times = house.app.engine.worlds.store_times
    wire.submit(house)
    assert [*times][-1][1] == len(full.batches) > 0
    assert times.seconds > 0
    full.full = True
    house.post("/_vidmock/clock/advance", {"by": 1})
    assert times.failed


def test_nobody_waits_for_ever_where_what_follows_a_kept_batch_fails(
    house: House, full: Full, wire: Wire, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(self: StateKeeper, closed: Collection[str], gone: Collection[str]) -> None:
        raise ZeroDivisionError("of the test")

    with monkeypatch.context() as patch:
        patch.setattr(StateKeeper, "_written", fail)
        wire.submit(house)
    assert "ZeroDivisionError: of the test" in capsys.readouterr().err
    wire.look(house, wire.submit(house))


def test_a_look_that_changes_nothing_waits_for_nothing(house: House, full: Full, wire: Wire) -> None:
    job = wire.submit(house)
    before = len(full.batches)
    full.full = True
    assert wire.look(house, job).status_code != 503
    assert len(full.batches) == before


def test_a_client_whose_job_cannot_be_kept_is_told_503(house: House, full: Full, wire: Wire) -> None:
    full.full = True
    answer = house.post(wire.submit_path, wire.body)
    assert (answer.status_code, answer.text) == (503, "the disk is full\n")


def test_nothing_is_accepted_while_it_could_be_lost_and_then_it_is_again(house: House, full: Full, wire: Wire) -> None:
    wire.submit(house)
    full.full = True
    house.post("/_vidmock/clock/advance", {"by": 1})
    jobs = len(house.world().jobs)
    body = [task | {"taskUUID": ANOTHER_ID} for task in wire.body] if isinstance(wire.body, list) else wire.body
    refused = house.post(wire.submit_path, body)
    assert refused.status_code == UNAVAILABLE[wire.name]
    assert len(house.world().jobs) == jobs
    full.full = False
    house.run(full.tried_again())
    wire.submit(house)
    assert len(house.world().jobs) == jobs + 1


def test_a_webhook_that_could_not_be_kept_has_not_left_and_is_no_attempt(
    house: House, full: Full, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vidmock.server.settled_answers._AGAIN_SECONDS", 0)
    times = house.app.engine.worlds.store_times
    house.post(f"{WIRES[2].submit_path}?fal_webhook=http://127.0.0.1/hook", WIRES[2].body)
    full.full = True

    async def story() -> int:
        passing = asyncio.ensure_future(house.world().clock.advance(600))
        async with asyncio.timeout(60):
            while times.failed < 3:
                await asyncio.sleep(0)
            before = len(house.receiver.messages)
            full.full = False
            await passing
        return before

    assert house.run(story()) == 0
    [delivery] = house.world().outbox
    assert ([attempt.status for attempt in delivery.attempts], len(house.receiver.messages)) == ([200], 1)


def test_what_came_of_a_webhook_is_kept_though_nobody_asks(house: House, full: Full) -> None:
    house.receiver.statuses = [500]
    house.post(f"{WIRES[2].submit_path}?fal_webhook=http://127.0.0.1/hook", WIRES[2].body)
    house.run(house.world().clock.advance(86_400))
    [delivery] = house.world().outbox
    last = delivery.attempts[-1]

    async def story() -> None:
        async with asyncio.timeout(60):
            while not any(f'"at":{last.at}' in (change.value or "") for change in of_deliveries()):
                await asyncio.sleep(0)

    def of_deliveries() -> Iterator[PartChange]:
        return (change for batch in full.batches for change in batch.changes if change.part == "delivery")

    house.run(story())


def test_nobody_has_time_pass_while_nothing_can_be_kept(house: House, full: Full, wire: Wire) -> None:
    wire.submit(house)
    full.full = True
    house.post("/_vidmock/clock/advance", {"by": 1})
    now = house.world().clock.now()
    refused = [house.post(f"/_vidmock/clock/advance{query}", {"by": 1}) for query in ("", "?key=a-key")]
    assert [(answer.status_code, "the disk is full" in answer.text) for answer in refused] == [(503, True)] * 2
    assert house.world().clock.now() == now


def test_a_world_that_is_reset_forked_or_replaced_is_kept_as_it_is_then(tmp_path: Path, wire: Wire) -> None:
    with kept_in(tmp_path / "kept") as kept:
        wire.submit(kept.house)
        assert kept.house.post("/_vidmock/worlds/fork?key=a-key", {"to": "b-key"}).status_code < 300
        kept.house.advance(30, "b-key")
        wire.submit(kept.house, "b-key")
        assert kept.house.post("/_vidmock/worlds/reset?key=a-key").status_code < 300
        there = {world.key: saved(kept.house, world.key) for world in kept.house.app.engine.worlds}
    assert kept_worlds(tmp_path / "kept") == there
