"""The engine: submissions are accepted or refused, and jobs are polled, waited for, cancelled, and paid for once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from vidmock.engine.faults.catalog import checked_rule
from vidmock.engine.faults.rules import Effect, FaultRule
from vidmock.engine.jobs.job import State, Webhook
from vidmock.engine.service.engine import Engine
from vidmock.engine.service.submission import Submission
from vidmock.engine.time.mode import Mode
from vidmock.problems import AlreadyEnded, Duplicate, Invalid, NoBalance, NoSuchJob
from vidmock.schema.catalog import find_model

if TYPE_CHECKING:
    from tests.conftest import House

INPUT: dict[str, Any] = {"prompt": "a kite over dunes", "duration": "5"}


def _order(house: House, key: str = "a-key", **more: Any) -> Submission:
    model = find_model("fal", "fal-ai/kling-video/o1/reference-to-video")
    return replace(Submission(house.world(key), model, INPUT, "http://mock.test"), **more)


@pytest.fixture
def engine(house: House) -> Engine:
    return house.app.engine


def test_a_job_is_charged_when_it_is_accepted(house: House, engine: Engine) -> None:
    job = engine.submit(_order(house))
    assert job.cost == Decimal("0.56") == house.world().ledger.spent
    house.advance(3)
    assert house.world().ledger.spent == Decimal("0.56")


def test_everything_is_drawn_at_submission(house: House, engine: Engine) -> None:
    job = engine.submit(_order(house))
    house.advance(100)
    assert house.world().jobs[job.id] == job


def test_states_follow_the_latency_that_was_set(house: House, engine: Engine) -> None:
    job = engine.submit(_order(house))
    assert [step.state for step in job.timeline] == [State.QUEUED, State.RUNNING, State.SUCCEEDED]
    assert [step.at - job.created for step in job.timeline] == [0.0, 1.0, 3.0]


def test_a_strict_provider_refuses_bad_input_and_charges_nothing(house: House, engine: Engine) -> None:
    with pytest.raises(Invalid) as caught:
        engine.submit(_order(house, input={"duration": 7}))
    assert {violation.path for violation in caught.value.violations} == {("prompt",), ("duration",)}
    assert (dict(house.world().jobs), house.world().ledger.jobs) == ({}, 0)


def test_a_lenient_provider_accepts_bad_input_and_fails_the_job_for_nothing(house: House, engine: Engine) -> None:
    job = engine.submit(_order(house, input={}, lenient=True))
    assert [step.state for step in job.timeline] == [State.QUEUED, State.RUNNING, State.FAILED]
    assert job.failure is not None
    assert [violation.keyword for violation in job.failure.violations] == ["required"]
    house.advance(3)
    assert house.world().ledger.spent == 0
    assert job.outputs == ()


def test_a_clients_own_id_is_taken_once(house: House, engine: Engine) -> None:
    engine.submit(_order(house, id="mine"))
    with pytest.raises(Duplicate):
        engine.submit(_order(house, id="mine"))
    house.advance(3)
    with pytest.raises(Duplicate):
        engine.submit(_order(house, id="mine"))
    assert house.world().ledger.jobs == 1


def test_bad_input_is_told_before_a_duplicate_id(house: House, engine: Engine) -> None:
    engine.submit(_order(house, id="mine"))
    with pytest.raises(Invalid):
        engine.submit(_order(house, id="mine", input={}))


@pytest.mark.parametrize(("after", "state"), [(0.0, State.QUEUED), (1.0, State.RUNNING), (2.999, State.RUNNING)])
def test_a_cancelled_job_is_not_billed(house: House, engine: Engine, after: float, state: State) -> None:
    job = engine.submit(_order(house))
    house.advance(after)
    assert job.state(house.world().clock.now()) is state
    assert engine.cancel(house.world(), job).state(house.world().clock.now()) is State.CANCELLED
    house.advance(10)
    ledger = house.world().ledger
    assert (ledger.charged, ledger.refunded, ledger.spent) == (job.cost, job.cost, Decimal(0))
    assert house.world().jobs[job.id].state(house.world().clock.now()) is State.CANCELLED


@pytest.mark.parametrize("again", [False, True], ids=["after success", "after cancelling"])
def test_what_has_ended_cannot_be_cancelled(house: House, engine: Engine, again: bool) -> None:
    job = engine.submit(_order(house))
    if again:
        job = engine.cancel(house.world(), job)
    else:
        house.advance(3)
    spent = house.world().ledger.spent
    with pytest.raises(AlreadyEnded):
        engine.cancel(house.world(), job)
    assert house.world().ledger.spent == spent


def test_a_retry_that_the_budget_does_not_cover_is_refused_and_changes_nothing(house: House, engine: Engine) -> None:
    world = house.world()
    job = engine.force(world, engine.submit(_order(house)), checked_rule(FaultRule("poll", Effect("fail"))).effect)
    world.ledger.set_budget(job.cost)
    other = engine.submit(_order(house))
    with pytest.raises(NoBalance):
        engine.retry(world, job)
    assert (world.jobs[job.id], world.ledger.spent, world.ledger.jobs) == (job, other.cost, 2)
    engine.cancel(world, other)
    assert engine.retry(world, job).attempt == 2
    assert (world.ledger.spent, world.ledger.jobs) == (job.cost, 3)


def test_an_unknown_id_is_no_job(house: House, engine: Engine) -> None:
    with pytest.raises(NoSuchJob, match="expired"):
        engine.find("nobody", house.world())


def test_each_look_under_a_stepped_clock_is_one_state_further(houses: Callable[..., House]) -> None:
    house = houses(clock=Mode("step"))
    engine, world = house.app.engine, house.world()
    job = engine.submit(_order(house, webhook=Webhook("http://receiver/")))
    seen = []
    for _ in range(4):
        job, now = house.run(engine.look(world, job))
        assert now == world.clock.now()
        seen.append(job.state(now))
    assert seen == [State.QUEUED, State.RUNNING, State.SUCCEEDED, State.SUCCEEDED]
    house.run(world.clock.advance(0))
    assert len(house.receiver.messages) == 1


def test_waiting_ends_with_the_job(house: House, engine: Engine) -> None:
    job = engine.submit(_order(house))

    async def story() -> tuple[bool, float]:
        waiting = asyncio.ensure_future(engine.wait(house.world(), job, 90.0))
        await asyncio.sleep(0)
        await house.world().clock.advance(2.999)
        await asyncio.sleep(0)
        early = waiting.done()
        await house.world().clock.advance(0.001)
        await waiting
        return early, house.world().clock.now()

    early, now = house.run(story())
    assert not early
    assert now == pytest.approx(job.ends)


def test_waiting_ends_when_patience_does(house: House, engine: Engine) -> None:
    job = engine.submit(_order(house))

    async def story() -> State:
        waiting = asyncio.ensure_future(engine.wait(house.world(), job, 2.0))
        await asyncio.sleep(0)
        await house.world().clock.advance(2.0)
        waited, now = await waiting
        return waited.state(now)

    assert house.run(story()) is State.RUNNING


def test_waiting_ends_when_somebody_cancels(house: House, engine: Engine) -> None:
    job = engine.submit(_order(house))

    async def story() -> State:
        waiting = asyncio.ensure_future(engine.wait(house.world(), job, 90.0))
        await asyncio.sleep(0)
        engine.cancel(house.world(), job)
        waited, now = await waiting
        return waited.state(now)

    assert house.run(story()) is State.CANCELLED


def test_waiting_for_an_ended_job_does_not_wait(house: House, engine: Engine) -> None:
    job = engine.submit(_order(house))
    house.advance(3)
    assert house.run(engine.wait(house.world(), job, 90.0)) == (job, house.world().clock.now())


def test_waiting_under_a_stepped_clock_goes_to_the_end_at_once(houses: Callable[..., House]) -> None:
    house = houses(clock=Mode("step"))
    job = house.app.engine.submit(_order(house))
    house.run(house.app.engine.wait(house.world(), job, 90.0))
    assert job.state(house.world().clock.now()) is State.SUCCEEDED


def test_a_hundred_waiters_of_one_job_all_hear_of_its_end_and_leave_nothing_behind(
    house: House, engine: Engine
) -> None:
    job = engine.submit(_order(house))

    async def story() -> int:
        waiting = [asyncio.ensure_future(engine.wait(house.world(), job, float("inf"))) for _ in range(100)]
        await asyncio.sleep(0)
        await house.world().clock.advance(3)
        return len(await asyncio.gather(*waiting))

    assert house.run(story()) == 100
    assert house.world().clock.due() is None
