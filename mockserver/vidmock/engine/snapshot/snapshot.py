"""Saves a world as plain data, and loads it again: snapshot, restore and fork.

A snapshot has everything that later answers depend on. It does not have what belongs to an open connection (waiting
requests, WebSocket sessions), the server's own settings, or the parts of uploads that were not finished.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from vidmock.engine.codec import to_plain
from vidmock.engine.faults.catalog import checked_rule
from vidmock.engine.faults.rules import FaultRule
from vidmock.engine.jobs.job import Job
from vidmock.engine.service.engine import Engine
from vidmock.engine.snapshot.document import SnapshotDocument
from vidmock.engine.time.mode import Mode
from vidmock.engine.webhooks.delivery import Delivery
from vidmock.engine.world.journal import judged_exchange
from vidmock.engine.world.settings import Settings
from vidmock.engine.world.world import Due, World
from vidmock.problems import BadRequest, Problem

FORM = "vidmock world 2"
"""The ``form`` of every snapshot; a changed form gets another number."""


def save_world(engine: Engine, world: World) -> dict[str, Any]:
    """*world* as JSON-able data."""
    return {
        "form": FORM,
        **whole_state(world),
        "clock": {"mode": str(world.clock.mode), "now": world.clock.now()},
        "labelled": world.labelled,
        "jobs": [job_state(world, job) for job in world.jobs.values()],
        "ended": list(world.jobs.ended()),
        "handover": world.jobs.handover.state(),
        "limits": world.limits.state(),
        "faults": world.faults.state(),
        "ledger": world.ledger.state(),
        "journal": {"seen": world.journal.seen, "exchanges": [to_plain(exchange) for exchange in world.journal]},
        "announced": world.outbox.counted,
        "deliveries": [delivery_state(delivery) for delivery in world.outbox.known().values()],
        "uploads": [to_plain(upload) for upload in world.files],
        "tickets": [to_plain(ticket) for ticket in world.tickets],
        "task_ids": list(world.task_ids),
        "due": [due_state(due) for due in world.schedule],
        "struck": {job_id: list(names) for job_id, names in world.remarks.struck_jobs().items()},
    }


def load_world(engine: Engine, data: Any, key: str | None = None, base: Settings | None = None) -> World:
    """The world that *data* was saved from, under *key*, by default its own. It replaces the world that has that key.

    Under another key it is a fork: ids and seeds that were drawn stay, later ones are drawn for the new key. What a
    snapshot does not have, such as models of a user's own, is that of *base*, by default of the server.

    Raises:
        BadRequest: *data* is not a valid snapshot; nothing is changed.
    """
    if not isinstance(data, Mapping) or data.get("form") != FORM:
        raise BadRequest(f"this is no snapshot: its 'form' must be {FORM!r}")
    engine.webhooks.load_all()
    try:
        settings = engine.settings if base is None else base
        document = SnapshotDocument.of(data, settings.catalog)
        loading = _Loading(engine, document, document.key if key is None else key, settings)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, Problem) as error:
        why = str(error) if isinstance(error, ValueError | Problem) else f"{type(error).__name__}: {error}"
        raise BadRequest(f"this snapshot cannot be read: {why}") from error
    return loading.world()


class _Loading:
    """Loads a world in two steps: making it, which may fail, and then replacing the world that has its key."""

    def __init__(self, engine: Engine, document: SnapshotDocument, key: str, base: Settings) -> None:
        self._engine, self._document, self._key = engine, document, key
        self._settings = replace(
            base,
            seed=document.seed,
            clock=Mode.parse(document.clock.mode),
            latency=document.latency,
            behaviours=dict(document.behaviours),
            magic_inputs=document.magic_inputs,
        )
        self._world = World(key, self._settings)
        self._fill(self._world)
        self._rehearse(self._world)

    def world(self) -> World:
        """Open the world in the registry, and plan what is due in it."""
        world = self._engine.worlds.open(self._world)
        self._plan(world)
        return world

    def _fill(self, world: World) -> None:
        """Restore the parts of *world* from the document; nothing is planned yet."""
        saved = self._document
        world.resume(saved.drawn, saved.labelled)
        world.set_label(saved.label)
        jobs = [(replace(state.job, world=self._key), state.public) for state in saved.jobs]
        world.jobs.restore(jobs, saved.ended, saved.handover, saved.ledger)
        world.ledger.set_budget(saved.budget)
        world.limits.restore(saved.limits)
        world.tickets.restore(saved.tickets)
        world.task_ids.restore(saved.task_ids)
        for upload in saved.uploads:
            world.files.put(replace(upload, world=self._key))
        world.faults.restore(saved.faults, lambda rule: _checked(rule, world))
        judged = (judged_exchange(one, world.settings.catalog) for one in saved.journal.exchanges)
        world.journal.restore(judged, saved.journal.seen)
        world.remarks.restore(saved.struck)
        world.outbox.restore((state.delivery for state in saved.deliveries), saved.announced)

    def _rehearse(self, world: World) -> None:
        """Render every message that is to be sent later, so that one that cannot be rendered fails the loading."""
        for state in self._document.deliveries:
            if state.signed:
                self._engine.webhooks.restore(world, state.delivery)
        for due in self._document.due:
            if due.job is not None:
                # A message depends on the time. The clock is set back below, before the world is opened.
                world.clock.start(world.jobs[due.job].ends)
                self._engine.webhooks.rehearse(world, world.jobs[due.job])
        world.clock.start(self._document.clock.now)

    def _plan(self, world: World) -> None:
        """Plan the ends of jobs and the attempts that are due, in the order in which they would have happened."""
        deliveries = {state.delivery.number: state.delivery for state in self._document.deliveries}
        for due in self._document.due:
            if due.job is not None:
                self._engine.plan_end(world, world.jobs[due.job])
            elif due.output is not None:
                self._engine.plan_output(world, *world.jobs.output(due.output))
            elif due.delivery is not None and (when := deliveries[due.delivery].planned) is not None:
                self._engine.webhooks.plan(world, deliveries[due.delivery], when)


def _checked(rule: FaultRule, world: World) -> FaultRule:
    if not rule.id:
        raise ValueError("a fault has no id")
    return checked_rule(rule, world.settings.catalog)


def whole_state(world: World) -> dict[str, Any]:
    """What is of *world* as a whole, but for its clock, as plain data."""
    return {
        "key": world.key,
        "label": world.label,
        "seed": world.settings.seed,
        "magic_inputs": world.settings.magic_inputs,
        "latency": to_plain(world.settings.latency),
        "behaviours": to_plain(world.behaviours),
        "budget": to_plain(world.ledger.budget),
        "drawn": world.drawn,
    }


def job_state(world: World, job: Job) -> dict[str, Any]:
    """*job* of *world* as plain data."""
    return {"job": to_plain(job), "public": world.jobs.public(job.id)}


def delivery_state(delivery: Delivery) -> dict[str, Any]:
    """*delivery* as plain data. Its signature is a function, so only whether it has one is saved."""
    return {"delivery": to_plain(delivery), "signed": delivery.message.signature is not None}


def due_state(due: Due) -> dict[str, Any]:
    """*due* as plain data. An attempt that is under way will be made again."""
    return {name: value for name, value in to_plain(due).items() if value is not None}
