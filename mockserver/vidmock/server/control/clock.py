"""Time: what it is, how it passes, and letting it pass at once."""

from __future__ import annotations

from typing import Any

from vidmock.engine.time.clock import FOREVER, Mode
from vidmock.engine.time.durations import to_seconds
from vidmock.engine.time.failures import Failures
from vidmock.engine.world.world import World
from vidmock.providers.exchange.timestamps import iso
from vidmock.server.control.ask import Ask, id_of
from vidmock.server.control.refusal import Refusal
from vidmock.server.control.route import Entry


def shown(world: World) -> dict[str, Any]:
    clock, due = world.clock, world.clock.due()
    now = clock.now()
    return {
        "world": id_of(world),
        "mode": str(clock.mode),
        "now": now,
        "iso": iso(now),
        # What never ends is not due.
        "due": None if due is None or due >= FOREVER else due,
    }


async def look(ask: Ask) -> object:
    """The clocks of the worlds."""
    return {"clocks": [shown(world) for world in ask.chosen()]}


async def turn(ask: Ask) -> object:
    """Another way for time to pass, from where it is."""
    wanted = ask.member("mode")
    if not isinstance(wanted, str):
        raise Refusal("'mode' must be a string", where="mode")
    mode = Mode.parse(wanted)
    for world in ask.chosen():
        world.clock.turn(mode)
    return await look(ask)


async def advance(ask: Ask) -> object:
    """Everything due in that time happens, in order, before this is answered."""
    by = to_seconds(ask.member("by"))
    worlds = ask.chosen()
    if any(world.clock.now() + by >= FOREVER for world in worlds):
        raise Refusal("that is after the end of time, which is the year 9999", where="by")
    failures = Failures()
    for world in worlds:
        with failures.put_off():
            await world.clock.advance(by)
    failures.raise_first()
    return await look(ask)


async def run_until_idle(ask: Ask) -> object:
    """Time passes until nothing is due any more: jobs have ended, webhooks were taken or given up."""
    failures = Failures()
    for world in ask.chosen():
        with failures.put_off():
            await world.clock.run_until_idle(FOREVER)
    failures.raise_first()
    return await look(ask)


ENTRIES = (
    Entry("GET", "/clock", look),
    Entry("PUT", "/clock", turn, """-d '{"mode": "manual"}'"""),
    Entry("POST", "/clock/advance", advance, """-d '{"by": "2h"}'"""),
    Entry("POST", "/clock/run-until-idle", run_until_idle),
)
