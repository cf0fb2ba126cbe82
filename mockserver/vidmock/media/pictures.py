"""Reading the size of a picture from its headers: PNG, GIF, JPEG and WebP."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping

PictureSize = tuple[int, int]
"""Pixels across and down, as stored: a camera's note on how to turn a JPEG is not followed."""

# Start of frame (ITU-T T.81, table B.1); three of the row are other tables.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_BARE = frozenset({0x01, *range(0xD0, 0xDA)})  # markers without a segment
_SCAN = 0xDA
_MOST_MARKERS = 1000


def picture_size(data: bytes, format: str) -> PictureSize | None:
    """The size of the picture in *data*; ``None`` where it cannot be told, or *format* is not one that is read here."""
    try:
        found = _READERS[format](data) if format in _READERS else None
    except struct.error:
        return None
    return found if found and all(found) else None


def _png(data: bytes) -> PictureSize | None:
    """The header chunk comes first (W3C PNG, 3rd edition, 5.6)."""
    width, height = struct.unpack_from(">II", data, 16)
    return (width, height) if data[12:16] == b"IHDR" else None


def _gif(data: bytes) -> PictureSize:
    """The size of the logical screen (GIF89a, 18)."""
    width, height = struct.unpack_from("<HH", data, 6)
    return width, height


def _jpeg(data: bytes) -> PictureSize | None:
    """The first frame header, behind a few segments."""
    place = 2
    for _ in range(_MOST_MARKERS):
        fill, marker = struct.unpack_from(">BB", data, place)
        if fill != 0xFF or marker == _SCAN:
            return None
        if marker == 0xFF:  # any marker may be preceded by fill bytes
            place += 1
        elif marker in _BARE:
            place += 2
        elif marker in _FRAMES:
            height, width = struct.unpack_from(">HH", data, place + 5)
            return width, height
        else:
            (length,) = struct.unpack_from(">H", data, place + 2)
            place += 2 + length
    return None


def _webp(data: bytes) -> PictureSize | None:
    """The canvas of the extended form, or the frame of one of the two simple ones (RFC 9649)."""
    match data[12:16]:
        case b"VP8X":
            low_width, high_width, low_height, high_height = struct.unpack_from("<HBHB", data, 24)
            return (high_width << 16 | low_width) + 1, (high_height << 16 | low_height) + 1
        case b"VP8L":
            (bits,) = struct.unpack_from("<I", data, 21)
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8 ":
            width, height = struct.unpack_from("<HH", data, 26)
            return width & 0x3FFF, height & 0x3FFF
    return None


_READERS: Mapping[str, Callable[[bytes], PictureSize | None]] = {"png": _png, "gif": _gif, "jpg": _jpeg, "webp": _webp}
"""The reader of each format that has one, by the format's name."""
