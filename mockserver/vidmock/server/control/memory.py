"""The route of the memory: what all worlds hold together, and what was given up because that was too much."""

from __future__ import annotations

from typing import Final

from vidmock.server.control.joining import JoinedSums
from vidmock.server.control.request import ControlRequest
from vidmock.server.control.route import ControlRoute


async def show_memory(request: ControlRequest) -> object:
    """Show how many bytes all worlds hold, and what was dropped or refused because that was too much."""
    worlds = request.engine.worlds
    memory = worlds.memory
    return {
        "held": memory.held,
        "most": memory.most,
        "unfinished": memory.pinned,
        "most_unfinished": memory.most_pinned,
        "dropped": memory.dropped,
        "refused": memory.refused,
        "worlds": len(worlds),
        "most_worlds": worlds.settings.keep_worlds,
    }


_SUMS: Final = ("held", "most", "unfinished", "most_unfinished", "dropped", "refused", "worlds", "most_worlds")

MEMORY_ROUTES = (ControlRoute("GET", "/memory", show_memory, joined=JoinedSums(_SUMS)),)
