"""The worlds in a store that no server uses: as snapshots, and put there."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from vidmock.engine.codec import from_plain
from vidmock.engine.jobs.job import Job
from vidmock.engine.jobs.ledger_line import Totals
from vidmock.engine.service.engine import Engine
from vidmock.engine.snapshot.parts import part_names, read_part, snapshot_of
from vidmock.engine.snapshot.snapshot import load_world
from vidmock.engine.world.settings import Settings
from vidmock.engine.world.world import World
from vidmock.problems import BadRequest
from vidmock.state.store import OUTSIDE, ChangeBatch, PartChange, StateLost, StateStore


@dataclass(frozen=True, slots=True)
class KeptWorld:
    """A world as it is kept: the *snapshot* is what the control API saves, with the clock as it is now."""

    id: str
    key: str
    snapshot: Mapping[str, Any]

    @property
    def now(self) -> str:
        """What its clock shows, as ISO 8601."""
        return datetime.fromtimestamp(self.snapshot["clock"]["now"], UTC).isoformat(timespec="seconds")

    @property
    def states(self) -> Mapping[str, int]:
        """How many of its jobs are in each state."""
        counted: dict[str, int] = {}
        for held in self.snapshot["jobs"]:
            state = str(from_plain(Job, held["job"]).state(self.snapshot["clock"]["now"]))
            counted[state] = counted.get(state, 0) + 1
        return counted

    @property
    def totals(self) -> Totals:
        """The sums of its ledger."""
        total = Totals()
        for _, _, sums in from_plain(list[tuple[str, str, Totals]], self.snapshot["ledger"]["by_model"]):
            total.add(sums)
        return total

    @property
    def webhooks_to_come(self) -> int:
        """How many deliveries have an attempt planned."""
        return sum("delivery" in due for due in self.snapshot["due"])


def kept_worlds(store: StateStore) -> Iterator[KeptWorld]:
    """The worlds in *store*. Raises StateLost: one cannot be read."""
    for key, parts in store.worlds():
        if key == OUTSIDE:
            continue
        world_id = world_id_of(key)
        try:
            snapshot = snapshot_of((part, name, json.loads(value)) for part, name, value in parts)
        except (LookupError, TypeError, ValueError) as error:
            raise StateLost(f"what is kept of the world {world_id} cannot be read: {error}") from error
        yield KeptWorld(world_id, key, snapshot)


def world_id_of(key: str) -> str:
    """The id of the world of *key*, as the control API tells it."""
    return World(key, Settings()).id


def put_worlds(engine: Engine, store: StateStore, snapshots: Iterable[Any], *, replace: bool = False) -> list[str]:
    """Keep the worlds of *snapshots* in *store*, all or none; returns their ids. Nothing happens in them meanwhile.

    Inside a running event loop, and without giving it its turn: what is due at once is for the server that loads them.

    Raises:
        BadRequest: one is no snapshot, or the store has a world of its key and it is not to *replace* that.
    """
    there = {key for key, _ in store.worlds()}
    changes: dict[str, list[PartChange]] = {}
    for number, data in enumerate(snapshots, 1):
        try:
            world = load_world(engine, data)
        except BadRequest as problem:
            raise BadRequest(f"world {number}: {problem}") from None
        if world.key in changes:
            raise BadRequest(f"world {number} is of the same key as one before: the world {world.id}")
        if world.key in there and not replace:
            raise BadRequest(f"the world {world.id} is there already. To have another in its place: --replace")
        changes[world.key] = [
            PartChange(world.key, part, name, json.dumps(value, separators=(",", ":")))
            for part, name in part_names(world)
            if (value := read_part(world, part, name)) is not None
        ]
        engine.worlds.close(world.key)
    store.write(ChangeBatch(tuple(changes), [change for parts in changes.values() for change in parts]))
    return [world_id_of(key) for key in changes]
