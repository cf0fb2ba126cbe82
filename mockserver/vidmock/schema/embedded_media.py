"""Files that a request holds itself, as data URIs or as bare base64."""

from __future__ import annotations

import base64
import binascii
from typing import Final

from vidmock.schema.known_media import MediaInfo, media_of_bytes

_LEAST: Final = 32
"""Characters of base64 that the header of the smallest picture takes."""
_SCHEME: Final = 16
"""Characters within which a URL has its colon, and an id its dash."""


def embedded_media(text: str) -> MediaInfo | None:
    """What the file in *text* is; ``None`` where *text* is no file, but a URL or an id."""
    head = text[:_SCHEME]
    if ":" in head:
        if head[:5].lower() != "data:":
            return None
        data = _decoded(text.partition(",")[2])
        return media_of_bytes(data) if data else None
    if len(text) < _LEAST or "-" in head:
        return None
    data = _decoded(text)
    found = media_of_bytes(data) if data else None
    # Almost any word is base64 of something.
    return found if found and found.format else None


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
