"""The routes of jobs: what jobs there are, everything about one, and changing its outcome."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

from vidmock.engine import money
from vidmock.engine.codec import to_plain
from vidmock.engine.faults import rule_json
from vidmock.engine.faults.outcomes import forced_outcome
from vidmock.engine.faults.target import check_provider, resolve_model
from vidmock.engine.jobs.job import Job, Output, State
from vidmock.engine.jobs.ledger_line import ZERO
from vidmock.engine.world.latest_worlds import AsOf
from vidmock.engine.world.world import World
from vidmock.problems import BadRequest, NoSuchJob, Problem
from vidmock.providers.exchange.timestamps import iso
from vidmock.schema.violation import Violation
from vidmock.server.control import secrets
from vidmock.server.control.joining import JoinedList
from vidmock.server.control.merging import merge_last_first
from vidmock.server.control.page import page_of_list
from vidmock.server.control.refusal import ControlProblem
from vidmock.server.control.request import ControlRequest
from vidmock.server.control.route import ControlRoute

_NEXT = ("effect", "arguments", "provider", "model", "prompt", "nth", "times", "id")


def job_line(world: World, job: Job, *, reveal: bool) -> dict[str, Any]:
    """A job in a list, as JSON."""
    now, line = world.clock.now(), world.ledger.line(job.id)
    lints = world.journal.lints(job.id)
    return {
        "id": job.id,
        "world": world.id,
        "provider": job.provider,
        "model": job.model,
        "state": str(job.state(now)),
        "created": job.created,
        "ends": job.ends,
        "cost": money.format_amount(job.cost) if job.priced else None,
        "refunded": money.format_amount(line.refunded if line else ZERO),
        "collected": world.jobs.collected(job.id, now),
        "downloaded": world.jobs.downloaded(job.id, now),
        "faults": list(world.remarks.struck(job.id)),
        "lints": None if lints is None else len(lints),
        "prompt": secrets.mask_text(job.prompt, reveal),
    }


def violation_view(found: Violation, *, reveal: bool) -> dict[str, Any]:
    message = secrets.mask_text(found.message, reveal)
    return {"where": found.where, "pointer": found.pointer, "rule": found.rule, "message": message}


def job_view(world: World, job: Job, *, reveal: bool) -> dict[str, Any]:
    """Everything about a job, with the numbers of its exchanges and deliveries, as JSON."""
    now = world.clock.now()
    failure = job.failure
    return job_line(world, job, reveal=reveal) | {
        "timeline": [
            {"at": step.at, "iso": iso(step.at), "state": str(step.state), "past": step.at <= now}
            for step in job.timeline
        ],
        "failure": {"code": failure.code, "message": secrets.mask_text(failure.reason, reveal)} if failure else None,
        "violations": [violation_view(found, reveal=reveal) for found in (failure.violations if failure else ())],
        "input": secrets.mask_value(to_plain(job.input), reveal),
        "outputs": secrets.mask_value([_output(world, job, output, now) for output in job.outputs], reveal),
        "webhook": secrets.mask_text(job.webhook.url, reveal) if job.webhook else None,
        "attempt": job.attempt,
        "worker": job.worker,
        "retention": job.retention,
        "deadline": job.deadline,
        "deliveries": [delivery.number for delivery in world.outbox.about(job.id)],
        "exchanges": [exchange.number for exchange in world.journal if job.id in (exchange.job, *exchange.jobs)],
    }


def _output(world: World, job: Job, output: Output, now: float) -> dict[str, Any]:
    handover, plain = world.jobs.handover, to_plain(output)
    return {
        **plain,
        "made": job.made(output, now),
        "collected": handover.told(output.id),
        "downloaded": handover.downloaded(output.id),
    }


def find_job(request: ControlRequest) -> tuple[World, Job]:
    """The job that the path names. Raises NoSuchJob."""
    wanted = request.path("job")
    for _, world in request.latest_worlds(request.engine.worlds.accepted):
        if wanted in world.jobs:
            return world, world.jobs[wanted]
    raise NoSuchJob(wanted)


async def list_jobs(request: ControlRequest) -> object:
    """List the jobs that match, oldest first."""
    provider, model, state = request.query("provider"), request.query("model"), request.query("state")
    check_provider(provider)
    model = model and resolve_model(model, provider, request.engine.settings.catalog)
    wanted = _Wanted(provider, model, state and State.parse(state), request.query("prompt"))
    worlds = list(request.latest_worlds(request.engine.worlds.accepted))
    found = merge_last_first((moment, wanted.newest_of(world)) for moment, world in worlds)
    page = page_of_list(request, found, lambda entry: entry[1].id)
    shown = [job_line(world, job, reveal=request.reveal) for world, job in page.entries]
    return {"jobs": shown, "total": sum(wanted.count_in(world) for _, world in worlds), "older": page.older}


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What is said of the jobs that are asked for; what is empty says nothing."""

    provider: str
    model: str
    state: State | Literal[""]
    prompt: str

    def newest_of(self, world: World) -> Iterator[tuple[AsOf, tuple[World, Job]]]:
        """Those of *world*, the newest first, with their moments."""
        states = (self.state,) if self.state else tuple(State)
        jobs = world.jobs.newest(world.clock.now(), self.provider, self.model, states)
        return (((job.created, world.jobs.place(job.id)), (world, job)) for job in jobs if self.prompt in job.prompt)

    def count_in(self, world: World) -> int:
        """How many of them are in *world*."""
        if self == _ANY:
            return len(world.jobs)
        if self.prompt:
            return sum(1 for _ in self.newest_of(world))
        states = world.jobs.states(world.clock.now(), self.provider, self.model)
        return states[self.state] if self.state else states.total()


_ANY = _Wanted("", "", "", "")


async def show_job(request: ControlRequest) -> object:
    """Show everything about one job."""
    world, job = find_job(request)
    return job_view(world, job, reveal=request.reveal)


async def force_outcome(request: ControlRequest) -> object:
    """Change the outcome of a job that has not ended, as of now."""
    world, job = find_job(request)
    wanted, arguments = request.member("effect", "arguments"), request.body().get("arguments", {})
    if not isinstance(arguments, dict):
        raise ControlProblem("'arguments' must be an object", where="arguments")
    try:
        effect = forced_outcome(job, wanted, arguments, world.clock.now())
    except BadRequest:
        raise
    except Problem as problem:
        raise ControlProblem(str(problem), 409) from None
    return job_view(world, request.engine.force(world, job, effect), reveal=request.reveal)


async def force_next_outcome(request: ControlRequest) -> object:
    """Set the outcome of the next job that is submitted.

    With *nth*, of the nth of those that match.
    """
    world = request.world()
    rule = rule_json.outcome_from_json(request.body(*_NEXT), world.settings.catalog)
    return rule_json.rule_to_json(world.faults.add(rule))


_JOINED: Final = JoinedList("jobs", lambda job: str(job["id"]), lambda job: float(job["created"]), sums=("total",))

JOB_ROUTES = (
    ControlRoute("GET", "/jobs", list_jobs, joined=_JOINED),
    ControlRoute(
        "POST",
        "/jobs/next/outcome",
        force_next_outcome,
        """-d '{"effect": "fail", "arguments": {"code": "moderated"}}'""",
        only=True,
    ),
    ControlRoute("GET", "/jobs/{job}", show_job),
    ControlRoute("POST", "/jobs/{job}/outcome", force_outcome, """-d '{"effect": "succeed"}'"""),
)
