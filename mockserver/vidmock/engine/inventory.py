"""What a server knows of the files that its clients' requests point to."""

from __future__ import annotations

from functools import cache

from vidmock.engine.job import State
from vidmock.engine.uploads import names
from vidmock.engine.world import World, Worlds
from vidmock.schema.media import UNKNOWN, MediaInfo, Probe, of_bytes

LONGEST = 8192
"""Characters of a URL: no provider takes a longer one."""


def inventory(worlds: Worlds, world: World) -> Probe:
    """Tells of a file what the world's settings say; else what it tells of itself, if it was uploaded or made here.

    For one order: what is found once is not looked for again.
    """

    @cache
    def look(place: str) -> MediaInfo:
        if len(place) > LONGEST:
            return UNKNOWN
        told = world.settings.media(place)
        if told != UNKNOWN:
            return told
        if upload := worlds.uploads.within(place):
            return world.settings.media(upload.source) if upload.source else of_bytes(upload.data)
        return _made(worlds, place)

    return look


def _made(worlds: Worlds, place: str) -> MediaInfo:
    """A result that is used as an input. How many bytes ours has says nothing of a real one."""
    for name in names(place):
        if found := worlds.output(name):
            world, job, output = found
            if job.state(world.clock.now()) is State.SUCCEEDED and output.failure is None:
                return MediaInfo(output.seconds, output.width, output.height, format=output.container)
    return UNKNOWN
