"""Files in place of those that Runware would download from other hosts: nothing is downloaded here."""

from __future__ import annotations

from functools import cache
from typing import get_args

from vidmock.media.clip import Clip, Container
from vidmock.media.formats import content_type, format_of_suffix


def stand_in_clip_or_picture(name: str) -> tuple[str, bytes]:
    """Content type and bytes for a file *name*: a clip if its suffix is of a container written here, else a picture."""
    named = format_of_suffix(name.rsplit(".", 1)[-1])
    containers: tuple[Container, ...] = get_args(Container)
    return _made(next((container for container in containers if named and container == named.name), "png"))


def stand_in_picture() -> tuple[str, bytes]:
    """Content type and bytes of a picture."""
    return _made("png")


@cache
def _made(container: Container) -> tuple[str, bytes]:
    """Six seconds, the length that is assumed of every input clip."""
    lines = ("vidmock", "stands in for a file elsewhere")
    from vidmock.media.render import render

    return content_type(container), render(Clip(1280, 720, 6.0, lines, container, title="vidmock stand-in"))
