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
from vidmock.engine.time.clock import Mode
from vidmock.engine.webhooks.delivery import Delivery
from vidmock.engine.world.world import Due, World
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
        "budget": to_plain(world.ledger.budget),
        "clock": {"mode": str(world.clock.mode), "now": world.clock.now()},
        "drawn": world.drawn,
        "labelled": world.labelled,
        "jobs": [{"job": to_plain(job), "public": world.jobs.public(job.id)} for job in world.jobs.values()],
        "ended": list(world.jobs.ended()),
        "collected": sorted(filter(world.jobs.collected, world.jobs)),
        "downloaded": sorted(filter(world.jobs.downloaded, world.jobs)),
        "limits": world.limits.state(),
        "faults": world.faults.state(),
        "ledger": world.ledger.state(),
        "journal": {"seen": world.journal.seen, "exchanges": [to_plain(exchange) for exchange in world.journal]},
        "announced": world.outbox.counted,
        "deliveries": [_delivery(delivery) for delivery in _deliveries(world).values()],
        "uploads": [to_plain(upload) for upload in engine.worlds.uploads if upload.world == world.key],
        "due": [_due(due) for due in world.schedule],
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
        document = SnapshotDocument.of(data)
        loading = _Loading(engine, document, document.key if key is None else key)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, Problem) as error:
        said = str(error) if isinstance(error, ValueError | Problem) else f"{type(error).__name__}: {error}"
        raise BadRequest(f"this snapshot cannot be read: {said}") from error
    return loading.world()


class _Loading:
    """First the whole world is made, which may fail, and only then is the one that was there closed."""

    def __init__(self, engine: Engine, document: SnapshotDocument, key: str) -> None:
        self._engine, self._document, self._key = engine, document, key
        self._settings = replace(
            engine.settings,
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
        worlds = self._engine.worlds
        world = worlds.open(self._world)
        for upload in self._document.uploads:
            if upload.world == self._key:
                worlds.uploads.put(upload)
        self._plan(world)
        return world

    def _fill(self, world: World) -> None:
        """Give *world* all that it holds by itself."""
        told = self._document
        world.resume(told.drawn, told.labelled)
        held = [(replace(state.job, world=self._key), state.public) for state in told.jobs]
        world.jobs.restore(held, told.ended, told.collected, told.downloaded, told.ledger)
        world.ledger.set_budget(told.budget)
        world.limits.restore(told.limits)
        world.faults.restore(told.faults, _judged)
        world.journal.restore(told.journal.exchanges, told.journal.seen)
        world.outbox.restore((state.delivery for state in told.deliveries), told.announced)

    def _rehearse(self, world: World) -> None:
        """Word what is to be said later: where that cannot be done, it shows now."""
        for state in self._document.deliveries:
            if state.signed:
                self._engine.webhooks.restore(world, state.delivery)
        for due in self._document.due:
            if due.job is not None:
                # What is said depends on the time, which nobody sees yet.
                world.clock.start(world.jobs[due.job].ends)
                self._engine.webhooks.rehearse(world, world.jobs[due.job])
        world.clock.start(self._document.clock.now)

    def _plan(self, world: World) -> None:
        """Plan what is due, in the order in which it would have happened."""
        deliveries = {state.delivery.number: state.delivery for state in self._document.deliveries}
        for due in self._document.due:
            if due.job is not None:
                self._engine.plan_end(world, world.jobs[due.job])
            elif due.delivery is not None and (when := deliveries[due.delivery].planned) is not None:
                self._engine.webhooks.plan(world, deliveries[due.delivery], when)


def _judged(rule: FaultRule) -> FaultRule:
    if not rule.id:
        raise ValueError("a fault has no id")
    return checked_rule(rule)


def _deliveries(world: World) -> dict[int, Delivery]:
    """Those that are held, and those that are not any more but still planned, by number."""
    found = {delivery.number: delivery for delivery in (*world.outbox.planned.values(), *world.outbox)}
    return dict(sorted(found.items()))


def _delivery(delivery: Delivery) -> dict[str, Any]:
    """A function cannot be saved: only that further attempts are signed anew."""
    return {"delivery": to_plain(delivery), "signed": delivery.message.signature is not None}


def _due(due: Due) -> dict[str, Any]:
    """One plan; an attempt that is under way will be made again."""
    return {"delivery": due.delivery} if due.job is None else {"job": due.job}
