"""Waiting on the clock of a world."""

from __future__ import annotations

import asyncio

from vidmock.engine.world.world import World
from vidmock.providers.exchange.broken import Elapsed


async def pause(world: World, seconds: float) -> None:
    """Wait for *seconds* of the world's clock; a stepped clock is advanced by them, as it does not move by itself."""
    if world.clock.mode.kind == "step":
        await world.clock.advance(seconds)
        return
    over = asyncio.Event()
    world.clock.after(seconds, over.set)
    with world.clock.awaiting():
        await over.wait()


def elapsed_in(world: World) -> Elapsed:
    """A function that waits until so many seconds of the world's clock have passed since this call."""
    began = world.clock.now()

    async def elapsed(seconds: float) -> None:
        if (left := began + seconds - world.clock.now()) > 0:
            await pause(world, left)

    return elapsed


def passed(world: World, seconds: float) -> asyncio.Event:
    """An event that is set after *seconds* of the world's clock; a stepped clock never sets it."""
    over = asyncio.Event()
    if world.clock.mode.kind != "step":
        world.clock.after(seconds, over.set)
    return over
