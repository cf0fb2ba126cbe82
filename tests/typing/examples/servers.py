"""What a type checker knows of a server, its handles and what they give."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, assert_type

import httpx

from vidmock import (
    Attempt,
    BadRequest,
    ClockHandle,
    Container,
    Delivery,
    Duration,
    EffectName,
    Exchange,
    Failure,
    FaultRule,
    FaultsHandle,
    InProcessTransport,
    Job,
    JobRecord,
    JobsHandle,
    JournalHandle,
    Latency,
    LedgerHandle,
    LedgerLine,
    MediaInfo,
    MissedFile,
    MockServer,
    MockWorld,
    Mode,
    NoStateFolder,
    NoSuchJob,
    NoWebhook,
    Operation,
    OutcomeName,
    OutputRecord,
    PortTaken,
    Probe,
    Problem,
    Provider,
    RawHeaders,
    Settings,
    State,
    StateName,
    Step,
    Tally,
    TimeStandsStill,
    VirtualTime,
    WaitingForEver,
    Waste,
    WebhooksHandle,
    WorldHandle,
)


def start(settings: Settings, folder: Path) -> None:
    durations: list[Duration] = ["15m", 900, 0.5, timedelta(minutes=15)]
    for latency in durations:
        MockServer(seed=1, clock="manual", latency=latency)
    MockServer(settings, clock=Mode("scaled", 20.0), latency=Latency((1, 1), (2, 2)))
    MockServer(scenario="lost-submit-answer", behaviours={"fal.retention": "stored"}, host="127.0.0.1", port=0)
    probe: Probe = lambda url: MediaInfo(seconds=12)  # noqa: E731 - that a lambda will do is what is shown
    for media in (probe, {"https://a.example/b.mp4": {"seconds": 12}}, folder / "media.json", "media.json"):
        MockServer(media=media)


def look(mock: MockServer) -> None:
    with mock as entered:
        assert_type(entered, MockServer)
    assert_type(mock.url, str)
    assert_type(mock.fal.queue_url, str)
    assert_type(mock.runpod.url, str)
    assert_type(mock.key, str | None)
    assert_type(mock.settings, Settings)
    assert_type(mock.clock, ClockHandle)
    assert_type(mock.jobs, JobsHandle)
    assert_type(mock.journal, JournalHandle)
    assert_type(mock.ledger, LedgerHandle)
    assert_type(mock.faults, FaultsHandle)
    assert_type(mock.webhooks, WebhooksHandle)
    assert_type(mock.world("key"), MockWorld)
    assert_type(mock.worlds, dict[str, MockWorld])
    assert_type(mock.transport(), InProcessTransport)
    assert_type(mock.environment(), dict[str, str])
    assert_type(mock.lead_clients(), AbstractContextManager[dict[str, str]])
    assert_type(mock.timeline(), str)
    with httpx.Client(transport=mock.transport()), mock.virtual_time(packages=["my_sdk"], leap=False) as virtual:
        assert_type(virtual, VirtualTime)


def pass_time(clock: ClockHandle) -> None:
    assert_type(clock.now, float)
    assert_type(clock.mode, str)
    clock.mode = "scaled:20"
    clock.advance("2h")
    clock.advance(timedelta(days=1))
    clock.run_until_idle()


def read_jobs(mock: MockServer) -> None:
    job = mock.jobs.one(provider="fal", state="succeeded")
    assert_type(job, JobRecord)
    assert_type(mock.jobs[0], JobRecord)
    assert_type(mock.jobs["id"], JobRecord)
    assert_type(list(mock.jobs), list[JobRecord])
    assert_type(mock.jobs.filter(state=State.FAILED), list[JobRecord])
    assert_type(mock.jobs.force(job.id, "fail", code="moderated"), JobRecord)
    assert_type(job.state, State)
    assert_type(job.cost, Decimal)
    assert_type(job.input, dict[str, Any])
    assert_type(job.history, tuple[Step, ...])
    assert_type(job.job, Job)
    assert_type(job.job.failure, Failure | None)
    assert_type(job.job.outputs[0].container, Container)


def read_what_happened(mock: MockServer) -> None:
    (exchange,) = mock.journal.filter(provider="fal", operation="submit", method="POST", path="*", status=200, job="id")
    assert_type(exchange, Exchange)
    assert_type(mock.journal[-1].request_headers, RawHeaders)
    assert_type(exchange.response_body, bytes)
    assert_type(mock.journal.to_har(secrets=True), dict[str, Any])
    assert_type(mock.webhooks.wait_for("id", within="1h"), Delivery)
    assert_type(mock.webhooks[0].attempts, list[Attempt])
    assert_type(mock.webhooks.filter(job="id"), list[Delivery])
    assert_type(mock.ledger.spent, Decimal)
    assert_type(mock.ledger.lines(), list[LedgerLine])
    (waste,) = mock.ledger.waste()
    assert_type(waste, Waste)
    assert_type(waste.why, Literal["uncollected", "duplicate"])
    (missed,) = mock.ledger.missed_files()
    assert_type(missed, MissedFile)
    assert_type(missed.amount, Decimal)
    assert_type(mock.jobs[0].outputs, tuple[OutputRecord, ...])
    assert_type(mock.jobs[0].outputs[0].downloaded, bool)
    mock.assert_all_downloaded()


def add_faults(mock: MockServer) -> None:
    effects: tuple[EffectName, ...] = ("lost", "edge_page", "webhook_lost")
    for effect in effects:
        assert_type(mock.faults.add(effect), str)
    mock.faults.add("lost", phase="after", provider="fal", operation="submit", model="m", prompt="kite", nth=(1, 3))
    mock.faults.add("edge_page", nth=2, times=1, probability=0.5, status=504, nginx=True)
    mock.faults.add("slow", job="id", seconds="2h")
    for rule, tally in mock.faults:
        assert_type(rule, FaultRule)
        assert_type(tally, Tally)
        assert_type(mock.faults.remove(rule.id), bool)


def check(world: WorldHandle) -> None:
    world.assert_called("fal", "submit", times=1)
    world.assert_charged_once()
    world.assert_no_waste()
    world.assert_no_orphans()
    world.assert_all_requests_valid()
    world.assert_no_lints()
    for amount in ("1.00", 1, 0.5, Decimal(1)):
        world.assert_spend(at_most=amount)
        world.set_budget(amount)
    world.set_budget(None)
    world.set_label("a test")
    world.reset()


def check_both(mock: MockServer) -> None:
    checks: list[Callable[[MockServer], None]] = [check, lambda world: check(world.world("key"))]
    for each in checks:
        each(mock)


def words() -> None:
    provider: Provider = "runware"
    operation: Operation = "upload"
    outcome: OutcomeName = "succeed"
    effect: EffectName = "stuck"
    state: StateName = "queued"
    MockServer().jobs.filter(provider=provider, state=state)
    MockServer().faults.add(effect, provider=provider, operation=operation)
    MockServer().jobs.force("a-job", outcome)


def errors() -> None:
    try:
        MockServer(port=80)
    except PortTaken as taken:
        assert_type(taken, PortTaken)
    except (NoSuchJob, NoStateFolder, TimeStandsStill, WaitingForEver, NoWebhook) as error:
        assert_type(error, NoSuchJob | NoStateFolder | TimeStandsStill | WaitingForEver | NoWebhook)
    except BadRequest as refused:
        assert_type(refused.parameter, str | None)
    except Problem as problem:
        assert_type(problem.fault, str)
