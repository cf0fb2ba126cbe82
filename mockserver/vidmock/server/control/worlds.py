"""The routes of worlds, of which each key has one: create, reset, delete, save, restore, fork, and set switches."""

from __future__ import annotations

from typing import Any, Final

from starlette.responses import JSONResponse

from vidmock.engine import money
from vidmock.engine.snapshot import snapshot
from vidmock.engine.world.behaviours import check_behaviours
from vidmock.engine.world.label import check_label
from vidmock.engine.world.registry import WorldRegistry
from vidmock.engine.world.seen_text import check_seen
from vidmock.engine.world.world import World
from vidmock.server.control.joining import JoinedList
from vidmock.server.control.page import page_of_list
from vidmock.server.control.refusal import ControlProblem, NotFound
from vidmock.server.control.request import ControlRequest
from vidmock.server.control.route import SNAPSHOT_BYTES, ControlRoute
from vidmock.server.control.secrets import mask_key


def world_view(world: World, *, reveal: bool) -> dict[str, Any]:
    now = world.clock.now()
    return {
        "id": world.id,
        "key": world.key if reveal else mask_key(world.key),
        "label": world.label,
        "mode": str(world.clock.mode),
        "now": now,
        "seed": world.settings.seed,
        "jobs": {str(state): count for state, count in world.jobs.states(now).items()},
        "requests": world.journal.seen,
        "spent": money.format_amount(world.ledger.spent),
        "budget": None if world.ledger.budget is None else money.format_amount(world.ledger.budget),
        "faults": len(world.faults),
        "behaviours": dict(world.behaviours),
        "held": world.holding.held,
        "dropped": world.holding.dropped,
    }


async def list_worlds(request: ControlRequest) -> object:
    """List the worlds, the one used last at the end."""
    page = page_of_list(request, request.newest_worlds(), lambda world: world.id)
    return {"worlds": [world_view(world, reveal=request.reveal) for world in page.entries], "older": page.older}


async def create_world(request: ControlRequest) -> object:
    """Create the world of a key, if it has none.

    With a label, such as the name of a test, the world is called so from then on, also where it was there before.
    """
    key = _key(request.member("key", "label"), "key")
    label = check_label(request.body()["label"]) if "label" in request.body() else None
    new = request.engine.worlds.known(key) is None
    world = request.engine.worlds.world(key)
    if label is not None:
        world.set_label(label)
    return JSONResponse(world_view(world, reveal=request.reveal), 201 if new else 200)


async def reset_worlds(request: ControlRequest) -> object:
    """Reset worlds, as if their keys had never been used.

    Requests that are waiting in one of them end at once. Where no world is named, time begins anew as well.
    """
    worlds = request.engine.worlds
    if not request.names_a_world:
        worlds.restart_clock()
    fresh = [worlds.open(_anew(worlds, world)) for world in request.worlds()]
    return {"worlds": [world_view(world, reveal=request.reveal) for world in fresh], "older": None}


def _anew(worlds: WorldRegistry, world: World) -> World:
    fresh = worlds.new_world(world.key)
    # Whose it is does not change by what happens in it.
    fresh.set_label(world.label)
    return fresh


async def delete_world(request: ControlRequest) -> object:
    """Delete a world with all that is in it; the next call with its key makes a new one.

    Requests that are waiting in it end at once.
    """
    worlds, key = request.engine.worlds, request.key
    if key is not None and worlds.known(key) is None:
        raise NotFound(f"the key {mask_key(key)!r} has no world", f"curl '{request.url}/worlds'")
    worlds.close(request.world().key)
    return {"removed": 1}


async def save_snapshot(request: ControlRequest) -> object:
    """Save a world as JSON; it holds every secret that was sent.

    It can be restored here or in another server.
    """
    return snapshot.save_world(request.engine, request.world())


async def restore_snapshot(request: ControlRequest) -> object:
    """Restore a world from a snapshot.

    It becomes the world of the key that the request names, or else of the snapshot's own.
    """
    key = request.key or (request.world().key if request.query("world") else None)
    body = request.body()
    check_label(body.get("label", ""))
    if isinstance(switches := body.get("behaviours"), dict):
        check_behaviours(switches)
    return world_view(snapshot.load_world(request.engine, body, key), reveal=request.reveal)


async def fork_world(request: ControlRequest) -> object:
    """Copy a world, with its past, for another key."""
    world, key = request.world(), _key(request.member("to"), "to")
    there = request.engine.worlds.known(key)
    if there is not None and (there.jobs or there is world):
        raise ControlProblem(
            f"{mask_key(key)!r} has a world with jobs of its own: reset that first, or use a new key", 409, "to"
        )
    return world_view(
        snapshot.load_world(request.engine, snapshot.save_world(request.engine, world), key, world.settings),
        reveal=request.reveal,
    )


async def set_behaviours(request: ControlRequest) -> object:
    """Set behaviour switches of a world.

    Those that are not named stay as they are.
    """
    wanted = check_behaviours(request.body())
    world = request.world()
    world.switch(wanted)
    return world_view(world, reveal=request.reveal)


def _key(value: object, member: str) -> str:
    if not isinstance(value, str) or not value:
        raise ControlProblem(f"'{member}' must be a key: a string that is not empty", where=member)
    return check_seen(value, "a key", member)


JOINED_WORLDS: Final = JoinedList("worlds", lambda world: str(world["id"]), once=True)

WORLD_ROUTES = (
    ControlRoute("GET", "/worlds", list_worlds, joined=JOINED_WORLDS),
    ControlRoute("POST", "/worlds", create_world, """-d '{"key": "a-key", "label": "a test"}'"""),
    ControlRoute("DELETE", "/worlds", delete_world, only=True),
    ControlRoute("POST", "/worlds/reset", reset_worlds, joined=JOINED_WORLDS),
    ControlRoute("GET", "/worlds/snapshot", save_snapshot, "-o world.json", secrets=True, only=True),
    ControlRoute("PUT", "/worlds/snapshot", restore_snapshot, "-d @world.json", most=SNAPSHOT_BYTES),
    ControlRoute("POST", "/worlds/fork", fork_world, """-d '{"to": "another-key"}'""", only=True),
    ControlRoute("PUT", "/worlds/behaviours", set_behaviours, """-d '{"runpod.limits": "off"}'""", only=True),
)
