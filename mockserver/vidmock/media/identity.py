"""Tells what a file is, whatever it is called: its format, and the size and length of a picture or a clip."""

from __future__ import annotations

from dataclasses import dataclass

from vidmock.media import pictures
from vidmock.media.info import NotMedia
from vidmock.media.probe import probe
from vidmock.media.sniffer import sniff


@dataclass(frozen=True, slots=True)
class Identity:
    """*format* is a name from the table of formats, *width* and *height* are pixels; ``None`` is not known."""

    format: str | None = None
    width: int | None = None
    height: int | None = None
    seconds: float | None = None


def identify(data: bytes) -> Identity:
    """What *data* is. Of a damaged file, and of a format that is not read here, only the format is told."""
    found = sniff(data)
    if found is None:
        return Identity()
    if found.kind == "video":
        try:
            clip = probe(data)
        except NotMedia:
            return Identity(found.name)
        return Identity(found.name, clip.width, clip.height, clip.seconds)
    if size := pictures.picture_size(data, found.name):
        return Identity(found.name, *size)
    return Identity(found.name)
