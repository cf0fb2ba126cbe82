"""A world: everything that belongs to one API key, apart from all others."""

from __future__ import annotations

import uuid
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random
from typing import Protocol

from vidmock.engine.faults.reserved_keys import STANDING
from vidmock.engine.faults.rules import Faults
from vidmock.engine.jobs.index import JobIndex, WorldRef
from vidmock.engine.jobs.job import Job, Output, State
from vidmock.engine.jobs.ledger import Ledger
from vidmock.engine.time.clock import Clock, Timer
from vidmock.engine.webhooks.delivery import Delivery
from vidmock.engine.world.behaviours import Behaviour
from vidmock.engine.world.bounded_log import BoundedLog
from vidmock.engine.world.journal import Exchange, Journal
from vidmock.engine.world.limits import RateLimit, RateLimits
from vidmock.engine.world.settings import Settings
from vidmock.engine.world.uploads import Uploads

LEAST_ENDED = 20


class World:
    """The jobs, clock, journal and ledger of one key. The same seed and the same calls give the same draws.

    ``collected`` are the ids of the jobs of whose outcome somebody was told; ``budget`` is in USD, and what it no
    longer covers is refused; ``place`` is where others point to that must not keep a world alive which is gone.
    """

    def __init__(self, key: str, settings: Settings) -> None:
        self.key = key
        self.settings = settings
        self.clock = Clock(settings.clock)
        self.journal = Journal(settings.keep_exchanges, settings.keep_bytes)
        self.ledger = Ledger(settings.keep_jobs)
        self.deliveries: BoundedLog[Delivery] = BoundedLog(settings.keep_exchanges, settings.keep_bytes)
        self.planned: dict[int, Delivery] = {}
        self.jobs: dict[str, Job] = {}
        self.makers: dict[str, str] = {}
        self.collected: set[str] = set()
        # However large the requests: who polls a few jobs at the same time must find them.
        self.ended: BoundedLog[str] = BoundedLog(settings.keep_jobs, 4 * settings.keep_bytes, least=LEAST_ENDED)
        self.endings: dict[str, Timer] = {}
        self.limits = RateLimits()
        self.faults = Faults(Random(f"{settings.seed}|{key}|faults"))
        for rule in (*(STANDING.get(key, ()) if settings.magic_inputs else ()), *settings.faults):
            self.faults.add(rule)
        self.behaviours = dict(settings.behaviours)
        self.budget = settings.budget
        self.place = WorldRef(self)
        self.announced = 0
        self.drawn = 0
        self.labelled = 0

    def choice(self, behaviour: Behaviour) -> str:
        """What *behaviour* is switched to in this world."""
        return self.behaviours.get(behaviour.name, behaviour.default)

    def take(self, name: str, limit: RateLimit) -> None:
        """Count one more take of *name* now. A stepped clock says nothing about how fast requests come: no limit then.

        Raises:
            TooMany: the limit is reached; nothing is counted.
        """
        if self.clock.mode.kind != "step":
            self.limits.take(name, limit, self.clock.now())

    def draw(self) -> Random:
        """A fresh source of randomness, fixed by the seed, the key and how many were drawn before."""
        self.drawn += 1
        return Random(f"{self.settings.seed}|{self.key}|{self.drawn}")

    def label(self) -> str:
        """A UUID for what is no job: a request, a session. Not drawn: how often a client asks must change no job."""
        self.labelled += 1
        return new_id(Random(f"{self.settings.seed}|{self.key}|label {self.labelled}"))


def new_id(source: Random) -> str:
    """A version 4 UUID from *source*."""
    return str(uuid.UUID(int=source.getrandbits(128), version=4))


class JournalListener(Protocol):
    """Is told of each exchange as it is written down, in any world, and of the end."""

    def heard(self, world: World, exchange: Exchange) -> None: ...

    def over(self) -> None: ...


