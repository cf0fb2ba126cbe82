"""How many there are of something, in words."""

from __future__ import annotations


def many(count: int, one: str, more: str) -> str:
    """``1 job was``, or ``2 jobs were``: *count*, with the words for one or for more."""
    return f"{count} {one if count == 1 else more}"
