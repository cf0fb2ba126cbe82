"""Worlds: one for each key; made, emptied, saved, brought back, and split in two."""

from __future__ import annotations

from collections import Counter
from typing import Any

from starlette.responses import JSONResponse

from vidmock.engine import money
from vidmock.engine.snapshot import snapshot
from vidmock.engine.world.behaviours import check_behaviours
from vidmock.engine.world.world import World
from vidmock.server.control.refusal import ControlProblem
from vidmock.server.control.request import ControlRequest, world_id
from vidmock.server.control.route import ControlRoute
from vidmock.server.control.secrets import mask_key


def world_view(world: World, *, reveal: bool) -> dict[str, Any]:
    now = world.clock.now()
    return {
        "id": world_id(world),
        "key": world.key if reveal else mask_key(world.key),
        "mode": str(world.clock.mode),
        "now": now,
        "seed": world.settings.seed,
        "jobs": dict(Counter(str(job.state(now)) for job in world.jobs.values())),
        "requests": world.journal.seen,
        "spent": money.format_amount(world.ledger.spent),
        "budget": None if world.ledger.budget is None else money.format_amount(world.ledger.budget),
        "faults": len(list(world.faults)),
        "behaviours": dict(world.behaviours),
    }


async def list_worlds(ask: ControlRequest) -> object:
    """All worlds, the one used last at the end."""
    return {"worlds": [world_view(world, reveal=ask.secrets) for world in ask.chosen()]}


async def create_world(ask: ControlRequest) -> object:
    """The world of a key that was not used yet; one that was, stays as it is."""
    key = _key(ask.member("key"), "key")
    new = ask.engine.worlds.known(key) is None
    return JSONResponse(world_view(ask.engine.worlds.world(key), reveal=ask.secrets), 201 if new else 200)


async def reset_worlds(ask: ControlRequest) -> object:
    """As if the key had never been used, however much has happened: what is under way is let go."""
    worlds = ask.engine.worlds
    fresh = [worlds.open(World(world.key, worlds.settings)) for world in ask.chosen()]
    return {"worlds": [world_view(world, reveal=ask.secrets) for world in fresh]}


async def save_snapshot(ask: ControlRequest) -> object:
    """All of a world as JSON, to be put back here or elsewhere. It holds keys and everything else that was sent."""
    return snapshot.save_world(ask.engine, ask.world())


async def restore_snapshot(ask: ControlRequest) -> object:
    """The world is again what it was; the key of the request, or else the snapshot's own, has it then."""
    named = ask.text("key") or ask.request.headers.get("x-vidmock-key")
    key = named or (ask.world().key if ask.text("world") else None)
    body = ask.body()
    if isinstance(switches := body.get("behaviours"), dict):
        check_behaviours(switches)
    return world_view(snapshot.load_world(ask.engine, body, key), reveal=ask.secrets)


async def fork_world(ask: ControlRequest) -> object:
    """A second world with the same past and a future of its own, for another key."""
    world, key = ask.world(), _key(ask.member("to"), "to")
    there = ask.engine.worlds.known(key)
    if there is not None and (there.jobs or there is world):
        raise ControlProblem(
            f"{mask_key(key)!r} has a world with jobs of its own: reset that first, or use a new key", 409, "to"
        )
    return world_view(snapshot.load_world(ask.engine, snapshot.save_world(ask.engine, world), key), reveal=ask.secrets)


async def set_behaviours(ask: ControlRequest) -> object:
    """Switches of providers for this world; those that are not named stay as they are."""
    wanted = check_behaviours(ask.body())
    world = ask.world()
    world.switch(wanted)
    return world_view(world, reveal=ask.secrets)


def _key(value: object, member: str) -> str:
    if not isinstance(value, str) or not value:
        raise ControlProblem(f"'{member}' must be a key: a string that is not empty", where=member)
    return value


ENTRIES = (
    ControlRoute("GET", "/worlds", list_worlds),
    ControlRoute("POST", "/worlds", create_world, """-d '{"key": "a-key"}'"""),
    ControlRoute("POST", "/worlds/reset", reset_worlds),
    ControlRoute("GET", "/worlds/snapshot", save_snapshot, "-o world.json"),
    ControlRoute("PUT", "/worlds/snapshot", restore_snapshot, "-d @world.json"),
    ControlRoute("POST", "/worlds/fork", fork_world, """-d '{"to": "another-key"}'"""),
    ControlRoute("PUT", "/worlds/behaviours", set_behaviours, """-d '{"runpod.limits": "off"}'"""),
)
