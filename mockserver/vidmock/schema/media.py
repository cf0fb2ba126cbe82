"""What is known about the clips that a request points to, without fetching them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from vidmock import strict_json


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """A clip: its length, and its size in pixels."""

    seconds: float
    width: int
    height: int


Probe = Callable[[str], MediaInfo]
"""Tells what is behind a URL or an upload's id."""

# 6 s: with it, both printed edits on Runware come out at their printed cost.
_TYPICAL: Final = MediaInfo(6.0, 1920, 1080)


def six_seconds(_url: str) -> MediaInfo:
    """The default probe: every clip lasts 6 s and has 1920 x 1080 pixels."""
    return _TYPICAL


def from_file(file: Path) -> Probe:
    """A probe that reads *file*: ``{"<url>": {"seconds": 4.2, "width": 1280, "height": 720}}``, any member optional.

    What the file leaves out is as with :func:`six_seconds`.

    Raises:
        OSError: the file cannot be read.
        BadJSON: it is not JSON.
        ValueError: it is not an object of objects of positive numbers.
    """
    known = {}
    listed = strict_json.loads(file.read_bytes())
    if not isinstance(listed, dict):
        raise ValueError(f"{file}: must be an object of URLs")
    for url, about in listed.items():
        if not isinstance(about, dict) or not all(_positive(number) for number in about.values()):
            raise ValueError(f"{file}: {url}: must be an object of positive numbers")
        if unknown := about.keys() - {"seconds", "width", "height"}:
            raise ValueError(f"{file}: {url}: {min(unknown)!r} is none of seconds, width, height")
        known[url] = MediaInfo(
            seconds=float(about.get("seconds", _TYPICAL.seconds)),
            width=int(about.get("width", _TYPICAL.width)),
            height=int(about.get("height", _TYPICAL.height)),
        )
    return lambda url: known.get(url, _TYPICAL)


def _positive(number: object) -> bool:
    return isinstance(number, int | float) and not isinstance(number, bool) and number > 0
