"""Files that stand in for what a client had Runware fetch from elsewhere: nothing is fetched here."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from vidmock.media import Clip, Container, content_type, render

CLIP_SUFFIXES: Mapping[str, Container] = {"mp4": "mp4", "m4v": "mp4", "mov": "mov", "webm": "webm"}
"""Containers by the suffixes of file names."""


def stand_in_clip_or_picture(name: str) -> tuple[str, bytes]:
    """Content type and bytes for a file called *name*: a clip where its suffix is that of one, else a picture."""
    return _made(CLIP_SUFFIXES.get(name.rsplit(".", 1)[-1].lower(), "png"))


def stand_in_picture() -> tuple[str, bytes]:
    """Content type and bytes of a picture."""
    return _made("png")


@cache
def _made(container: Container) -> tuple[str, bytes]:
    """Six seconds, as long as every input clip is taken to be."""
    lines = ("vidmock", "stands in for a file elsewhere")
    return content_type(container), render(Clip(1280, 720, 6.0, lines, container, title="vidmock stand-in"))
