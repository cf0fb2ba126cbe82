"""Makes a still picture, for models that make no video: one colour, with a title (W3C PNG, 3rd edition)."""

from __future__ import annotations

import struct
import zlib
from functools import lru_cache

from vidmock.media import card
from vidmock.media.clip import Clip

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_TRUE_COLOUR = 2


@lru_cache(maxsize=8)
def png_file(clip: Clip) -> bytes:
    """The bytes of the picture that *clip* describes; its length and sound do not matter."""
    header = struct.pack(">IIBBBBB", clip.width, clip.height, 8, _TRUE_COLOUR, 0, 0, 0)
    row = b"\0" + bytes(_colour(clip)) * clip.width
    pixels = zlib.compress(row * clip.height, 6)
    title = b"Title\0\0\0\0\0" + clip.title.encode("utf-8", "replace")
    chunks = ((b"IHDR", header), (b"iTXt", title), (b"IDAT", pixels), (b"IEND", b""))
    return _SIGNATURE + b"".join(_chunk(name, data) for name, data in chunks)


def _colour(clip: Clip) -> tuple[int, int, int]:
    """The card's ground as red, green and blue (ITU-R BT.709, full range is near enough for a plain card)."""
    blue, red = card.hue(clip.lines)
    luma = card.GROUND
    parts = luma + 1.5748 * red, luma - 0.1873 * blue - 0.4681 * red, luma + 1.8556 * blue
    return tuple(min(255, max(0, round(part))) for part in parts)  # type: ignore[return-value]  # three of them


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
