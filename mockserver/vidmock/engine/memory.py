"""Memory: how many bytes all worlds hold together, counted as they come and go, and their one bound.

Whoever keeps something says how large it is; the sizes are estimates of what Python takes for it. Beyond the bound, the
world that was used longest ago gives up what is oldest in it first. What is pinned, because it has not ended, is
never given up: it is refused before there is too much of it.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping
from typing import Final, Literal, Protocol, Self

from vidmock.engine.changes import Changes
from vidmock.problems import Unavailable

Full = Literal["dropped", "refused"]
"""What happened because the memory is full."""
WORLD_SIZE: Final = 8_192
"""Bytes of a world with nothing in it."""
_VALUE_SIZE: Final = 64
"""Bytes of a value of JSON beside its text."""
_COUNTED: Final = 2**20
"""Bytes of a JSON text up to which its values are counted; a longer one is taken to have as many as it may have."""
MOST_VALUES: Final = 25_000
"""The most values of a body, a limit of ours: reading and judging one takes microseconds, and its sender counts."""
_WIDEST: Final = 4
"""Bytes of a character, in a text that has one outside of ASCII."""


class Store(Protocol):
    """A part of a world that can give something up. *kind* says what, in the plural."""

    @property
    def kind(self) -> str: ...

    @property
    def oldest(self) -> int | None:
        """The stamp of the oldest thing in it that can be given up, from :meth:`Holding.stamp`."""

    def give_up(self) -> None:
        """Drop that thing, and count it no longer."""


class Holding:
    """What one world holds in its *stores*, in bytes. It counts in a memory while it has joined that.

    ``changes`` says what of it has changed since it was kept.
    """

    def __init__(self, base: int = WORLD_SIZE) -> None:
        self._held, self._pinned = base, 0
        self._stamped = self._dropped = 0
        self._stores: list[Store] = []
        self._memory: Memory | None = None
        self.changes = Changes()

    @property
    def held(self) -> int:
        """Bytes, those that are pinned included."""
        return self._held

    @property
    def pinned(self) -> int:
        """Bytes that cannot be given up."""
        return self._pinned

    @property
    def dropped(self) -> int:
        """How many things it gave up so far."""
        return self._dropped

    def add_store(self, store: Store) -> None:
        """Have *store* give things up."""
        self._stores.append(store)

    def stamp(self) -> int:
        """A number for a thing that comes now, higher than that of each earlier one."""
        self._stamped += 1
        return self._stamped

    def count(self, size: int) -> None:
        """Count *size* bytes more, or less. Where that is more than there may be, something is given up now."""
        self._held += size
        if self._memory:
            self._memory.count(self, size)

    def pin(self, size: int) -> None:
        """Count *size* bytes more, or less, that cannot be given up; :meth:`check_room` says whether they may be."""
        self._pinned += size
        if self._memory:
            self._memory.pin(size)
        self.count(size)

    def check_room(self, size: int) -> None:
        """Check that *size* bytes more may be pinned. Raises Unavailable."""
        if self._memory:
            self._memory.check_room(size)

    def use(self) -> None:
        """Note that the world is used: those that are not give up first."""
        if self._memory:
            self._memory.use(self)

    def give_up(self) -> str:
        """Give up the oldest thing, and say of what kind it was; empty if there is none."""
        oldest = min(
            ((store.oldest, place) for place, store in enumerate(self._stores) if store.oldest is not None),
            default=None,
        )
        if oldest is None:
            return ""
        store = self._stores[oldest[1]]
        store.give_up()
        self._dropped += 1
        return store.kind

    def join(self, memory: Memory) -> None:
        """Count in *memory* from now on."""
        self._memory = memory
        memory.pin(self._pinned)
        memory.count(self, self._held)

    def leave(self) -> None:
        """Count in no memory any more."""
        memory, self._memory = self._memory, None
        if memory:
            memory.leave(self)


class Memory:
    """At most *most* bytes over all holdings, of which at most half may be pinned."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._held = self._pinned = self._refused = 0
        self._idlest: OrderedDict[Holding, None] = OrderedDict()
        """Those that may have something to give up, the one that was used longest ago first."""
        self._dropped: Counter[str] = Counter()
        self._on_full: list[Callable[[Full], None]] = []

    @property
    def held(self) -> int:
        return self._held

    @property
    def pinned(self) -> int:
        return self._pinned

    @property
    def most_pinned(self) -> int:
        return self.most // 2

    @property
    def dropped(self) -> Mapping[str, int]:
        """How many things of each kind were given up so far."""
        return dict(self._dropped)

    @property
    def refused(self) -> int:
        """How often something was refused that would have been pinned."""
        return self._refused

    def lease(self) -> Lease:
        """Room for what is under way for a while."""
        return Lease(self)

    def on_full(self, tell: Callable[[Full], None]) -> None:
        """Call *tell* whenever things were dropped, or one was refused, because the memory is full."""
        self._on_full.append(tell)

    def use(self, holding: Holding) -> None:
        self._idlest[holding] = None
        self._idlest.move_to_end(holding)

    def count(self, holding: Holding, size: int) -> None:
        self._held += size
        if size > 0:
            # It may have something to give up now.
            self._idlest.setdefault(holding)
            if self._held > self.most:
                self._make_room()

    def pin(self, size: int) -> None:
        self._pinned += size

    def check_room(self, size: int) -> None:
        """Check that *size* bytes more may be pinned. Raises Unavailable."""
        if self._pinned + size > self.most_pinned:
            self._refused += 1
            self._tell("refused")
            raise Unavailable

    def leave(self, holding: Holding) -> None:
        self._idlest.pop(holding, None)
        self._held -= holding.held
        self._pinned -= holding.pinned

    def _make_room(self) -> None:
        gave = False
        while self._held > self.most and self._idlest:
            holding = next(iter(self._idlest))
            if kind := holding.give_up():
                self._dropped[kind] += 1
                gave = True
            else:
                # Nobody asks it again before it counts something more, so that no call walks over all worlds.
                del self._idlest[holding]
        if gave:
            self._tell("dropped")

    def _tell(self, what: Full) -> None:
        for tell in self._on_full:
            tell(what)


class Lease:
    """What a request takes while it is under way, pinned in *memory* until the end of the block."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._holding = Holding(base=0)

    def __enter__(self) -> Self:
        self._holding.join(self._memory)
        return self

    def __exit__(self, *ended: object) -> None:
        self._holding.leave()

    def grow(self, size: int) -> None:
        """Take *size* bytes more. Raises Unavailable: there is no room for them."""
        self._holding.check_room(size)
        self._holding.pin(size)


def json_size(body: bytes) -> int:
    """What the values of a JSON text take, in bytes, at most: found from its characters, without reading it."""
    wide = not body.isascii() or b"\\u" in body
    values = sum(map(body.count, (b",", b":", b"[", b"{"))) if len(body) <= _COUNTED else MOST_VALUES
    return len(body) * (_WIDEST if wide else 1) + _VALUE_SIZE * values
