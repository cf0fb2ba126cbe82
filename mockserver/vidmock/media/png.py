"""Makes a still picture as PNG: its card in true colour, with a title (W3C PNG, 3rd edition)."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby, repeat
from typing import Final

from vidmock.media.clip import Clip
from vidmock.media.macroblock import CELL
from vidmock.media.still import Still, still

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_TRUE_COLOUR = 2
_AS_IT_IS, _LIKE_ABOVE = b"\0", b"\2"
"""Filters of a row (9.2): its pixels, or what of them differs from the row above."""
_BLOCKS: Final = (64, 16, 4, 1)
"""Rows that are like the one above them are compressed so many together."""


def png_file(clip: Clip) -> bytes:
    """The bytes of the picture that *clip* describes; its length and sound do not matter."""
    header = struct.pack(">IIBBBBB", clip.width, clip.height, 8, _TRUE_COLOUR, 0, 0, 0)
    title = b"Title\0\0\0\0\0" + clip.title.encode("utf-8", "replace")
    pixels = _compressed(clip.width, clip.height, still(clip))
    chunks = ((b"IHDR", header), (b"iTXt", title), (b"IDAT", pixels), (b"IEND", b""))
    return _SIGNATURE + b"".join(_chunk(name, data) for name, data in chunks)


def _compressed(width: int, height: int, card: Still) -> bytes:
    """The zlib stream (RFC 1950) of the rows of the picture: of equal ones the first, and that the others are like it.

    No part refers to what is before it, so that one is compressed once and repeated as it is.
    """
    parts, check, made = [b"\x78\x9c"], 1, dict[int, tuple[bytes, bytes]]()
    cells = [(mask, CELL) for mask in card.rows[: height // CELL]] + [(0, height % CELL)]
    for mask, same in groupby(cells, key=lambda row: row[0]):
        number = sum(rows for _, rows in same)
        if number and mask not in made:
            first = _AS_IT_IS + _pixels(card, mask, width)
            made[mask] = first, _part(first)
        for data, part in (made[mask], *_like_above(width, number - 1)) if number else ():
            parts.append(part)
            check = zlib.adler32(data, check)
    end = zlib.compressobj(wbits=-zlib.MAX_WBITS).flush()
    return b"".join((*parts, end, struct.pack(">I", check)))


def _like_above(width: int, number: int) -> Iterator[tuple[bytes, bytes]]:
    """So many rows that are like the one above them: in parts, each as it is and compressed."""
    for size in _BLOCKS:
        whole, number = divmod(number, size)
        yield from repeat(_block(width, size), whole)


@lru_cache(maxsize=8)
def _block(width: int, number: int) -> tuple[bytes, bytes]:
    data = (_LIKE_ABOVE + bytes(3 * width)) * number
    return data, _part(data)


def _part(data: bytes) -> bytes:
    """*data* compressed, with a full flush behind it."""
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush(zlib.Z_FULL_FLUSH)


def _pixels(card: Still, mask: int, width: int) -> bytes:
    """One row of pixels of the row of cells *mask*."""
    if not mask:
        return bytes(card.ground) * width
    colours = {"0": bytes(card.ground) * CELL, "1": bytes(card.ink) * CELL}
    return b"".join(map(colours.__getitem__, f"{mask:0{card.columns}b}"[::-1]))[: 3 * width]


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
