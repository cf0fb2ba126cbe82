"""The routes of faults: the rules of a world, and the effects that a rule can have."""

from __future__ import annotations

from typing import Any, Final

from vidmock.engine.faults import rule_json
from vidmock.engine.faults.catalog import EFFECTS
from vidmock.engine.faults.outcomes import FORCED
from vidmock.engine.faults.reach import OPERATIONS_IN, check_key, reached_places
from vidmock.engine.faults.rules import FaultRule, Tally
from vidmock.engine.world.world import World
from vidmock.server.control.joining import JoinedList, JoinedSums
from vidmock.server.control.page import page_of_list
from vidmock.server.control.refusal import NotFound
from vidmock.server.control.request import ControlRequest
from vidmock.server.control.route import ControlRoute

EXAMPLE = """-d '{"phase": "poll", "effect": "edge_page", "arguments": {"status": 504}, "nth": [2]}'"""


def rule_view(world: World, rule: FaultRule, tally: Tally) -> dict[str, Any]:
    """A rule, and how often it was met and has struck, as JSON."""
    counted = {"seen": tally.seen, "fired": tally.fired}
    return rule_json.rule_to_json(rule) | {"world": world.id} | counted


async def list_faults(request: ControlRequest) -> object:
    """List the fault rules, in the order in which they are tried."""
    found = ((world, entry) for world in request.newest_worlds() for entry in reversed(world.faults))
    page = page_of_list(request, found, lambda one: f"{one[0].id}-{one[1][0].id}")
    return {"faults": [rule_view(world, *entry) for world, entry in page.entries], "older": page.older}


async def add_fault(request: ControlRequest) -> object:
    """Add a fault rule behind the others.

    One of phase ``connect`` is in the world of calls without a key: a handshake has none.
    """
    rule = rule_json.rule_from_json(request.body(), request.engine.settings.catalog)
    nobodys = rule.phase == "connect" and not request.names_a_world
    world = request.engine.worlds.world("") if nobodys else request.world()
    check_key(rule, world.key)
    return rule_view(world, world.faults.add(rule), Tally())


async def remove_fault(request: ControlRequest) -> object:
    """Remove one fault rule."""
    wanted = request.path("fault")
    removed = [world.faults.remove(wanted) for world in request.worlds()]
    if not any(removed):
        raise NotFound(f"there is no fault {wanted!r}", f"curl '{request.url}/faults'")
    return {"removed": sum(removed)}


async def clear_faults(request: ControlRequest) -> object:
    """Remove all fault rules."""
    removed = 0
    for world in request.worlds():
        removed += len(world.faults)
        world.faults.clear()
    return {"removed": removed}


async def list_effects(request: ControlRequest) -> object:
    """List all effects that a fault can have, by name, with what a form for one must know.

    Besides, the outcomes that a job can be given, and the operations in each phase.
    """
    return {
        "effects": [effect.to_json() | {"places": reached_places(effect)} for effect in EFFECTS.values()],
        "outcomes": [*FORCED],
        "operations": {phase: list(names) for phase, names in OPERATIONS_IN.items()},
    }


_JOINED: Final = JoinedList("faults", lambda fault: f"{fault['world']}-{fault['id']}")
_REMOVED: Final = JoinedSums(("removed",))

FAULT_ROUTES = (
    ControlRoute("GET", "/effects", list_effects),
    ControlRoute("GET", "/faults", list_faults, joined=_JOINED),
    ControlRoute("POST", "/faults", add_fault, EXAMPLE, only=True),
    ControlRoute("DELETE", "/faults", clear_faults, joined=_REMOVED),
    ControlRoute("DELETE", "/faults/{fault:path}", remove_fault, joined=_REMOVED),
)
