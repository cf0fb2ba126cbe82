"""A world in parts, each plain data under a name of its own, so that what has changed can be kept without all the rest.

Together they are a snapshot: the same members, checked and loaded in the same way.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from vidmock.engine.changes import PartKind
from vidmock.engine.codec import to_plain
from vidmock.engine.snapshot.snapshot import FORM, delivery_state, due_state, job_state, whole_state
from vidmock.engine.time.clock import Clock
from vidmock.engine.time.mode import Mode
from vidmock.engine.world.world import Due, World

PartName = tuple[PartKind, str]
NamedPart = tuple[PartKind, str, Any]
"""A part, its name, and its value as plain data."""


def part_names(world: World) -> Iterator[PartName]:
    """The names of all parts that *world* has, each kind in its own order."""
    for whole in ("world", "calls", "totals", "limits", "faults"):
        yield whole, ""
    for job in world.jobs.values():
        yield "job", job.id
        for result in (job.id, *(output.id for output in job.outputs)):
            yield from (("told", result), ("downloaded", result), ("begun", result))
    yield from (("ended", job_id) for job_id in world.jobs.ended())
    yield from (("line", line.job) for line in world.ledger.lines())
    yield from (("fault", rule.id) for rule, _ in world.faults)
    yield from (("exchange", str(exchange.number)) for exchange in world.journal)
    yield from (("delivery", str(number)) for number in world.outbox.known())
    yield from (("upload", upload.id) for upload in world.files)
    yield from (("ticket", ticket.id) for ticket in world.tickets)
    yield from (("task", task_id) for task_id in world.task_ids)
    yield from (("due", due.name) for due in world.schedule)
    yield from (("struck", job_id) for job_id in world.remarks.struck_jobs())


def read_part(world: World, part: PartKind, name: str) -> Any:
    """The *part* of that *name* as plain data; ``None`` where *world* has none, or none any more."""
    return _READERS[part](world, name)


def _world(world: World, name: str) -> Any:
    return {**whole_state(world), "clock": clock_state(world.clock)}


def _calls(world: World, name: str) -> Any:
    return {"labelled": world.labelled, "seen": world.journal.seen, "announced": world.outbox.counted}


def _job(world: World, name: str) -> Any:
    job = world.jobs.get(name)
    return None if job is None else job_state(world, job)


def _delivery(world: World, number: int) -> Any:
    delivery = world.outbox.get(number)
    return None if delivery is None else delivery_state(delivery)


def _due(world: World, name: str) -> Any:
    due = world.schedule.find(name)
    return None if due is None else due_state(due)


def _found(value: object | None) -> Any:
    return None if value is None else to_plain(value)


_READERS: Final[Mapping[PartKind, Callable[[World, str], Any]]] = {
    "world": _world,
    "calls": _calls,
    "job": _job,
    "ended": lambda world, name: True if name in world.jobs and not world.jobs.is_unfinished(name) else None,
    "told": lambda world, name: world.jobs.handover.told(name) or None,
    "downloaded": lambda world, name: world.jobs.handover.downloaded(name) or None,
    "begun": lambda world, name: to_plain(world.jobs.handover.begun(name)) or None,
    "line": lambda world, name: _found(world.ledger.line(name)),
    "totals": lambda world, name: world.ledger.totals_state(),
    "limits": lambda world, name: world.limits.state(),
    "faults": lambda world, name: world.faults.counts_state(),
    "fault": lambda world, name: world.faults.state_of(name),
    "exchange": lambda world, name: _found(world.journal.find(int(name))),
    "delivery": lambda world, name: _delivery(world, int(name)),
    "upload": lambda world, name: _found(world.files.get(name)),
    "ticket": lambda world, name: _found(world.tickets.get(name)),
    "task": lambda world, name: True if name in world.task_ids else None,
    "due": _due,
    "struck": lambda world, name: list(world.remarks.struck(name)) or None,
}


def snapshot_of(parts: Iterable[NamedPart]) -> dict[str, Any]:
    """The snapshot of a world of which these are all *parts*, each kind in its own order.

    Time has passed meanwhile where the clock flows. Raises LookupError, TypeError, ValueError: a part is wrong.
    """
    kinds: dict[str, dict[str, Any]] = {}
    for part, name, value in parts:
        kinds.setdefault(part, {})[name] = value
    whole, calls = kinds["world"][""], kinds["calls"][""]
    jobs = kinds.get("job", {})
    deliveries = sorted(kinds.get("delivery", {}).values(), key=lambda state: int(state["delivery"]["number"]))
    exchanges = sorted(kinds.get("exchange", {}).values(), key=lambda exchange: int(exchange["number"]))
    return {
        "form": FORM,
        **whole,
        "clock": clock_now(whole["clock"]),
        "labelled": calls["labelled"],
        "jobs": list(jobs.values()),
        "ended": list(kinds.get("ended", {})),
        "handover": {
            "told": list(kinds.get("told", {})),
            "downloaded": list(kinds.get("downloaded", {})),
            "begun": kinds.get("begun", {}),
        },
        "limits": kinds["limits"][""],
        "faults": {**kinds["faults"][""], "rules": list(kinds.get("fault", {}).values())},
        "ledger": {"lines": list(kinds.get("line", {}).values()), "by_model": kinds["totals"][""]},
        "journal": {"seen": calls["seen"], "exchanges": exchanges},
        "announced": calls["announced"],
        "deliveries": deliveries,
        "uploads": list(kinds.get("upload", {}).values()),
        "tickets": list(kinds.get("ticket", {}).values()),
        "task_ids": list(kinds.get("task", {})),
        "struck": kinds.get("struck", {}),
        "due": _in_order(kinds.get("due", {}).values(), jobs, {s["delivery"]["number"]: s for s in deliveries}),
    }


def clock_state(clock: Clock) -> dict[str, Any]:
    """What *clock* shows, and what the machine's does, in seconds since the epoch."""
    return {"mode": str(clock.mode), "now": clock.now(), "real": time.time()}


def clock_now(state: Mapping[str, Any]) -> dict[str, Any]:
    """What a clock that was kept as *state* shows by now: a flowing one has not stood still while nobody looked."""
    mode, now = Mode.parse(state["mode"]), float(state["now"])
    passed = max(0.0, time.time() - float(state["real"])) * mode.factor if mode.flows else 0.0
    return {"mode": state["mode"], "now": now + passed}


def _in_order(
    dues: Iterable[Mapping[str, Any]], jobs: Mapping[str, Any], deliveries: Mapping[int, Any]
) -> list[Mapping[str, Any]]:
    """*dues* in the order of the clock; of those of one moment, the one that was planned first."""
    ready = {output["id"]: output.get("ready") for job in jobs.values() for output in job["job"]["outputs"]}

    def when(due: Mapping[str, Any]) -> float:
        given = Due(**due)
        if given.job is not None:
            return float(jobs[given.job]["job"]["timeline"][-1]["at"])
        if given.output is not None:
            return float(ready[given.output] or 0.0)
        return float(deliveries[given.delivery or 0]["delivery"]["planned"] or 0.0)

    return sorted(dues, key=when)
