"""Deliveries in virtual time: each provider's own plan, and no receiver in another's way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from itertools import accumulate, takewhile
from typing import TYPE_CHECKING

import pytest

from vidmock.engine.faults.catalog import checked_rule
from vidmock.engine.faults.rules import Effect, FaultRule
from vidmock.engine.jobs.job import State
from vidmock.engine.jobs.timeline import Latency
from vidmock.engine.service.webhook_sender import WebhookSender
from vidmock.engine.time.mode import Mode
from vidmock.engine.webhooks.delivery import Delivery, Message, ReceiverAnswer, RetryPlan
from vidmock.engine.webhooks.outbox import Outbox
from vidmock.engine.world.settings import Settings
from vidmock.server.app import App

if TYPE_CHECKING:
    from tests.conftest import House, Wire

HOOK = "http://receiver.test/hook?token=secret"
PLANS: dict[str, list[float]] = {
    "runpod": [0, 5, 15],
    "runware": [0, 0.25, 0.75, 1.75, 3.75, 7.75, 15.75],
    "eachlabs": [0, 10, 20],
    "fal": [0, *takewhile(lambda moment: moment < 3600, accumulate(10 * 1.15**n for n in range(31)))],
}
"""Seconds after the job's end at which a receiver that never accepts is called."""
WINDOWS = {"runpod": (15.0, 15.0), "runware": (5.0, 5.0), "eachlabs": (30.0, 30.0), "fal": (15.0, 120.0)}
"""Seconds that a receiver has at the first attempt, and at the later ones."""


def _moments(house: House, end: float) -> list[float]:
    (delivery,) = house.world().outbox
    return [attempt.at - end for attempt in delivery.attempts]


def test_a_message_goes_out_when_the_job_ends_and_not_before(house: House, wire: Wire) -> None:
    wire.submit(house, webhook=HOOK)
    house.advance(2.999)
    assert house.receiver.messages == []
    house.advance(0.001)
    (message,) = house.receiver.messages
    assert (message.method, message.url) == ("POST", HOOK)
    house.advance(100_000)
    assert len(house.receiver.messages) == 1


def test_a_reordered_message_follows_the_next_one_of_its_world(house: House, wire: Wire) -> None:
    house.world().faults.add(checked_rule(FaultRule("webhook", Effect("webhook_reordered"), times=1)))
    first = wire.submit(house, webhook=HOOK)
    house.advance(10)
    assert house.receiver.messages == []
    second = wire.submit(house, webhook=HOOK)
    house.advance(3)
    bodies = [str(message.body) for message in house.receiver.messages]
    assert [second in bodies[0], first in bodies[1]] == [True, True]
    house.advance(100_000)
    assert len(house.receiver.messages) == 2


@pytest.mark.parametrize("turns", range(5))
def test_a_held_message_that_is_due_as_the_next_one_arrives_goes_out_once(house: House, turns: int) -> None:
    """Whatever is between the moment at which it is due and the arrival: so many turns of the event loop."""
    world, plan = house.world(), RetryPlan((), timeout=60)
    came: list[str] = []

    async def receive(message: Message, timeout: float) -> ReceiverAnswer:
        came.append(message.url)
        if message is following.message:
            sender.plan(world, held, world.clock.now())
        for _ in range(turns if message is following.message else 10):
            await asyncio.sleep(0)
        return ReceiverAnswer(200)

    async def story() -> None:
        world.clock.set_mode(Mode("real"))
        sender.plan(world, held, world.clock.now() + 3600)
        sender.plan(world, following, world.clock.now())
        while world.outbox.planned:
            await asyncio.sleep(0)
        await world.clock.settle()

    sender = WebhookSender({}, receive)
    held = world.outbox.add(Delivery("a-job", Message("http://held.test/", b"", retries=plan), held=True))
    following = world.outbox.add(Delivery("a-job", Message("http://next.test/", b"", retries=plan)))
    asyncio.run(story())
    assert came == ["http://next.test/", "http://held.test/"]


def test_a_webhook_can_be_there_before_the_submit_is_answered(house: House, wire: Wire) -> None:
    house.world().faults.add(checked_rule(FaultRule("after", Effect("after_webhook"), times=1)))
    job = wire.submit(house, webhook=HOOK)
    (message,) = house.receiver.messages
    assert job in str(message.body)
    assert house.world().jobs[job].state(house.world().clock.now()) is State.SUCCEEDED
    wire.submit(house, webhook=HOOK)
    assert len(house.receiver.messages) == 1


def test_an_early_webhook_tells_of_a_failure_too(house: House, wire: Wire) -> None:
    house.world().faults.add(checked_rule(FaultRule("before", Effect("fail"))))
    house.world().faults.add(checked_rule(FaultRule("after", Effect("after_webhook"))))
    job = wire.submit(house, webhook=HOOK)
    assert len(house.receiver.messages) == 1
    assert house.world().jobs[job].state(house.world().clock.now()) is State.FAILED
    assert house.world().ledger.spent == 0


def test_a_reordered_message_that_nothing_follows_comes_in_the_end(house: House, wire: Wire) -> None:
    house.world().faults.add(checked_rule(FaultRule("webhook", Effect("webhook_reordered", {"seconds": 60}))))
    wire.submit(house, webhook=HOOK)
    house.advance(62.9)
    assert house.receiver.messages == []
    house.advance(0.2)
    assert len(house.receiver.messages) == 1


def test_no_webhook_no_message(house: House, wire: Wire) -> None:
    wire.submit(house)
    house.advance(100)
    assert house.receiver.messages == []


