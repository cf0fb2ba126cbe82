"""Clocks: what time it is in each world, how it passes, and letting it pass at once."""

from __future__ import annotations

from typing import Any

from vidmock.engine.time.clock import FOREVER, Mode
from vidmock.engine.time.clock_group import ClockGroup
from vidmock.engine.time.durations import to_seconds
from vidmock.engine.world.world import World
from vidmock.providers.exchange.timestamps import iso
from vidmock.server.control.refusal import ControlProblem
from vidmock.server.control.request import ControlRequest, world_id
from vidmock.server.control.route import ControlRoute


def clock_view(world: World) -> dict[str, Any]:
    clock, due = world.clock, world.clock.due()
    now = clock.now()
    return {
        "world": world_id(world),
        "mode": str(clock.mode),
        "now": now,
        "iso": iso(now),
        # What never ends is not due.
        "due": None if due is None or due >= FOREVER else due,
    }


async def show_clocks(ask: ControlRequest) -> object:
    """The clocks of the worlds."""
    return {"clocks": [clock_view(world) for world in ask.chosen()]}


async def set_mode(ask: ControlRequest) -> object:
    """Another way for time to pass, from where it is."""
    wanted = ask.member("mode")
    if not isinstance(wanted, str):
        raise ControlProblem("'mode' must be a string", where="mode")
    mode = Mode.parse(wanted)
    _clocks(ask).set_mode(mode)
    return await show_clocks(ask)


async def advance_clocks(ask: ControlRequest) -> object:
    """Everything due in that time happens, in order, before this is answered."""
    by = to_seconds(ask.member("by"))
    await _clocks(ask).advance(by)
    return await show_clocks(ask)


async def run_clocks_until_idle(ask: ControlRequest) -> object:
    """Time passes until nothing is due any more: jobs have ended, webhooks were taken or given up."""
    await _clocks(ask).run_until_idle()
    return await show_clocks(ask)


def _clocks(ask: ControlRequest) -> ClockGroup:
    """The clock of the world that the request names; without a name, those of all worlds, those to come included."""
    chosen = ask.chosen()
    worlds = chosen if ask.names_a_world else ask.engine.worlds
    return ClockGroup(lambda: [world.clock for world in worlds])


ENTRIES = (
    ControlRoute("GET", "/clock", show_clocks),
    ControlRoute("PUT", "/clock", set_mode, """-d '{"mode": "manual"}'"""),
    ControlRoute("POST", "/clock/advance", advance_clocks, """-d '{"by": "2h"}'"""),
    ControlRoute("POST", "/clock/run-until-idle", run_clocks_until_idle),
)
