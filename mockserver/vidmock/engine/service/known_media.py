"""What a server knows of the files that its clients' requests point to."""

from __future__ import annotations

from functools import cache

from vidmock.engine.jobs.job import State
from vidmock.engine.world.registry import WorldRegistry
from vidmock.engine.world.uploads import upload_names
from vidmock.engine.world.world import World
from vidmock.schema.known_media import UNKNOWN, MediaInfo, Probe, media_of_bytes

LONGEST_URL = 8192
"""Characters of a URL: no provider takes a longer one."""


def known_media(worlds: WorldRegistry, world: World) -> Probe:
    """Tells of a file what the world's settings say; else what it tells of itself, if it was uploaded or made here.

    For one order: what is found once is not looked for again.
    """

    @cache
    def look(place: str) -> MediaInfo:
        if len(place) > LONGEST_URL:
            return UNKNOWN
        told = world.settings.media(place)
        if told != UNKNOWN:
            return told
        if upload := worlds.uploads.within(place):
            return world.settings.media(upload.source) if upload.source else media_of_bytes(upload.data)
        return _made(worlds, place)

    return look


def _made(worlds: WorldRegistry, place: str) -> MediaInfo:
    """A result that is used as an input. How many bytes ours has says nothing of a real one."""
    for name in upload_names(place):
        if found := worlds.output(name):
            world, job, output = found
            if job.state(world.clock.now()) is State.SUCCEEDED and output.failure is None:
                return MediaInfo(output.seconds, output.width, output.height, format=output.container)
    return UNKNOWN
