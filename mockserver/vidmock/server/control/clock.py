"""Time: what it is, how it passes, and letting it pass at once."""

from __future__ import annotations

from typing import Any

from vidmock.engine.time.clock import FOREVER, Mode
from vidmock.engine.time.durations import to_seconds
from vidmock.engine.time.failures import Failures
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
    for world in ask.chosen():
        world.clock.turn(mode)
    return await show_clocks(ask)


async def advance_clocks(ask: ControlRequest) -> object:
    """Everything due in that time happens, in order, before this is answered."""
    by = to_seconds(ask.member("by"))
    worlds = ask.chosen()
    if any(world.clock.now() + by >= FOREVER for world in worlds):
        raise ControlProblem("that is after the end of time, which is the year 9999", where="by")
    failures = Failures()
    for world in worlds:
        with failures.put_off():
            await world.clock.advance(by)
    failures.raise_first()
    return await show_clocks(ask)


async def run_clocks_until_idle(ask: ControlRequest) -> object:
    """Time passes until nothing is due any more: jobs have ended, webhooks were taken or given up."""
    failures = Failures()
    for world in ask.chosen():
        with failures.put_off():
            await world.clock.run_until_idle(FOREVER)
    failures.raise_first()
    return await show_clocks(ask)


ENTRIES = (
    ControlRoute("GET", "/clock", show_clocks),
    ControlRoute("PUT", "/clock", set_mode, """-d '{"mode": "manual"}'"""),
    ControlRoute("POST", "/clock/advance", advance_clocks, """-d '{"by": "2h"}'"""),
    ControlRoute("POST", "/clock/run-until-idle", run_clocks_until_idle),
)
