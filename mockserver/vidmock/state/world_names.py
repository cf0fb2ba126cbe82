"""The names by which a world is found whose key is not told: its own id, and those of its jobs, videos and files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from vidmock.engine.world.world import world_id
from vidmock.state.store import PartChange

NAMED: Final = ("world", "job", "upload", "ticket")
"""The kinds of parts that have such names."""


def names_of(change: PartChange) -> Sequence[str]:
    """The names by which a client without a key asks for what the part is now."""
    if change.value is None or change.part not in NAMED:
        return ()
    if change.part == "world":
        return (f"world {world_id(change.key)}",)
    if change.part != "job":
        return (change.name,)
    state = json.loads(change.value)
    outputs = [output["id"] for output in state["job"]["outputs"]]
    return (change.name, *outputs) if state["public"] else outputs
