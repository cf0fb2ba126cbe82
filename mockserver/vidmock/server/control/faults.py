"""Faults: the rules of a world, and the effects that there are."""

from __future__ import annotations

from typing import Any

from vidmock.engine.faults import rule_json
from vidmock.engine.faults.catalog import EFFECTS
from vidmock.engine.faults.rules import FaultRule, Tally
from vidmock.engine.world.world import World
from vidmock.server.control.refusal import NotFound
from vidmock.server.control.request import ControlRequest, world_id
from vidmock.server.control.route import ControlRoute

EXAMPLE = """-d '{"phase": "poll", "effect": "edge_page", "arguments": {"status": 504}, "nth": [2]}'"""


def rule_view(world: World, rule: FaultRule, tally: Tally) -> dict[str, Any]:
    counted = {"seen": tally.seen, "fired": tally.fired}
    return rule_json.rule_to_json(rule) | {"world": world_id(world)} | counted


async def list_faults(ask: ControlRequest) -> object:
    """The rules, in the order in which they are asked, with how often each was met and used."""
    return {"faults": [rule_view(world, *entry) for world in ask.chosen() for entry in world.faults]}


async def add_fault(ask: ControlRequest) -> object:
    """One more rule, behind those that there are."""
    world = ask.world()
    return rule_view(world, world.faults.add(rule_json.rule_from_json(ask.body())), Tally())


async def remove_fault(ask: ControlRequest) -> object:
    """The rule of that id is gone."""
    wanted = ask.path("fault")
    removed = [world.faults.remove(wanted) for world in ask.chosen()]
    if not any(removed):
        raise NotFound(f"there is no fault {wanted!r}", f"curl '{ask.url}/faults'")
    return {"removed": sum(removed)}


async def clear_faults(ask: ControlRequest) -> object:
    """No rules any more."""
    removed = 0
    for world in ask.chosen():
        removed += len(list(world.faults))
        world.faults.clear()
    return {"removed": removed}


async def list_effects(ask: ControlRequest) -> object:
    """All effects by name: what each does, when it can, and what it takes."""
    return {
        "effects": [
            {
                "name": name,
                "about": kind.about,
                "kind": kind.kind,
                "phases": list(kind.phases),
                "arguments": kind.defaults,
            }
            for name, kind in EFFECTS.items()
        ]
    }


ENTRIES = (
    ControlRoute("GET", "/effects", list_effects),
    ControlRoute("GET", "/faults", list_faults),
    ControlRoute("POST", "/faults", add_fault, EXAMPLE),
    ControlRoute("DELETE", "/faults", clear_faults),
    ControlRoute("DELETE", "/faults/{fault:path}", remove_fault),
)
