"""The registry of all worlds of a server, with an index of the jobs and outputs that are found without a key."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from typing import Final, Protocol

from vidmock.engine.faults.reserved_keys import REFUSED_KEY
from vidmock.engine.jobs.job import Job, Output
from vidmock.engine.time.clock import Clock
from vidmock.engine.time.clock_group import ClockGroup
from vidmock.engine.world.journal import Exchange
from vidmock.engine.world.settings import Settings
from vidmock.engine.world.uploads import PARTS_BYTES, Uploads
from vidmock.engine.world.world import Reference, World

_SWEPT_AT_ONCE: Final = 4


class JournalListener(Protocol):
    """Receives each exchange of any world as it is recorded, and the end of the server."""

    def heard(self, world: World, exchange: Exchange) -> None: ...

    def over(self) -> None: ...


class WorldRegistry:
    """Worlds by key, created when a key is used first.

    Some real clients poll without their key, and files are fetched without one, so server-made job ids and all
    output ids are unique over all worlds and can be found from here.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.clock = Clock(settings.clock)
        """By which new worlds begin. The time that passes for all worlds passes on it, even where there is none yet."""
        self.uploads = Uploads()
        self.parts = Uploads(PARTS_BYTES)
        """Those of uploads that are not finished."""
        self._worlds: OrderedDict[str, World] = OrderedDict()
        self._unused_nobody = World("", settings)
        self._by_job = _Index()
        self._by_output = _Index()
        self._on_open: list[Callable[[World], None]] = []
        self._on_close: list[Callable[[WorldRegistry, World], None]] = []
        self._listeners: set[JournalListener] = set()

    def __iter__(self) -> Iterator[World]:
        return iter(tuple(self._worlds.values()))

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
        self._worlds.move_to_end(key)
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
        return ClockGroup(lambda: [world.clock for world in self], self.clock)

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

    def visited(self, key: str) -> World:
        """The world of *key*; where there is none, a new one that :meth:`keep` alone would register."""
        return self._worlds.get(key) or self._begin(self.new_world(key))

    def keep(self, world: World) -> World:
        """Register *world*, which was only visited, and return it; or return the one that its key has by now."""
        if world.key not in self._worlds:
            self._close_idle_worlds()
            self._register(world)
        return self._worlds[world.key]

    def open(self, world: World) -> World:
        """Register *world* under its key; a world that was there is closed."""
        self.close(world.key)
        self._register(world)
        return self._begin(world)

    def _register(self, world: World) -> None:
        self._worlds[world.key] = world
        world.jobs.list_in(_Listing(self._by_job, self._by_output, world.reference))

    def _begin(self, world: World) -> World:
        for tell in self._on_open:
            tell(world)
        return world

    def on_open(self, tell: Callable[[World], None]) -> None:
        """Call *tell* with each world that begins from now on, also with those that are not kept."""
        self._on_open.append(tell)

    def on_close(self, tell: Callable[[WorldRegistry, World], None]) -> None:
        """Call *tell* with this registry and each world that is closed from now on, before it is."""
        self._on_close.append(tell)

    def close(self, key: str) -> None:
        """Close and remove the world of *key*, if there is one. It costs what is under way there, not what has been."""
        world = self._worlds.pop(key, None)
        if world is not None:
            for index in (self._by_job, self._by_output):
                index.leave(world.reference)
            self.uploads.leave(key)
            self.parts.leave(key)
            for tell in self._on_close:
                tell(self, world)
            world.close()
            if not key:
                self._unused_nobody = World("", self.settings)

    def record(self, world: World, exchange: Exchange) -> None:
        """Add *exchange* to the journal of *world*, and pass it to the listeners."""
        exchange = world.journal.record(exchange)
        for listener in tuple(self._listeners):
            listener.heard(world, exchange)

    def listen(self, listener: JournalListener) -> None:
        """Pass each exchange to *listener* from now on."""
        self._listeners.add(listener)

    def unlisten(self, listener: JournalListener) -> None:
        """Pass no exchange to *listener* any more."""
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
        worlds = list(self._by_output.of(output_id))
        if not worlds:
            return None
        world = worlds[0]
        if len(worlds) > 1:
            made = (world for world in worlds if world.jobs.made(output_id, world.clock.now()))
            world = next(made, world)
        return world, *world.jobs.output(output_id)

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

    def _close_idle_worlds(self) -> None:
        excess = len(self._worlds) + 1 - self.settings.keep_worlds
        if excess <= 0:
            return
        for world in [world for world in self._worlds.values() if world.jobs.idle][:excess]:
            self.close(world.key)


class _Listing:
    """The two indices, as the job store of one world sees them."""

    def __init__(self, by_job: _Index, by_output: _Index, reference: Reference) -> None:
        self._by_job, self._by_output, self._reference = by_job, by_output, reference

    def add(self, job: Job, *, public: bool) -> None:
        if public:
            self._by_job.add(job.id, self._reference)
        for output in job.outputs:
            self._by_output.add(output.id, self._reference)

    def discard(self, job: Job) -> None:
        self._by_job.discard(job.id, self._reference)
        for output in job.outputs:
            self._by_output.discard(output.id, self._reference)


class _Index:
    """References to the worlds that know an id, in the order in which they were added: forked worlds share ids.

    Closing a world takes one step, however many ids it has: they are removed later, a few with each id that is added,
    so that no more of them are kept than were in use at some time.
    """

    def __init__(self) -> None:
        self._references: dict[str, tuple[Reference, ...]] = {}
        self._names: dict[Reference, dict[str, None]] = {}
        self._left: deque[tuple[Reference, dict[str, None]]] = deque()

    def add(self, name: str, reference: Reference) -> None:
        self._sweep()
        known = self._references.get(name, ())
        others = tuple(other for other in known if other.target is not None and other is not reference)
        self._references[name] = (*others, reference)
        self._names.setdefault(reference, {})[name] = None

    def discard(self, name: str, reference: Reference) -> None:
        """Remove *reference* from *name*; other references stay."""
        if name in self._names.get(reference, ()):
            del self._names[reference][name]
            self._forget(name, reference)

    def of(self, name: str) -> Iterator[World]:
        """The worlds that know *name*, the first to know it first."""
        for reference in self._references.get(name, ()):
            if reference.target is not None:
                yield reference.target

    def leave(self, reference: Reference) -> None:
        """Remove *reference*, whose world is closed, from all its ids."""
        if names := self._names.pop(reference, None):
            self._left.append((reference, names))

    def __contains__(self, name: str) -> bool:
        """Whether *name* may be known in a world: that of a closed one counts until it is removed."""
        return name in self._references

    def __len__(self) -> int:
        """How many ids are kept, those of closed worlds that are not removed yet included."""
        return len(self._references)

    def _sweep(self) -> None:
        for _ in range(_SWEPT_AT_ONCE):
            if not self._left:
                return
            reference, names = self._left[0]
            self._forget(names.popitem()[0], reference)
            if not names:
                self._left.popleft()

    def _forget(self, name: str, reference: Reference) -> None:
        others = tuple(other for other in self._references.get(name, ()) if other is not reference)
        if others:
            self._references[name] = others
        else:
            self._references.pop(name, None)