class WorldRegistry:
    """All worlds of a server, made as keys turn up, and the jobs that can be found without a key.

    Some real clients poll without their key, and files are fetched without one, so server-made job ids and all
    output ids are unique over all worlds and can be found from here. ``greet`` is called with each world that is made.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._worlds: OrderedDict[str, World] = OrderedDict()
        self._by_job = JobIndex()
        self._by_output = JobIndex()
        self.uploads = Uploads()
        self.greet: Callable[[World], None] | None = None
        self.listeners: set[JournalListener] = set()

    def __iter__(self) -> Iterator[World]:
        return iter(tuple(self._worlds.values()))

    def world(self, key: str) -> World:
        world = self._worlds.get(key)
        if world is None:
            # Room is made first: the new world is idle as well, and may be the only one that is.
            self._forget_idle_worlds()
            world = self.open(key, self.settings)
        self._worlds.move_to_end(key)
        return world

    def open(self, key: str, settings: Settings, world: World | None = None) -> World:
        """A new world for *key*, instead of the one that it may have had: *world*, or an empty one."""
        self.close(key)
        world = self._worlds[key] = world or World(key, settings)
        if self.greet:
            self.greet(world)
        return world

    @contextmanager
    def trying(self, world: World) -> Iterator[None]:
        """Have *world* be the one of its key for as long as nobody else can look; then all is as before."""
        before = self._worlds
        self._worlds = OrderedDict({**before, world.key: world})
        try:
            yield
        finally:
            self._worlds = before

    def close(self, key: str) -> None:
        """Forget the world of *key*, with all that is in it. Only what is under way is touched, not what has been."""
        world = self._worlds.pop(key, None)
        if world is None:
            return
        for timer in world.endings.values():
            timer.cancel()
        for delivery in world.planned.values():
            delivery.give_up()
        for census in (self._by_job, self._by_output):
            census.leave(world.place)
        world.place.world = None
        world.clock.release()

    def known(self, key: str) -> World | None:
        """The world of *key*, if it has one; unlike :meth:`world` it makes none."""
        return self._worlds.get(key)

    def record(self, world: World, exchange: Exchange) -> None:
        """Write *exchange* into the journal of *world*, and tell whoever listens."""
        exchange = world.journal.record(exchange)
        for listener in tuple(self.listeners):
            listener.heard(world, exchange)

    def dismiss(self) -> None:
        """Tell whoever listens that there will be nothing more."""
        for listener in tuple(self.listeners):
            listener.over()

    def put(self, world: World, job: Job, *, public: bool) -> None:
        """Keep *job*; *public* when its id is server-made, so that it can be found without its key."""
        world.jobs[job.id] = job
        if public:
            self._by_job.add(job.id, world.place)
        for output in job.outputs:
            self._by_output.add(output.id, world.place)
            world.makers[output.id] = job.id

    def retire(self, world: World, job: Job) -> None:
        """Note that *job* has ended, and forget the ones that ended longest ago, beyond the bound."""
        for oldest in world.ended.add(job.id, job.weight):
            self.forget(world, world.jobs[oldest])

    def find(self, job_id: str) -> tuple[World, Job] | None:
        return next(((world, world.jobs[job_id]) for world in self._by_job.of(job_id)), None)

    def public(self, world: World, job: Job) -> bool:
        """Whether *job* of *world* can be found without its key."""
        return any(other is world for other in self._by_job.of(job.id))

    def output(self, output_id: str) -> tuple[World, Job, Output] | None:
        """The output of that id; of several futures, in the first where it was made."""
        if output_id not in self._by_output:
            return None
        found = None
        for world in self._by_output.of(output_id):
            job = world.jobs[world.makers[output_id]]
            made = job.state(world.clock.now()) is State.SUCCEEDED
            if found is None or made:
                found = world, job, next(output for output in job.outputs if output.id == output_id)
            if made:
                break
        return found

    def forget(self, world: World, job: Job) -> None:
        del world.jobs[job.id]
        world.collected.discard(job.id)
        self._by_job.discard(job.id, world.place)
        for output in job.outputs:
            self._by_output.discard(output.id, world.place)
            del world.makers[output.id]

    def _forget_idle_worlds(self) -> None:
        excess = len(self._worlds) + 1 - self.settings.keep_worlds
        if excess <= 0:
            return
        for world in [world for world in self._worlds.values() if not world.endings][:excess]:
            self.close(world.key)
