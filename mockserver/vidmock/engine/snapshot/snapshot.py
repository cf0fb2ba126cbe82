"""A world as plain data, and back: what snapshot, restore and fork are made of, and the one form it could be shared in.

Everything is in it that a later answer may depend on. What hangs on an open connection is not: requests that wait,
and WebSocket sessions. Neither are the server's own settings, nor uploads that were begun and not finished.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from vidmock.engine.codec import to_plain
from vidmock.engine.faults.catalog import checked_rule
from vidmock.engine.faults.rules import FaultRule
from vidmock.engine.service.engine import Engine
from vidmock.engine.snapshot.document import SnapshotDocument
from vidmock.engine.time.clock import Mode, Timer
from vidmock.engine.webhooks.delivery import Delivery
from vidmock.engine.world.world import World
from vidmock.problems import BadRequest, Problem

FORM = "vidmock world 1"
"""Stands in every snapshot; another form would have another number."""


def save_world(engine: Engine, world: World) -> dict[str, Any]:
    """*world* as data that JSON can hold."""
    return {
        "form": FORM,
        "key": world.key,
        "seed": world.settings.seed,
        "magic_inputs": world.settings.magic_inputs,
        "latency": to_plain(world.settings.latency),
        "behaviours": to_plain(world.behaviours),
        "budget": to_plain(world.budget),
        "clock": {"mode": str(world.clock.mode), "now": world.clock.now()},
        "drawn": world.drawn,
        "labelled": world.labelled,
        "jobs": [{"job": to_plain(job), "public": engine.worlds.public(world, job)} for job in world.jobs.values()],
        "ended": list(world.ended),
        "collected": to_plain(world.collected),
        "limits": world.limits.state(),
        "faults": world.faults.state(),
        "ledger": world.ledger.state(),
        "journal": {"seen": world.journal.seen, "exchanges": [to_plain(exchange) for exchange in world.journal]},
        "announced": world.announced,
        "deliveries": [_delivery(delivery) for delivery in _deliveries(world).values()],
        "uploads": [to_plain(upload) for upload in engine.worlds.uploads if upload.world == world.key],
        "due": _due(world),
    }


def load_world(engine: Engine, data: Any, key: str | None = None) -> World:
    """The world that *data* was saved from, in the place of the one that *key* has; by default under its own key.

    Under another key it goes on as a fork: what was drawn stays, what is drawn from now on is its own.

    Raises:
        BadRequest: *data* is no snapshot; nothing is changed then.
    """
    if not isinstance(data, Mapping) or data.get("form") != FORM:
        raise BadRequest(f"this is no snapshot: its 'form' must be {FORM!r}")
    try:
        contents = SnapshotDocument.of(data)
        loading = _Loading(engine, contents, contents.key if key is None else key)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, Problem) as error:
        said = str(error) if isinstance(error, ValueError | Problem) else f"{type(error).__name__}: {error}"
        raise BadRequest(f"this snapshot cannot be read: {said}") from error
    return loading.world()


class _Loading:
    """First the whole world is made, which may fail, and only then is the one that was there closed."""

    def __init__(self, engine: Engine, contents: SnapshotDocument, key: str) -> None:
        self._engine, self._contents, self._key = engine, contents, key
        self._settings = replace(
            engine.settings,
            seed=contents.seed,
            clock=Mode.parse(contents.clock.mode),
            latency=contents.latency,
            behaviours=dict(contents.behaviours),
            magic_inputs=contents.magic_inputs,
        )
        self._world = World(key, self._settings)
        self._fill(self._world)
        with engine.worlds.trying(self._world):
            self._rehearse(self._world)

    def world(self) -> World:
        worlds = self._engine.worlds
        world = worlds.open(self._key, self._settings, self._world)
        for held in self._contents.jobs:
            if held.job.id in world.jobs:
                worlds.put(world, world.jobs[held.job.id], public=held.public)
        for upload in self._contents.uploads:
            if upload.world == self._key:
                worlds.uploads.put(upload)
        self._arm(world)
        return world

    def _fill(self, world: World) -> None:
        """Give *world* all that it holds by itself."""
        told = self._contents
        world.budget, world.drawn, world.labelled = told.budget, told.drawn, told.labelled
        world.announced, world.collected = told.announced, set(told.collected)
        world.jobs = {held.job.id: replace(held.job, world=self._key) for held in told.jobs}
        for job_id in told.ended:
            # Here, fewer may be kept than where they come from.
            for gone in world.ended.add(job_id, world.jobs[job_id].weight):
                del world.jobs[gone]
                world.collected.discard(gone)
        world.limits.restore(told.limits)
        world.faults.restore(told.faults, _judged)
        world.ledger.restore(told.ledger)
        if unknown := {(job.provider, job.model) for job in world.jobs.values()} - {*world.ledger.by_model}:
            raise ValueError(f"the ledger knows nothing of {unknown}")
        world.journal.restore(told.journal.exchanges, told.journal.seen)
        for sent in told.deliveries:
            world.deliveries.add(sent.delivery, len(sent.delivery.message.body))

    def _rehearse(self, world: World) -> None:
        """Word what is to be said later: where that cannot be done, it shows now."""
        for sent in self._contents.deliveries:
            if sent.signed:
                self._engine.webhooks.restore(world, sent.delivery)
        for due in self._contents.due:
            if due.job is not None:
                # What is said depends on the time, which nobody sees yet.
                world.clock.start(world.jobs[due.job].ends)
                self._engine.webhooks.rehearse(world.jobs[due.job])
        world.clock.start(self._contents.clock.now)

    def _arm(self, world: World) -> None:
        """Plan what is due, in the order in which it would have happened."""
        deliveries = {sent.delivery.number: sent.delivery for sent in self._contents.deliveries}
        for due in self._contents.due:
            if due.job is not None:
                self._engine.watch(world, world.jobs[due.job])
            elif due.delivery is not None and (when := deliveries[due.delivery].planned) is not None:
                self._engine.webhooks.plan(world, deliveries[due.delivery], when)


def _judged(rule: FaultRule) -> FaultRule:
    if not rule.id:
        raise ValueError("a fault has no id")
    return checked_rule(rule)


def _deliveries(world: World) -> dict[int, Delivery]:
    """Those that are held, and those that are not any more but still planned, by number."""
    found = {delivery.number: delivery for delivery in (*world.planned.values(), *world.deliveries)}
    return dict(sorted(found.items()))


def _delivery(delivery: Delivery) -> dict[str, Any]:
    """A function cannot be saved: only that further attempts are signed anew."""
    return {"delivery": to_plain(delivery), "signed": delivery.message.signature is not None}


def _due(world: World) -> list[dict[str, Any]]:
    """The ends of jobs and attempts of deliveries to come, soonest first; one under way will be made again."""
    due: list[tuple[Timer, dict[str, Any]]] = [(timer, {"job": job}) for job, timer in world.endings.items()]
    due += [
        (delivery.timer, {"delivery": delivery.number})
        for delivery in world.planned.values()
        if delivery.timer is not None
    ]
    return [what for _, what in sorted(due, key=lambda entry: (entry[0].when, entry[0].order))]
