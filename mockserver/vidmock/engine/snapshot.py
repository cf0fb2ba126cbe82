"""A world as plain data, and back: what snapshot, restore and fork are made of, and the one form it could be shared in.

Everything is in it that a later answer may depend on. What hangs on an open connection is not: requests that wait,
and WebSocket sessions. Neither are the server's own settings, nor uploads that were begun and not finished.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from vidmock.engine.budget import amount as budget
from vidmock.engine.clock import Mode, Timer
from vidmock.engine.delivery import Delivery
from vidmock.engine.desk import Desk
from vidmock.engine.job import Job
from vidmock.engine.journal import Exchange
from vidmock.engine.plain import plain, read
from vidmock.engine.settings import Latency
from vidmock.engine.uploads import Upload
from vidmock.engine.world import World
from vidmock.problems import BadRequest

FORM = "vidmock world 1"
"""Stands in every snapshot; another form would have another number."""


def save(desk: Desk, world: World) -> dict[str, Any]:
    """*world* as data that JSON can hold."""
    return {
        "form": FORM,
        "key": world.key,
        "seed": world.settings.seed,
        "magic_inputs": world.settings.magic_inputs,
        "latency": plain(world.settings.latency),
        "behaviours": plain(world.behaviours),
        "budget": plain(world.budget),
        "clock": {"mode": str(world.clock.mode), "now": world.clock.now()},
        "drawn": world.drawn,
        "labelled": world.labelled,
        "jobs": [{"job": plain(job), "public": desk.worlds.public(world, job)} for job in world.jobs.values()],
        "ended": list(world.ended),
        "collected": plain(world.collected),
        "limits": world.limits.state(),
        "faults": world.faults.state(),
        "ledger": world.ledger.state(),
        "journal": {"seen": world.journal.seen, "exchanges": [plain(exchange) for exchange in world.journal]},
        "announced": world.announced,
        "deliveries": [_delivery(delivery) for delivery in _deliveries(world).values()],
        "uploads": [plain(upload) for upload in desk.worlds.uploads if upload.world == world.key],
        "due": _due(world),
    }


def load(desk: Desk, data: Any, key: str | None = None) -> World:
    """The world that *data* was saved from, in the place of the one that *key* has; by default under its own key.

    Under another key it goes on as a fork: what was drawn stays, what is drawn from now on is its own.

    Raises:
        BadRequest: *data* is no snapshot; nothing is changed then.
    """
    if not isinstance(data, Mapping) or data.get("form") != FORM:
        raise BadRequest(f"this is no snapshot: its 'form' must be {FORM!r}")
    try:
        return _Loading(desk, data, data["key"] if key is None else key).world()
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadRequest(f"this snapshot cannot be read: {type(error).__name__}: {error}") from error


class _Loading:
    """First everything is read, which may fail, and only then is the world that was there closed."""

    def __init__(self, desk: Desk, data: Mapping[str, Any], key: str) -> None:
        self._desk, self._data, self._key = desk, data, key
        self._settings = replace(
            desk.settings,
            seed=data["seed"],
            clock=Mode.parse(data["clock"]["mode"]),
            latency=read(Latency, data["latency"]),
            behaviours=dict(data["behaviours"]),
            magic_inputs=data["magic_inputs"],
        )
        self._jobs = [(replace(read(Job, entry["job"]), world=key), bool(entry["public"])) for entry in data["jobs"]]
        self._exchanges = [read(Exchange, exchange) for exchange in data["journal"]["exchanges"]]
        self._deliveries = [(read(Delivery, entry["delivery"]), entry["signed"]) for entry in data["deliveries"]]
        self._uploads = [read(Upload, upload) for upload in data["uploads"]]
        self._check_names()
        self._ready = self._filled(World(key, self._settings))

    def world(self) -> World:
        worlds = self._desk.worlds
        world = worlds.open(self._key, self._settings, self._ready)
        for job, public in self._jobs:
            worlds.put(world, job, public=public)
        for upload in self._uploads:
            if self._key == self._data["key"]:
                worlds.uploads.put(upload)
        for delivery, signed in self._deliveries:
            world.deliveries.add(delivery, len(delivery.message.body))
            if signed:
                self._desk.webhooks.restore(world, delivery)
        self._arm(world)
        return world

    def _filled(self, world: World) -> World:
        """*world* with all that it holds by itself."""
        data = self._data
        world.clock.start(float(data["clock"]["now"]))
        world.budget = budget(data["budget"])
        world.drawn, world.labelled = int(data["drawn"]), int(data["labelled"])
        world.announced = int(data["announced"])
        world.collected = set(data["collected"])
        weights = {job.id: job.weight for job, _ in self._jobs}
        for job_id in data["ended"]:
            world.ended.add(job_id, weights[job_id])
        world.limits.restore(data["limits"])
        world.faults.restore(data["faults"])
        world.ledger.restore(data["ledger"])
        world.journal.restore(self._exchanges, int(data["journal"]["seen"]))
        return world

    def _check_names(self) -> None:
        jobs = {job.id for job, _ in self._jobs}
        planned = {delivery.number for delivery, _ in self._deliveries if delivery.planned is not None}
        for due in self._data["due"]:
            if due.get("job") not in jobs and due.get("delivery") not in planned:
                raise ValueError(f"what is due at {due!r} is not in it")
        if missing := {*self._data["ended"]} - jobs:
            raise ValueError(f"jobs have ended that are not in it: {', '.join(sorted(missing))}")

    def _arm(self, world: World) -> None:
        """Plan what is due, in the order in which it would have happened."""
        deliveries = {delivery.number: delivery for delivery, _ in self._deliveries}
        for due in self._data["due"]:
            if "job" in due:
                self._desk.watch(world, world.jobs[due["job"]])
            else:
                delivery = deliveries[due["delivery"]]
                assert delivery.planned is not None
                self._desk.webhooks.plan(world, delivery, delivery.planned)


def _deliveries(world: World) -> dict[int, Delivery]:
    """Those that are held, and those that are not any more but still planned, by number."""
    found = {delivery.number: delivery for delivery in (*world.planned.values(), *world.deliveries)}
    return dict(sorted(found.items()))


def _delivery(delivery: Delivery) -> dict[str, Any]:
    """A function cannot be saved: only that further attempts are signed anew."""
    return {"delivery": plain(delivery), "signed": delivery.message.signature is not None}


def _due(world: World) -> list[dict[str, Any]]:
    """The ends of jobs and attempts of deliveries to come, soonest first; one under way will be made again."""
    due: list[tuple[Timer, dict[str, Any]]] = [(timer, {"job": job}) for job, timer in world.endings.items()]
    for delivery in world.planned.values():
        if delivery.timer is not None:
            due.append((delivery.timer, {"delivery": delivery.number}))
    return [what for _, what in sorted(due, key=lambda entry: (entry[0].when, entry[0].order))]
