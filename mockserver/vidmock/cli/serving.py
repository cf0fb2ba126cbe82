"""What a command does while its server runs: the log, and a look at models that change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TextIO

from vidmock.cli import own_models
from vidmock.cli.output import takes_colours

if TYPE_CHECKING:
    import asyncio

    from vidmock.cli.line_writer import LineWriter
    from vidmock.engine.world.registry import WorldRegistry
    from vidmock.schema.catalog import ModelCatalog
    from vidmock.server.server import Server

_LOOK_SECONDS = 1.0
"""How often it is looked whether a user's models have changed."""


async def serve_until(stop: asyncio.Event, server: Server, places: Sequence[str], begun: Callable[[], None]) -> None:
    """Serve until *stop* is set, with the models of *places* as they change; *begun* is called once it does."""
    import asyncio

    async with server:
        begun()
        watching = asyncio.create_task(watch_models(server.engine.settings.catalog, places))
        await stop.wait()
        watching.cancel()


def begin_log(worlds: WorldRegistry, stream: TextIO, form: str) -> LineWriter:
    """Log what happens in *worlds* to *stream* from now on, as *form* has it."""
    from vidmock.cli.activity_log import ActivityLog
    from vidmock.cli.line_writer import LineWriter

    writer = LineWriter(stream)
    worlds.listen(ActivityLog(writer.write, as_json=form == "json", coloured=takes_colours(stream)))
    return writer


async def watch_models(catalog: ModelCatalog, places: Sequence[str], every: float = _LOOK_SECONDS) -> None:
    """Take over what changes in the models of *places*, which *catalog* has, with a look *every* so many seconds."""
    import asyncio

    from vidmock.schema.model_watch import ModelWatch

    if not places:
        return
    watch = ModelWatch(catalog, places, own_models.tell)
    while True:
        await asyncio.sleep(every)
        await asyncio.to_thread(watch.look)