@pytest.mark.parametrize("status", [500, 404, 301, 199, None], ids=str)
def test_a_receiver_that_never_accepts_is_tried_at_the_providers_own_delays(
    house: House, wire: Wire, status: int | None
) -> None:
    house.receiver.statuses = [status]
    job = wire.submit(house, webhook=HOOK)
    house.advance(100_000)
    end = house.world().jobs[job].ends
    first, later = WINDOWS[wire.name]
    # Of the four, fal alone takes a redirect for an end.
    most = 1 if (wire.name, status) == ("fal", 301) else len(PLANS[wire.name])
    assert _moments(house, end) == pytest.approx(PLANS[wire.name][:most])
    (delivery,) = house.world().outbox
    assert {attempt.status for attempt in delivery.attempts} == {status}
    assert house.receiver.timeouts == [first, *[later] * (most - 1)]
    assert len(set(house.receiver.messages)) == 1, "each attempt repeats the same bytes"


@pytest.mark.parametrize("status", [200, 202, 204, 299])
def test_any_2xx_ends_the_retries(house: House, wire: Wire, status: int) -> None:
    house.receiver.statuses = [503, status]
    job = wire.submit(house, webhook=HOOK)
    house.advance(100_000)
    assert _moments(house, house.world().jobs[job].ends) == pytest.approx(PLANS[wire.name][:2])


def test_a_retry_counts_from_the_moment_its_attempt_failed(house: House, wire: Wire) -> None:
    house.receiver.statuses = [500, 200]
    wire.submit(house, webhook=HOOK)
    house.advance(3)
    assert len(house.receiver.messages) == 1
    gap = PLANS[wire.name][1]
    house.advance(gap - 0.001)
    assert len(house.receiver.messages) == 1
    house.advance(0.002)
    assert len(house.receiver.messages) == 2


class Patchy:
    """A post office where one receiver takes for ever and all others are quick."""

    def __init__(self) -> None:
        self.delivered: list[str] = []
        self.three = asyncio.Event()

    async def __call__(self, message: Message, timeout: float) -> ReceiverAnswer:
        if "slow" in message.url:
            await asyncio.Event().wait()
        self.delivered.append(message.url)
        if len(self.delivered) == 3:
            self.three.set()
        return ReceiverAnswer(200)


def test_a_slow_receiver_holds_up_no_other_and_no_request(wires: tuple[Wire, ...]) -> None:
    import httpx

    fal = next(wire for wire in wires if wire.name == "fal")
    settings = Settings(clock=Mode("scaled", 1000.0), latency=Latency((0.1, 0.1), (0.1, 0.1)))

    async def story() -> list[str]:
        post = Patchy()
        app = App(settings, post)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://mock.test") as client:
            for name in ("slow", "one", "two", "three"):
                hook = {"fal_webhook": f"http://{name}.test/"}
                answer = await client.post(
                    fal.submit_path, json=fal.body, params=hook, headers={"authorization": "Key k"}
                )
                assert answer.status_code == 200
            await asyncio.wait_for(post.three.wait(), 60)
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        return post.delivered

    assert sorted(asyncio.run(story())) == ["http://one.test/", "http://three.test/", "http://two.test/"]


def test_a_cancelled_job_is_announced_where_the_provider_does_so(house: House, wires: tuple[Wire, ...]) -> None:
    announced = set()
    for wire in wires:
        job = wire.submit(house, webhook=HOOK)
        house.advance(0.5)
        house.app.engine.cancel(*house.app.engine.find(job, house.world()))
        house.advance(10)
        if house.receiver.messages:
            announced.add(wire.name)
        house.receiver.messages.clear()
    # Runware has no cancelling; a job that its provider cancels is announced as a failed one.
    assert announced == {"runpod", "fal", "runware"}


def test_deliveries_held_are_bounded(houses: Callable[..., House], wire: Wire) -> None:
    house = houses(keep_exchanges=5, behaviours={"eachlabs.limits": "off"})
    for _ in range(12):
        wire.submit(house, webhook=HOOK)
    house.advance(3)
    assert len(house.receiver.messages) == 12
    assert len(house.world().outbox) == 5


def test_an_attempt_is_accepted_by_2xx_alone() -> None:
    from vidmock.engine.webhooks.delivery import Attempt

    attempt = Attempt(0.0, 200)
    accepted = {status for status in range(100, 600) if replace(attempt, status=status).accepted}
    assert accepted == set(range(200, 300))
    assert not Attempt(0.0, None, "timed out").accepted


def test_deliveries_are_found_by_their_job_as_long_as_they_are_kept() -> None:
    outbox, message = Outbox(3, 2**20), Message("http://receiver.test/", b"{}")
    first, second, third = (outbox.add(Delivery(job, message)) for job in ("one", "other", "one"))
    assert outbox.about("one") == (first, third)
    fourth = outbox.add(Delivery("other", message))
    assert (outbox.about("one"), outbox.about("other")) == ((third,), (second, fourth))
    outbox.give_up()
    assert outbox.about("other") == (fourth,)
    outbox.give_up()
    assert not outbox.about("one")


def test_a_delivery_is_held_until_it_is_let_go_or_has_ended() -> None:
    outbox, message = Outbox(9, 2**20), Message("http://receiver.test/", b"{}")
    one, other, plain = (outbox.add(Delivery("job", message, held=held)) for held in (True, True, False))
    for delivery in (one, other, plain):
        outbox.plan(delivery, 1.0)
    assert list(outbox.held) == [one, other]
    outbox.let_go(one)
    assert list(outbox.held) == [other]
    outbox.finish(other)
    assert not outbox.held
