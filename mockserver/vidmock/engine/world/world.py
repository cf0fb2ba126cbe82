"""A world: everything that belongs to one API key, apart from all others."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from random import Random
from types import MappingProxyType
from typing import Final

from vidmock.engine.changes import Changes
from vidmock.engine.faults.catalog import fits
from vidmock.engine.faults.faults import Faults
from vidmock.engine.faults.reserved_keys import STANDING
from vidmock.engine.jobs.ledger import Ledger
from vidmock.engine.jobs.store import JobStore
from vidmock.engine.jobs.timeline import Latency
from vidmock.engine.memory import Holding
from vidmock.engine.time.clock import Action, Clock, Timer
from vidmock.engine.webhooks.outbox import Outbox
from vidmock.engine.world.journal import Journal
from vidmock.engine.world.limits import RateLimit, RateLimits
from vidmock.engine.world.remarks import Remarks
from vidmock.engine.world.settings import Settings
from vidmock.engine.world.task_ids import TaskIds
from vidmock.engine.world.upload_tickets import UploadTickets
from vidmock.engine.world.uploads import Files
from vidmock.schema.behaviours import Behaviour

_VARIANT: Final = {digit: "89ab"[int(digit, 16) % 4] for digit in "0123456789abcdef"}
"""The first digit of the fourth part of a UUID, by what was drawn for it: its upper bits are 10 (RFC 9562, 4.1)."""

NOBODY = "nobody"
"""The id of the world of requests that came without a valid key."""


@dataclass(frozen=True, slots=True)
class Due:
    """What is planned: the end of the job of that id, or an attempt of the delivery of that number.

    Or that the output of that id is ready, before the end of its job.
    """

    job: str | None = None
    delivery: int | None = None
    output: str | None = None

    @property
    def name(self) -> str:
        """A name that nothing else that is planned has."""
        return (
            f"job {self.job}" if self.job else f"output {self.output}" if self.output else f"delivery {self.delivery}"
        )

    @classmethod
    def of(cls, name: str) -> Due:
        """What has that name. Raises ValueError: nothing can."""
        kind, _, what = name.partition(" ")
        return (
            cls(delivery=int(what)) if kind == "delivery" else cls(output=what) if kind == "output" else cls(job=what)
        )


class Schedule:
    """The plans on a world's clock, by what is due. A plan stays until it is dropped, also while its action runs."""

    def __init__(self, clock: Clock, changes: Changes | None = None) -> None:
        self._clock, self._changes = clock, changes or Changes()
        self._timers: dict[Due, Timer] = {}

    def plan(self, due: Due, when: float, action: Action) -> None:
        """Plan *action* for *due* at *when*, in place of an earlier plan."""
        self.drop(due)
        self._timers[due] = self._clock.at(when, action, due)
        if self._changes.on:
            self._changes.renew("due", due.name)

    def drop(self, due: Due) -> bool:
        """Cancel the plan for *due*; return whether there was one."""
        timer = self._timers.pop(due, None)
        if timer is not None:
            timer.cancel()
            if self._changes.on:
                self._changes.renew("due", due.name)
        return timer is not None

    def find(self, name: str) -> Due | None:
        """What is planned under that name, if it is."""
        due = Due.of(name)
        return due if due in self._timers else None

    def clear(self) -> None:
        """Cancel all plans."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def __iter__(self) -> Iterator[Due]:
        """What is planned, in the order of the clock."""
        return iter(sorted(self._timers, key=lambda due: (self._timers[due].when, self._timers[due].order)))


class World:
    """The jobs, clock, journal, deliveries, faults and limits of one key. The same seed and calls give the same draws.

    *files* are its uploads, *parts* those of uploads in parts that are not complete.

    Each part is changed by its own operations only. Hold ``reference`` where a closed world must not be kept alive.
    """

    def __init__(self, key: str, settings: Settings) -> None:
        self.key = key
        self.id = world_id(key)
        self.holding = Holding()
        self.changes = self.holding.changes
        self.clock = Clock(settings.clock, changes=self.changes)
        self.schedule = Schedule(self.clock, self.changes)
        self.journal = Journal(settings.keep_exchanges, settings.keep_bytes, self.holding)
        self.jobs = JobStore(settings.keep_jobs, 4 * settings.keep_bytes, self.holding)
        self.jobs.ledger.set_budget(settings.budget)
        self.outbox = Outbox(settings.keep_exchanges, settings.keep_bytes, self.holding)
        self.files = Files(4 * settings.keep_bytes, self.holding)
        self.parts = Files(4 * settings.keep_bytes, self.holding)
        self.task_ids = TaskIds(self.holding)
        for store in (self.journal, self.jobs, self.outbox, self.files, self.parts, self.task_ids):
            self.holding.add_store(store)
        self.limits = RateLimits(self.changes)
        self.remarks = Remarks(self.changes)
        self.tickets = UploadTickets(self.changes)
        self.faults = Faults(Random(f"{settings.seed}|{key}|faults"), fits, self.changes)
        for rule in (*(STANDING.get(key, ()) if settings.magic_inputs else ()), *settings.faults):
            self.faults.add(rule)
        self.reference = Reference(self)
        self._settings = settings
        self._behaviours = dict(settings.behaviours)
        self._label = ""
        self._drawn = 0
        self._labelled = 0

    @property
    def settings(self) -> Settings:
        return self._settings

    @property
    def ledger(self) -> Ledger:
        """What the jobs have cost. Charges and refunds come from ``jobs`` only."""
        return self.jobs.ledger

    @property
    def behaviours(self) -> Mapping[str, str]:
        """The switches that are not at their default."""
        return MappingProxyType(self._behaviours)

    @property
    def label(self) -> str:
        """What somebody calls this world, such as the test whose it is; empty where nobody does."""
        return self._label

    def set_label(self, label: str) -> None:
        """Call this world *label*."""
        self._label = label
        self._note_settings()

    @property
    def drawn(self) -> int:
        """How many sources of randomness were drawn so far."""
        return self._drawn

    @property
    def labelled(self) -> int:
        """How many calls were numbered so far."""
        return self._labelled

    @property
    def closed(self) -> bool:
        return self.reference.target is None

    def choice(self, behaviour: Behaviour) -> str:
        """What *behaviour* is switched to in this world."""
        return self._behaviours.get(behaviour.name, behaviour.default)

    def switch(self, choices: Mapping[str, str]) -> None:
        """Switch behaviours by name; those that are not named stay as they are."""
        self._behaviours.update(choices)
        self._note_settings()

    def reconfigure(self, seed: int | None = None, latency: Latency | None = None) -> None:
        """Draw from another *seed*, or have jobs take another *latency*, from now on."""
        kept = self._settings
        self._settings = replace(kept, seed=kept.seed if seed is None else seed, latency=latency or kept.latency)
        self._note_settings()

    def check_rate(self, name: str, limit: RateLimit, now: float) -> None:
        """Check that *limit* has room for one more request; a stepped clock tells no rate, and limits nothing.

        Raises:
            TooMany: the limit is reached.
        """
        if self.clock.mode.kind != "step":
            self.limits.check(name, limit, now)

    def take(self, name: str, limit: RateLimit, now: float) -> None:
        """Count one more request against *limit*. Raises as :meth:`check_rate`, and then counts nothing."""
        if self.clock.mode.kind != "step":
            self.limits.take(name, limit, now)

    @contextmanager
    def drawing(self) -> Iterator[Random]:
        """As :meth:`draw`, but not counted where something is raised: what is refused changes no later draw."""
        yield self._source(self._drawn + 1)
        self._drawn += 1
        if self.changes.on:
            self.changes.note("world")

    def draw(self) -> Random:
        """A fresh source of randomness, fixed by the seed, the key and how many were drawn before."""
        self._drawn += 1
        if self.changes.on:
            self.changes.note("world")
        return self._source(self._drawn)

    def _source(self, number: int) -> Random:
        return Random(f"{self.settings.seed}|{self.key}|{number}")

    def number_call(self) -> int:
        """The number of a call that begins here, counted from 1."""
        self._labelled += 1
        if self.changes.on:
            self.changes.note("calls")
        return self._labelled

    def call_id(self, number: int) -> str:
        """A UUID of call *number*, for its request or session. Not drawn: how often a client asks changes no job."""
        return new_id(Random(f"{self.settings.seed}|{self.key}|label {number}"))

    def resume(self, drawn: int, labelled: int) -> None:
        """Go on drawing, and numbering calls, behind so many."""
        self._drawn, self._labelled = drawn, labelled

    def _note_settings(self) -> None:
        if self.changes.on:
            self.changes.note("world")

    def close(self) -> None:
        """Cancel all that is planned, and wake the requests that wait."""
        self.changes.unwatch()
        self.schedule.clear()
        for delivery in tuple(self.outbox.planned.values()):
            self.outbox.finish(delivery)
        self.reference.clear()
        self.clock.release()


class Reference:
    """A reference to a world, cleared when the world closes."""

    __slots__ = ("_target",)

    def __init__(self, target: World) -> None:
        self._target: World | None = target

    @property
    def target(self) -> World | None:
        return self._target

    def clear(self) -> None:
        self._target = None


def world_id(key: str) -> str:
    """A short id of the world of *key*, from which nobody can tell the key."""
    return hashlib.sha256(key.encode()).hexdigest()[:8] if key else NOBODY


def new_id(source: Random) -> str:
    """A version 4 UUID from *source*."""
    drawn = f"{source.getrandbits(128):032x}"
    return f"{drawn[:8]}-{drawn[8:12]}-4{drawn[13:16]}-{_VARIANT[drawn[16]]}{drawn[17:20]}-{drawn[20:]}"
