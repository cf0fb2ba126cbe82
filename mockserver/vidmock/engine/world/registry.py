"""The registry of all worlds of a server, with an index of the jobs and outputs that are found without a key."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from itertools import islice

from vidmock.engine.changes import Changes
from vidmock.engine.faults.reserved_keys import REFUSED_KEY
from vidmock.engine.jobs.job import Job, Output
from vidmock.engine.memory import Memory
from vidmock.engine.time.clock import Clock
from vidmock.engine.time.clock_group import ClockGroup
from vidmock.engine.world.activity import ActivityEvent, ActivityListener, WorldChanged
from vidmock.engine.world.jobs_of_world import JobsOfWorld
from vidmock.engine.world.journal import Exchange
from vidmock.engine.world.latest_worlds import LatestWorlds
from vidmock.engine.world.replica_counts import ReplicaCounts
from vidmock.engine.world.settings import Settings
from vidmock.engine.world.store_times import StoreTimes
from vidmock.engine.world.upload_tickets import UploadTicket
from vidmock.engine.world.uploads import LONGEST_URL, Upload, upload_names
from vidmock.engine.world.world import World
from vidmock.engine.world.world_index import WorldIndex


class WorldRegistry:
    """Worlds by key, created when a key is used first.

    Some real clients poll without their key, and files are fetched without one, so server-made job ids and all
    output ids are unique over all worlds and can be found from here.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.changes = Changes()
        """Of what belongs to no world: the clock."""
        self.clock = Clock(settings.clock, changes=self.changes)
        """By which new worlds begin. The time that passes for all worlds passes on it, even where there is none yet."""
        self.memory = Memory(settings.memory)
        self.accepted = LatestWorlds()
        """The worlds that have had jobs or deliveries, by when their newest jobs were accepted, and their places."""
        self.recorded = LatestWorlds()
        """The worlds that have had exchanges, by the time of their newest ones, and the machine's."""
        self.answered: Counter[tuple[str, str, int]] = Counter()
        """The exchanges so far, also those that no journal has any more: provider, operation, status."""
        self.store_times = StoreTimes()
        self.replica = ReplicaCounts()
        self._worlds: OrderedDict[str, World] = OrderedDict()
        self._by_id: dict[str, World] = {}
        self._idle: OrderedDict[str, None] = OrderedDict()
        """The keys of the worlds whose jobs have all ended, the one that was used, or at work, longest ago first."""
        self._unused_nobody = World("", settings)
        self._by_job = WorldIndex()
        self._by_output = WorldIndex()
        self._by_upload = WorldIndex()
        self._by_ticket = WorldIndex()
        self._on_keep: list[Callable[[World], None]] = []
        self._on_open: list[Callable[[World], None]] = []
        self._on_close: list[Callable[[WorldRegistry, World], None]] = []
        self._listeners: set[ActivityListener] = set()
        self._opened = 0

    def __iter__(self) -> Iterator[World]:
        return iter(tuple(self._worlds.values()))

    def __reversed__(self) -> Iterator[World]:
        """The one that was used last first. None may be used meanwhile."""
        return reversed(self._worlds.values())

    def __len__(self) -> int:
        return len(self._worlds)

    def accepts(self, key: str) -> bool:
        """Whether *key* is one that a client may use here."""
        settings = self.settings
        refused = key == REFUSED_KEY and settings.magic_inputs
        return not refused and (not settings.keys or key in settings.keys)

    def world(self, key: str) -> World:
        """The world of *key*, created where there is none."""
        world = self._worlds.get(key)
        if world is None:
            # Room is made first: the new world is idle as well, and may be the only one that is.
            self._close_idle_worlds()
            world = self.open(self.new_world(key) if key else self._begin_nobody())
        self._use(world)
        return world

    def new_world(self, key: str, settings: Settings | None = None) -> World:
        """A world for *key* that is not registered, whose clock shows what those of the others would.

        With *settings* of its own it keeps their mode, and if that is not the server's, begins at a time of its own.
        """
        world = World(key, settings or self.settings)
        self._set_clock(world)
        return world

    def clocks(self, key: str | None = None) -> ClockGroup:
        """The clock of the world of *key*; without one those of all worlds, led by the one that new worlds begin by."""
        if key is not None:
            return ClockGroup(lambda: [self.world(key).clock], self.world(key).clock)
        return ClockGroup(lambda: [world.clock for world in self], self.clock, lambda: self._opened)

    def restart_clock(self) -> None:
        """Have new worlds begin as the first ones did, unless something is planned on their clock."""
        if self.clock.due() is None:
            self.clock.set_mode(self.settings.clock)
            self.clock.start(Clock(self.settings.clock).now())

    @property
    def nobody(self) -> World:
        """The world of calls without a good key. It is there from the start, but listed only once it was used."""
        return self._worlds.get("", self._unused_nobody)

    def known(self, key: str) -> World | None:
        """The world of *key*, or ``None``; unlike :meth:`world`, it creates none."""
        return self._worlds.get(key)

    def of_id(self, world_id: str) -> World | None:
        """The world of that id, or ``None``."""
        return self._by_id.get(world_id)

    def visited(self, key: str) -> World:
        """The world of *key*; where there is none, a new one that :meth:`keep` alone would register."""
        return self._worlds.get(key) or self._begin(self.new_world(key))

    def keep(self, world: World) -> World:
        """Register *world*, which was only visited, and return it; or return the one that its key has by now."""
        if world.key not in self._worlds:
            self._close_idle_worlds()
            self._register(world)
            self.tell(world, WorldChanged("made"))
        return self._worlds[world.key]

    def open(self, world: World) -> World:
        """Register *world* under its key; a world that was there is closed."""
        before = self._remove(world.key)
        self._register(world)
        past = world.jobs or world.journal.seen
        self.tell(world, WorldChanged("restored" if past else "reset" if before else "made"))
        return self._begin(world)

    def _register(self, world: World) -> None:
        self._worlds[world.key] = self._by_id[world.id] = world
        self._opened += 1
        world.jobs.list_in(JobsOfWorld(self._by_job, self._by_output, self.accepted, self._idle, world.reference))
        world.files.list_in(self._by_upload.seen_by(world.reference))
        world.tickets.list_in(self._by_ticket.seen_by(world.reference))
        world.holding.join(self.memory)
        for tell in self._on_keep:
            tell(world)
        # One that was restored has a past.
        if world.jobs or len(world.outbox):
            self.accepted.note(world, (0, 0))
        for exchange in islice(reversed(world.journal), 1):
            self.recorded.note(world, (exchange.at, exchange.real))

    def _begin(self, world: World) -> World:
        for tell in self._on_open:
            tell(world)
        return world

    def on_open(self, tell: Callable[[World], None]) -> None:
        """Call *tell* with each world that begins from now on, also with those that are not kept."""
        self._on_open.append(tell)

    def on_keep(self, tell: Callable[[World], None]) -> None:
        """Call *tell* with each world that is registered from now on, with all that it has by then."""
        self._on_keep.append(tell)

    def on_close(self, tell: Callable[[WorldRegistry, World], None]) -> None:
        """Call *tell* with this registry and each world that is closed from now on, before it is."""
        self._on_close.append(tell)

    def close(self, key: str) -> None:
        """Close and remove the world of *key*, if there is one. It costs what is under way there, not what has been."""
        if world := self._remove(key):
            self.tell(world, WorldChanged("gone"))

    def _remove(self, key: str) -> World | None:
        world = self._worlds.pop(key, None)
        if world is not None:
            self._idle.pop(key, None)
            # Ids are short: of the keys of many worlds, two may have the same.
            if self._by_id.get(world.id) is world:
                del self._by_id[world.id]
            self.accepted.forget(world)
            self.recorded.forget(world)
            world.holding.leave()
            for index in (self._by_job, self._by_output, self._by_upload, self._by_ticket):
                index.leave(world.reference)
            for tell in self._on_close:
                tell(self, world)
            world.close()
            if not key:
                self._unused_nobody = World("", self.settings)
        return world

    def record(self, world: World, exchange: Exchange) -> None:
        """Add *exchange* to the journal of *world*, and pass it to the listeners."""
        self.answered[exchange.provider, exchange.operation, exchange.status] += 1
        if self._worlds.get(world.key) is world:
            # A job is found without its key, and its world is used all the same.
            self._use(world)
            self.recorded.note(world, (exchange.at, exchange.real))
        self.tell(world, world.journal.record(exchange))

    def tell(self, world: World, event: ActivityEvent) -> None:
        """Pass *event* of *world* to the listeners."""
        for listener in tuple(self._listeners):
            listener.heard(world, event)

    def listen(self, listener: ActivityListener) -> None:
        """Pass each event to *listener* from now on."""
        self._listeners.add(listener)

    def unlisten(self, listener: ActivityListener) -> None:
        """Pass no event to *listener* any more."""
        self._listeners.discard(listener)

    @property
    def listening(self) -> int:
        """How many listeners there are."""
        return len(self._listeners)

    def dismiss(self) -> None:
        """Tell the listeners that the server ends."""
        for listener in tuple(self._listeners):
            listener.over()

    def find(self, job_id: str) -> tuple[World, Job] | None:
        """The public job of that id and its world; of forked worlds, the first."""
        return next(((world, world.jobs[job_id]) for world in self._by_job.of(job_id)), None)

    def output(self, output_id: str) -> tuple[World, Job, Output] | None:
        """The output of that id, its job and world; of forked worlds, the first in which the job has succeeded."""
        if output_id not in self._by_output:
            return None
        worlds = list(self._by_output.of(output_id))
        if not worlds:
            return None
        world = worlds[0]
        if len(worlds) > 1:
            made = (world for world in worlds if world.jobs.made(output_id, world.clock.now()))
            world = next(made, world)
        return world, *world.jobs.output(output_id)

    def upload(self, upload_id: str) -> tuple[World, Upload] | None:
        """The uploaded file of that id and its world, also where it has expired; of forked worlds, the first."""
        return next(((world, world.files[upload_id]) for world in self._by_upload.of(upload_id)), None)

    def ticket(self, file_id: str) -> tuple[World, UploadTicket] | None:
        """The ticket to upload the file of that id, and its world; of forked worlds, the first."""
        return next(((world, world.tickets[file_id]) for world in self._by_ticket.of(file_id)), None)

    def upload_at(self, url: str) -> Upload | None:
        """The uploaded file that is served at *url*, if any."""
        if not self._by_upload or len(url) > LONGEST_URL:
            return None
        found = next(filter(None, map(self.upload, upload_names(url))), None)
        return found[1] if found else None

    def _begin_nobody(self) -> World:
        """The world of calls without a good key, whose time begins when it is used first, as that of any world."""
        world = self._unused_nobody
        self._set_clock(world)
        return world

    def _set_clock(self, world: World) -> None:
        if world.settings is self.settings:
            world.clock.set_mode(self.clock.mode)
        if world.clock.mode == self.clock.mode:
            world.clock.start(self.clock.now())

    def _use(self, world: World) -> None:
        self._worlds.move_to_end(world.key)
        if world.key in self._idle:
            self._idle.move_to_end(world.key)
        world.holding.use()

    def _close_idle_worlds(self) -> None:
        while self._idle and len(self._worlds) >= self.settings.keep_worlds:
            self.close(next(iter(self._idle)))
