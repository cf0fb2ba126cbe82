"""Counts the parts of a file that are looked at, so that no file takes long to read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from vidmock.media.info import NotMedia

MOST_MEDIA_PARTS: Final = 30_000
"""Boxes, elements and samples of a file that are looked at, a limit of ours: of a file with more, only the format is
known. A recording whose header says how long it is takes some hundred."""
_LEFT: Final[ContextVar[int]] = ContextVar("parts left")


@contextmanager
def counted_parts() -> Iterator[None]:
    """Have ``count_parts`` count those of one file."""
    token = _LEFT.set(MOST_MEDIA_PARTS)
    try:
        yield
    finally:
        _LEFT.reset(token)


def count_parts(number: int = 1) -> None:
    """Count so many more parts. Raises NotMedia: more than ``MOST_MEDIA_PARTS``."""
    left = _LEFT.get() - number
    if left < 0:
        raise NotMedia(f"a file of more than {MOST_MEDIA_PARTS} parts, which are not read")
    _LEFT.set(left)
