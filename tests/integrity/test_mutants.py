"""Servers that are wrong in one way each: the checker must find every one of them, from outside."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from vidmock.engine.jobs.handover import Handover
from vidmock.engine.jobs.job import Job, State
from vidmock.engine.jobs.ledger import Ledger
from vidmock.engine.jobs.store import JobStore
from vidmock.engine.service.engine import Engine
from vidmock.engine.service.webhook_sender import WebhookSender
from vidmock.engine.snapshot import snapshot
from vidmock.engine.webhooks.delivery import Attempt, ReceiverAnswer
from vidmock.engine.webhooks.outbox import Outbox
from vidmock.engine.world.registry import WorldRegistry
from vidmock.engine.world.uploads import Files
from vidmock.engine.world.world import World
from vidmock.integrity.report import CheckReport
from vidmock.problems import NoSuchJob
from vidmock.server.webhook_client import WebhookClient

Bend = Callable[[pytest.MonkeyPatch], None]
EVERY_ONE: dict[str, tuple[Bend, str, dict[str, Any]]] = {}
"""What bends the server, the rule that it breaks, and the options of the run, by what is wrong."""


def mutant(rule: str, **options: Any) -> Callable[[Bend], Bend]:
    def register(bend: Bend) -> Bend:
        EVERY_ONE[bend.__name__] = (bend, rule, options)
        return bend

    return register


def _around(patch: pytest.MonkeyPatch, owner: Any, name: str, new: Callable[..., Any]) -> None:
    """Have *new* called with the method that there was, and its arguments."""
    old = getattr(owner, name)
    patch.setattr(owner, name, lambda *args, **more: new(old, *args, **more))


@mutant("ledger")
def charged_twice(patch: pytest.MonkeyPatch) -> None:
    def charge(old: Any, ledger: Ledger, job: Job) -> list[str]:
        return [*old(ledger, job), *old(ledger, job)]

    _around(patch, Ledger, "charge", charge)


@mutant("ledger or lost job")
def never_charged(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Ledger, "charge", lambda ledger, job: [])
    patch.setattr(Ledger, "refund", lambda ledger, job, amount: None)


@mutant("price", providers=("fal",))
def priced_by_chance(patch: pytest.MonkeyPatch) -> None:
    prices = itertools.cycle((Decimal("0.56"), Decimal("0.57")))
    _around(
        patch, JobStore, "accept", lambda old, store, job, **more: old(store, replace(job, cost=next(prices)), **more)
    )


@mutant("refund")
def refund_forgotten(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Ledger, "refund", lambda ledger, job, amount: None)


@mutant("refund", faults=())
def success_refunded(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Job, "owed", property(lambda job: job.cost))


@mutant("budget", faults=(), providers=("runpod",), operations=120)
def budget_ignored(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Ledger, "check", lambda ledger, cost: None)
    patch.setattr(Ledger, "check_left", lambda ledger: None)


@mutant("balance", faults=())
def balance_of_yesterday(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Ledger, "balance", property(lambda ledger: ledger.budget or Decimal(1000)))


@mutant("lost job")
def job_forgotten_at_its_end(patch: pytest.MonkeyPatch) -> None:
    def end(old: Any, store: JobStore, job_id: str) -> Job:
        job: Job = old(store, job_id)
        store.forget(job_id)
        return job

    _around(patch, JobStore, "end", end)


@mutant("lost job", faults=())
def job_unknown_to_its_provider(patch: pytest.MonkeyPatch) -> None:
    numbers = itertools.count()

    def find(old: Any, engine: Engine, job_id: str, *args: Any, **more: Any) -> Any:
        if next(numbers) % 5 == 4:
            raise NoSuchJob(job_id)
        return old(engine, job_id, *args, **more)

    _around(patch, Engine, "find", find)


@mutant("double job", providers=("eachlabs", "fal", "runpod"))
def submitted_twice(patch: pytest.MonkeyPatch) -> None:
    def submit(old: Any, engine: Engine, *args: Any, **more: Any) -> Job:
        old(engine, *args, **more)
        job: Job = old(engine, *args, **more)
        return job

    _around(patch, Engine, "submit", submit)


@mutant("state went back or state", faults=())
def state_goes_back(patch: pytest.MonkeyPatch) -> None:
    numbers = itertools.count()

    def state(old: Any, job: Job, now: float) -> State:
        found: State = old(job, now)
        return State.RUNNING if found.ended and next(numbers) % 2 else found

    _around(patch, Job, "state", state)


@mutant("state", faults=())
def success_fails(patch: pytest.MonkeyPatch) -> None:
    def state(old: Any, job: Job, now: float) -> State:
        found: State = old(job, now)
        return State.FAILED if found is State.SUCCEEDED else found

    _around(patch, Job, "state", state)


@mutant("state", faults=())
def ended_too_late(patch: pytest.MonkeyPatch) -> None:
    _around(patch, Job, "state", lambda old, job, now: old(job, now - 5))


@mutant("retry", providers=("runpod",), faults=("outcome",), operations=150)
def retry_that_is_none(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Engine, "retry", lambda engine, world, job, *args, **more: job)


@mutant("webhook", faults=())
def webhook_lost(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(WebhookSender, "announce", lambda *args: None)


@mutant("webhook", faults=())
def webhook_sent_twice(patch: pytest.MonkeyPatch) -> None:
    async def send(old: Any, client: WebhookClient, *args: Any) -> Any:
        await old(client, *args)
        return await old(client, *args)

    _around(patch, WebhookClient, "__call__", send)


@mutant("webhook", faults=())
def webhook_announced_twice(patch: pytest.MonkeyPatch) -> None:
    def announce(old: Any, sender: WebhookSender, *args: Any) -> None:
        old(sender, *args)
        old(sender, *args)

    _around(patch, WebhookSender, "announce", announce)


@mutant("webhook", faults=())
def webhook_called_sent(patch: pytest.MonkeyPatch) -> None:
    async def pretend(client: WebhookClient, *args: Any) -> ReceiverAnswer:
        return ReceiverAnswer(200)

    patch.setattr(WebhookClient, "__call__", pretend)


@mutant("webhook", faults=(), interrupted=0.01)
def webhook_called_sent_where_some_come_twice(patch: pytest.MonkeyPatch) -> None:
    webhook_called_sent(patch)


@mutant("webhook", faults=(), interrupted=0.01)
def webhook_given_up_though_a_server_is_interrupted(patch: pytest.MonkeyPatch) -> None:
    webhook_not_tried_again(patch)


@mutant("webhook", faults=())
def webhook_answer_misread(patch: pytest.MonkeyPatch) -> None:
    async def send(old: Any, client: WebhookClient, *args: Any) -> ReceiverAnswer:
        await old(client, *args)
        return ReceiverAnswer(202)

    _around(patch, WebhookClient, "__call__", send)


@mutant("webhook", faults=())
def webhook_not_tried_again(patch: pytest.MonkeyPatch) -> None:
    def attempted(old: Any, outbox: Outbox, delivery: Any, attempt: Attempt) -> None:
        old(outbox, delivery, replace(attempt, by_hand=attempt.by_hand))
        delivery.message = replace(delivery.message, retries=replace(delivery.message.retries, delays=()))

    _around(patch, Outbox, "attempted", attempted)


@mutant("webhook", faults=())
def webhook_about_another_job(patch: pytest.MonkeyPatch) -> None:
    async def send(old: Any, client: WebhookClient, message: Any, timeout: float) -> Any:
        return await old(client, replace(message, body=b'{"id": "nobody"}'), timeout)

    _around(patch, WebhookClient, "__call__", send)


@mutant("webhook", faults=(), operations=150)
def webhook_by_hand_not_noted(patch: pytest.MonkeyPatch) -> None:
    _around(patch, Outbox, "attempted", lambda old, box, one, attempt: old(box, one, replace(attempt, by_hand=False)))


@mutant("collected", faults=())
def never_collected(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(JobStore, "collected", lambda store, job_id, now: False)


@mutant("collected", faults=())
def always_collected(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(JobStore, "collected", lambda store, job_id, now: store[job_id].state(now) is State.SUCCEEDED)


@mutant("downloaded", faults=())
def never_downloaded(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Handover, "downloaded", lambda handover, output: False)


@mutant("downloaded", faults=())
def always_downloaded(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Handover, "downloaded", lambda handover, output: True)


@mutant("isolation", faults=(), operations=100, providers=("fal", "runpod", "eachlabs"))
def jobs_of_all_keys(patch: pytest.MonkeyPatch) -> None:
    _around(patch, Engine, "find", lambda old, engine, job_id, world=None, now=None: old(engine, job_id, None, now))


@mutant("reset or unknown job or control", faults=(), operations=150, providers=("fal",))
def reset_that_is_none(patch: pytest.MonkeyPatch) -> None:
    _around(patch, WorldRegistry, "open", lambda old, worlds, world: worlds.known(world.key) or old(worlds, world))


@mutant("control", operations=400)
def restore_forgets_money(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Ledger, "restore", lambda ledger, state: None)


@mutant("fork", operations=150, faults=())
def fork_forgets_a_job(patch: pytest.MonkeyPatch) -> None:
    def load(old: Any, engine: Engine, data: Any, key: str | None = None, base: Any = None) -> World:
        world: World = old(engine, data, key, base)
        if key and key.endswith("-fork") and world.jobs:
            world.jobs.forget(next(iter(world.jobs)))
        return world

    _around(patch, snapshot, "load_world", load)


@mutant("upload", faults=())
def upload_broken(patch: pytest.MonkeyPatch) -> None:
    _around(patch, Files, "put", lambda old, files, one: old(files, replace(one, data=one.data[:-1])))


@mutant("fault", faults=("before",))
def refusal_that_is_none(patch: pytest.MonkeyPatch) -> None:
    _around(patch, Engine, "strike", lambda old, *args, **more: None)


@mutant("unasked", faults=())
def poll_that_fails(patch: pytest.MonkeyPatch) -> None:
    async def look(engine: Engine, *args: Any, **more: Any) -> Any:
        raise RuntimeError("a defect")

    patch.setattr(Engine, "look", look)


@pytest.mark.parametrize("name", EVERY_ONE)
def test_a_server_that_is_wrong_is_found_out(
    name: str,
    monkeypatch: pytest.MonkeyPatch,
    checked: Callable[..., tuple[CheckReport, list[str]]],
    capfd: pytest.CaptureFixture[str],
) -> None:
    bend, rule, options = EVERY_ONE[name]
    bend(monkeypatch)
    report, said = checked(most=1, **options)
    assert {*rule.split(" or ")} & {breach.rule for breach in report.breaches}, said
    assert "--seed 7" in said[0]
