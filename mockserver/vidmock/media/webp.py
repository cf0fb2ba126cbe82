"""Makes a still picture as WebP: one colour, with a title (RFC 9649, lossless)."""

from __future__ import annotations

import struct
from typing import Final

from vidmock.media import card
from vidmock.media.clip import Clip

_SIGNATURE: Final = 0x2F
_OPAQUE: Final = 255
_HAS_EXIF: Final = 0x08
_DESCRIPTION: Final = 0x010E
_TEXT: Final = 2


def webp_file(clip: Clip) -> bytes:
    """The bytes of the picture that *clip* describes; its length and sound do not matter."""
    sides = clip.width - 1, clip.height - 1
    canvas = struct.pack("<I", _HAS_EXIF) + b"".join(side.to_bytes(3, "little") for side in sides)
    chunks = (
        (b"VP8X", canvas),
        (b"VP8L", _plain(*sides, card.ground_colour(clip.lines))),
        (b"EXIF", _described(clip.title)),
    )
    content = b"WEBP" + b"".join(_chunk(name, data) for name, data in chunks)
    return _chunk(b"RIFF", content)


def _plain(width: int, height: int, colour: tuple[int, int, int]) -> bytes:
    """A picture of *colour* with these sides less one: a code of a single symbol has no bits, and so has each pixel."""
    red, green, blue = colour
    fields = [(_SIGNATURE, 8), (width, 14), (height, 14)]
    # No transparency, version 0; then no transform, no cache of colours, and one group of codes.
    fields += [(0, 1), (0, 3), (0, 1), (0, 1), (0, 1)]
    for symbol in (green, red, blue, _OPAQUE):
        fields += [(1, 1), (0, 1), (1, 1), (symbol, 8)]
    fields += [(1, 1), (0, 1), (0, 1), (0, 1)]  # distances, of which there are none
    bits = place = 0
    for value, width_of_field in fields:
        bits |= value << place
        place += width_of_field
    return bits.to_bytes(-(-place // 8), "little")


def _described(title: str) -> bytes:
    """The metadata of a picture with that *title* (CIPA DC-008, 4.6.2): one entry, whose text comes after it."""
    text = title.encode("utf-8", "replace").ljust(3, b"\0") + b"\0"  # so long that it is not in the entry
    entry = struct.pack("<HHII", _DESCRIPTION, _TEXT, len(text), 26)
    return struct.pack("<2sHIH", b"II", 42, 8, 1) + entry + struct.pack("<I", 0) + text


def _chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)
