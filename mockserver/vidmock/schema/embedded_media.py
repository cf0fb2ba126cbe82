"""Reads the files that a request contains, as data URIs or as bare base64."""

from __future__ import annotations

from typing import Final

from vidmock.schema.base64_text import decode_base64
from vidmock.schema.known_media import MediaInfo, media_of_bytes

_LEAST: Final = 32
"""No picture is shorter, in characters of base64."""
_SCHEME: Final = 16
"""A URL has its colon, and a UUID its dash, within so many characters."""


def embedded_media(text: str) -> MediaInfo | None:
    """What the file in *text* is; ``None`` where *text* contains no file, but is a URL or an id."""
    head = text[:_SCHEME]
    if ":" in head:
        if head[:5].lower() != "data:":
            return None
        data = decode_base64(text.partition(",")[2])
        return media_of_bytes(data) if data else None
    if len(text) < _LEAST or "-" in head:
        return None
    data = decode_base64(text)
    found = media_of_bytes(data) if data else None
    # Almost any word can be decoded as base64, so that only a known format shows that it is a file.
    return found if found and found.format else None
