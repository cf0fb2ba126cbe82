"""How long an answer waits, by the clock of its world."""

from __future__ import annotations

import asyncio

from vidmock.engine.world.world import World
from vidmock.providers.exchange.broken import Elapsed


async def pause(world: World, seconds: float) -> None:
    """Let *seconds* of the world's clock pass; a stepped clock does not wait for itself."""
    if world.clock.mode.kind == "step":
        await world.clock.advance(seconds)
        return
    over = asyncio.Event()
    world.clock.after(seconds, over.set)
    with world.clock.awaiting():
        await over.wait()


def elapsed_in(world: World) -> Elapsed:
    """Waits until so many seconds of the world's clock have passed from now on."""
    began = world.clock.now()

    async def elapsed(seconds: float) -> None:
        if (left := began + seconds - world.clock.now()) > 0:
            await pause(world, left)

    return elapsed


def passed(world: World, seconds: float) -> asyncio.Event:
    """Is set when *seconds* of the world's clock have passed, which nobody waits for; never by a stepped clock."""
    over = asyncio.Event()
    if world.clock.mode.kind != "step":
        world.clock.after(seconds, over.set)
    return over
