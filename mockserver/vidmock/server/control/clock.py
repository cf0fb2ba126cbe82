"""The routes of the clock: what time it is in each world, how time passes, and letting it pass at once."""

from __future__ import annotations

import json
from heapq import nsmallest
from typing import Any, Final

from vidmock.engine.time.clock_group import ClockGroup
from vidmock.engine.time.durations import to_seconds
from vidmock.engine.time.epoch import FOREVER
from vidmock.engine.time.mode import Mode
from vidmock.engine.world.upcoming import Upcoming, upcoming
from vidmock.engine.world.world import World
from vidmock.providers.exchange.timestamps import iso
from vidmock.server.control.joining import JoinedList, JoinedSoonest
from vidmock.server.control.page import LARGEST_PAGE, page_of_list
from vidmock.server.control.refusal import ControlProblem
from vidmock.server.control.request import ControlRequest
from vidmock.server.control.route import ControlRoute

ADVANCE: Final = "/clock/advance"
DUE: Final = "/clock/due"
USUAL_DUE = 20
"""What is due that is listed where a request does not say how much."""


def clock_view(world: World) -> dict[str, Any]:
    """The clock of *world*, as JSON."""
    clock, due = world.clock, world.clock.due()
    now = clock.now()
    return {
        "world": world.id,
        "mode": str(clock.mode),
        "now": now,
        "iso": iso(now),
        # At FOREVER is what never happens.
        "due": None if due is None or due >= FOREVER else due,
    }


async def show_clocks(request: ControlRequest) -> object:
    """Show what time it is in each world."""
    page = page_of_list(request, request.newest_worlds(), lambda world: world.id)
    lead = request.engine.worlds.clock
    now = lead.now()
    return {
        "clocks": [clock_view(world) for world in page.entries],
        "older": page.older,
        "new_worlds": {"mode": str(lead.mode), "now": now, "iso": iso(now)},
    }


async def list_due(request: ControlRequest) -> object:
    """List what is due next, soonest first, with how many seconds of its world's clock are left."""
    most = min(request.count("limit", USUAL_DUE), LARGEST_PAGE)
    return {"due": [_due_view(*entry) for entry in _soonest(request, most)]}


def _soonest(request: ControlRequest, most: int) -> list[tuple[float, World, Upcoming]]:
    """What happens first in the worlds that are asked for, by the seconds that are left."""
    found: list[tuple[float, World, Upcoming]] = []
    for world in request.worlds():
        now = world.clock.now()
        found += ((max(0.0, one.at - now), world, one) for one in upcoming(world, most))
    return nsmallest(most, found, key=lambda entry: entry[0])


def _due_view(left: float, world: World, one: Upcoming) -> dict[str, Any]:
    return {
        "world": world.id,
        "at": one.at,
        "iso": iso(one.at),
        "left": left,
        "what": one.what,
        "job": one.job or None,
        "output": one.output or None,
        "delivery": one.delivery,
        "upload": one.upload or None,
    }


async def set_mode(request: ControlRequest) -> object:
    """Let time pass in another way from now on."""
    wanted = request.member("mode")
    if not isinstance(wanted, str):
        raise ControlProblem("'mode' must be a string", where="mode")
    mode = Mode.parse(wanted)
    _clocks(request).set_mode(mode)
    return await show_clocks(request)


async def advance_clocks(request: ControlRequest) -> object:
    """Let time pass, and everything due in it happen, in order.

    That is *by* a length of time, or *to* what is due next; where nothing is, no time passes. All of it has happened
    when this is answered.
    """
    body = request.body("by", "to")
    if ("by" in body) == ("to" in body):
        raise ControlProblem("'by' is missing: a length of time; or 'to': \"next\"", where="by")
    if "by" in body:
        await _clocks(request).advance(to_seconds(body["by"]))
    elif body["to"] != "next":
        raise ControlProblem("'to' must be \"next\": until what is due next has happened", where="to")
    else:
        for _, world, one in _soonest(request, 1):
            await _clocks(request).go_to(world.clock, one.at)
    return await show_clocks(request)


def goes_to_next(body: bytes) -> bool:
    """Whether *body*, of a request to advance, says ``next``."""
    try:
        return bool(json.loads(body) == {"to": "next"})
    except ValueError:
        return False


def advance_by(seconds: float) -> bytes:
    """The body of a request to advance by so many *seconds*."""
    return json.dumps({"by": seconds}).encode()


async def run_clocks_until_idle(request: ControlRequest) -> object:
    """Let time pass until nothing is due any more.

    Then all jobs but stuck ones have ended, and every webhook was accepted or given up.
    """
    await _clocks(request).run_until_idle()
    return await show_clocks(request)


def _clocks(request: ControlRequest) -> ClockGroup:
    """The clock of the world that the request names; without a name, those of all worlds, those to come included.

    Raises StateLost: what happens now could not be kept.
    """
    named, worlds = request.named(), request.engine.worlds
    (named or worlds).changes.check()
    return worlds.clocks(named.key if named else None)


_JOINED: Final = JoinedList("clocks", lambda clock: str(clock["world"]), same=("new_worlds",), once=True)

CLOCK_ROUTES = (
    ControlRoute("GET", "/clock", show_clocks, joined=_JOINED),
    ControlRoute("GET", DUE, list_due, joined=JoinedSoonest("due", "left", USUAL_DUE)),
    ControlRoute("PUT", "/clock", set_mode, """-d '{"mode": "manual"}'""", joined=_JOINED),
    ControlRoute("POST", ADVANCE, advance_clocks, """-d '{"by": "2h"}'""", joined=_JOINED),
    ControlRoute("POST", "/clock/run-until-idle", run_clocks_until_idle, joined=_JOINED),
)
