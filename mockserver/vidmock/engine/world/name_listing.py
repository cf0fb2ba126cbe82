"""What a part of a world tells an index of: which names are in it."""

from __future__ import annotations

from typing import Protocol


class NameListing(Protocol):
    """An index over all worlds, by which something is found where its world is not known."""

    def add(self, name: str) -> None: ...

    def discard(self, name: str) -> None: ...
