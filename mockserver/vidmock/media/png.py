"""Makes a still picture, for models that make no video: one colour, with a title (W3C PNG, 3rd edition)."""

from __future__ import annotations

import struct
import zlib
from functools import lru_cache
from itertools import repeat

from vidmock.media import card
from vidmock.media.clip import Clip

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_TRUE_COLOUR = 2


_ROWS = 64
"""Rows of a picture that are compressed together."""


def png_file(clip: Clip) -> bytes:
    """The bytes of the picture that *clip* describes; its length and sound do not matter."""
    header = struct.pack(">IIBBBBB", clip.width, clip.height, 8, _TRUE_COLOUR, 0, 0, 0)
    title = b"Title\0\0\0\0\0" + clip.title.encode("utf-8", "replace")
    pixels = _plain(clip.width, clip.height, bytes(card.ground_colour(clip.lines)))
    chunks = ((b"IHDR", header), (b"iTXt", title), (b"IDAT", pixels), (b"IEND", b""))
    return _SIGNATURE + b"".join(_chunk(name, data) for name, data in chunks)


@lru_cache(maxsize=256)
def _plain(width: int, height: int, colour: bytes) -> bytes:
    """The zlib stream (RFC 1950) of *height* equal rows: some are compressed once, and repeated as they are.

    After a full flush, nothing in a block refers to what is before it.
    """
    block = (b"\0" + colour * width) * _ROWS
    rest = block[: len(block) // _ROWS * (height % _ROWS)]
    begin = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    repeated = begin.compress(block) + begin.flush(zlib.Z_FULL_FLUSH)
    whole = height // _ROWS
    end = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    check = 1
    for data in (*repeat(block, whole), rest):
        check = zlib.adler32(data, check)
    return b"\x78\x9c" + repeated * whole + end.compress(rest) + end.flush() + struct.pack(">I", check)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
