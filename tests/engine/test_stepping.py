"""A stepped clock: every watcher sees every state, and what a receiver waits for comes by itself."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from itertools import groupby
from typing import TYPE_CHECKING

import pytest

from vidmock.engine.faults.catalog import checked_rule
from vidmock.engine.faults.rules import Effect, FaultRule
from vidmock.engine.jobs.job import State
from vidmock.engine.service import stepping
from vidmock.engine.time.mode import Mode

if TYPE_CHECKING:
    from tests.conftest import House, Wire

HOOK = "http://receiver.test/hook"
ALL = [State.QUEUED, State.RUNNING, State.SUCCEEDED]


class Connection:
    """A client's connection, as far as a look knows it."""

    def __init__(self) -> None:
        self.closed = False

    def is_closing(self) -> bool:
        return self.closed


@pytest.fixture
def stepped(houses: Callable[..., House]) -> House:
    return houses(clock=Mode("step"))


@pytest.fixture
def unwatched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits for a webhook waits no longer than one turn of the event loop."""
    monkeypatch.setattr(stepping, "UNWATCHED", 0.0)


def seen(house: House, job: str, watcher: Connection | None = None) -> State:
    world = house.world()
    found, now = house.run(house.app.engine.look(world, world.jobs[job], watcher=watcher))
    return found.state(now)


def test_two_who_watch_one_job_both_see_all_of_its_states(stepped: House, wire: Wire) -> None:
    job, one, other = wire.submit(stepped), Connection(), Connection()
    told = [(seen(stepped, job, one), seen(stepped, job, other)) for _ in range(3)]
    assert told == [(state, state) for state in ALL]


def test_two_jobs_that_are_watched_in_turn_both_show_all_of_their_states(stepped: House, wire: Wire) -> None:
    jobs = [wire.submit(stepped), wire.submit(stepped)]
    told = [[seen(stepped, job) for job in jobs] for _ in range(3)]
    assert told == [[state, state] for state in ALL]


def test_a_client_with_a_new_connection_for_each_poll_gets_on(stepped: House, wire: Wire) -> None:
    job, told = wire.submit(stepped), []
    for _ in range(3):
        connection = Connection()
        told.append(seen(stepped, job, connection))
        connection.closed = True
    assert told == ALL


def test_a_client_that_opens_connections_and_closes_none_gets_on_too(stepped: House, wire: Wire) -> None:
    job, told = wire.submit(stepped), list[State]()
    while not told or told[-1] is not State.SUCCEEDED:
        told.append(seen(stepped, job, Connection()))
    assert [state for state, _ in groupby(told)] == ALL
    assert len(told) == 2 * stepping.LOOKS_AT_MOST + 1


def test_what_a_world_remembers_of_its_watchers_ends_with_the_job(stepped: House, wire: Wire) -> None:
    job = wire.submit(stepped)
    for _ in range(3):
        seen(stepped, job, Connection())
    held = stepped.app.engine._stepping._shown
    assert [dict(jobs) for jobs in held.values()] == [{job: held[stepped.world()][job]}]
    watcher = Connection()
    for _ in range(3):
        seen(stepped, job, watcher)
    assert [dict(jobs) for jobs in held.values()] == [{}]
    stepped.app.engine.worlds.close("a-key")
    gc.collect()
    assert len(held) == 0


def test_waiting_for_one_job_is_no_time_for_another(stepped: House, wire: Wire) -> None:
    first, second = wire.submit(stepped), wire.submit(stepped)
    world = stepped.world()
    stepped.run(stepped.app.engine.wait(world, world.jobs[first], 90.0))
    assert world.jobs[first].ended(world.clock.now())
    assert seen(stepped, second) is State.QUEUED


@pytest.mark.usefixtures("unwatched")
def test_a_job_with_a_webhook_ends_by_itself_and_is_announced_until_it_is_taken(stepped: House, wire: Wire) -> None:
    stepped.receiver.statuses = [500, 500, 200]

    async def story() -> None:
        body, params = wire.webhook(wire.body, HOOK)
        if isinstance(body, list):
            body = [task | {"taskUUID": "00000000-0000-4000-8000-000000000000"} for task in body]
        await stepped._ask("POST", wire.submit_path, "a-key", {"json": body, "params": params})
        async with asyncio.timeout(60):
            while len(stepped.receiver.messages) < 3:
                await asyncio.sleep(0)

    stepped.run(story())
    (delivery,) = stepped.world().outbox
    assert [attempt.status for attempt in delivery.attempts] == [500, 500, 200]


def test_who_polls_and_has_a_webhook_sees_every_state_too(stepped: House, wire: Wire) -> None:
    job = wire.submit(stepped, webhook=HOOK)
    assert [seen(stepped, job) for _ in range(3)] == ALL
    assert len(stepped.receiver.messages) == 1


@pytest.mark.usefixtures("unwatched")
def test_nothing_goes_on_by_itself_where_nobody_waits_for_a_webhook(stepped: House, wire: Wire) -> None:
    job = wire.submit(stepped)
    stepped.advance(0)
    assert seen(stepped, job) is State.QUEUED
    stepped.advance(0)
    assert stepped.world().jobs[job].state(stepped.world().clock.now()) is State.QUEUED


def test_another_mode_meanwhile_is_left_alone(stepped: House, wire: Wire) -> None:
    async def story() -> None:
        world = stepped.world()
        stepped.app.engine._stepping._begin(world)
        world.clock.set_mode(Mode("manual"))
        for _ in range(20):
            await asyncio.sleep(0)

    wire.submit(stepped, webhook=HOOK)
    stepped.run(story())
    assert stepped.receiver.messages == []


def test_a_job_that_is_put_off_keeps_what_it_has_behind_it(stepped: House, wire: Wire) -> None:
    stepped.world().faults.add(checked_rule(FaultRule("before", Effect("stuck"), times=1)))
    stuck, job = wire.submit(stepped), wire.submit(stepped)
    began = stepped.world().jobs[stuck].created
    for _ in range(3):
        seen(stepped, job)
    assert stepped.world().jobs[stuck].created == began
    assert seen(stepped, stuck) is State.QUEUED
