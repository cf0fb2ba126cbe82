"""Makes a still picture as WebP: its card in two colours, with a title (RFC 9649, lossless)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import groupby
from typing import Final

from vidmock.media.clip import Clip
from vidmock.media.macroblock import CELL
from vidmock.media.still import Still, still

_SIGNATURE: Final = 0x2F
_OPAQUE: Final = 255
_HAS_EXIF: Final = 0x08
_DESCRIPTION: Final = 0x010E
_TEXT: Final = 2
_INDEXED: Final = 3
"""The transform by which eight pixels of two colours stand in one (4.4)."""
_TOGETHER: Final = 8
_LONGEST_COPY: Final = 4096
_LITERALS: Final = {0x00: "00", 0x0F: "010", 0xF0: "011", 0xFF: "100"}
"""The codes of eight pixels, which are two cells: canonical, of the lengths that ``_LENGTHS`` tells."""
_FIRST_COPY: Final = 0b101000
"""The code of the shortest copy, of 24 kinds with six bits each."""


def webp_file(clip: Clip) -> bytes:
    """The bytes of the picture that *clip* describes; its length and sound do not matter."""
    sides = clip.width - 1, clip.height - 1
    canvas = struct.pack("<I", _HAS_EXIF) + b"".join(side.to_bytes(3, "little") for side in sides)
    chunks = (
        (b"VP8X", canvas),
        (b"VP8L", _pixels(clip.width, clip.height, still(clip))),
        (b"EXIF", _described(clip.title)),
    )
    content = b"WEBP" + b"".join(_chunk(name, data) for name, data in chunks)
    return _chunk(b"RIFF", content)


def _pixels(width: int, height: int, card: Still) -> bytes:
    """The picture: a table of two colours, and eight pixels at a time as one. Bits are in the order of the file."""
    bits = [_field(_SIGNATURE, 8), _field(width - 1, 14), _field(height - 1, 14), _field(0, 1), _field(0, 3)]
    bits += [_field(1, 1), _field(_INDEXED, 2), _table(card), _field(0, 1)]
    # No cache of colours, and one group of codes; then those of green, red, blue, alpha and distances.
    bits += [_field(0, 1), _field(0, 1), _LENGTHS, *map(_single, (0, 0, _OPAQUE, 0))]
    bits += _rows(-(-width // _TOGETHER), height, card)
    text = "".join(bits)
    # The first bit of the file is the lowest of its byte.
    return int(text[::-1], 2).to_bytes(-(-len(text) // 8), "little")


def _table(card: Still) -> str:
    """Both colours, the second as what it has more than the first (4.4): an image of two pixels."""
    pairs = [
        (ground, (ink - ground) % 256)
        for ground, ink in zip((*card.ground, _OPAQUE), (*card.ink, _OPAQUE), strict=True)
    ]
    red, green, blue, alpha = pairs
    ordered = (green, red, blue, alpha)
    codes = [_single(pair[0]) if pair[0] == pair[1] else _either(*sorted(pair)) for pair in ordered]
    chosen = [
        "" if pair[0] == pair[1] else str(int(pair[place] == max(pair))) for place in range(2) for pair in ordered
    ]
    # The number of colours less one; the image has no cache of colours.
    return _field(1, 8) + _field(0, 1) + "".join((*codes, _single(0), *chosen))


def _rows(across: int, height: int, card: Still) -> Iterator[str]:
    """The rows, of *across* pixels each that stand for eight: a row, and a copy of it as long as rows are equal."""
    rows = [*card.rows, 0]
    at = [(mask, CELL) for mask in rows[: height // CELL]] + [(0, height % CELL)]
    for mask, same in groupby(at, key=lambda row: row[0]):
        number = sum(rows for _, rows in same)
        if number:
            yield "".join(_LITERALS[_byte(mask >> 2 * place & 3)] for place in range(across))
            yield from _copies(across * (number - 1))


def _byte(cells: int) -> int:
    return (0x0F if cells & 1 else 0) | (0xF0 if cells & 2 else 0)


def _copies(length: int) -> Iterator[str]:
    """As many pixels as *length* from the row above, of which the distance has a code without bits (5.2.2)."""
    while length:
        part = min(length, _LONGEST_COPY)
        length -= part
        kind, extra, bits = _prefix(part)
        yield f"{_FIRST_COPY + kind:06b}" + _field(extra, bits)


def _prefix(length: int) -> tuple[int, int, int]:
    """The kind of a copy of *length* pixels, and the number that follows it, of so many bits (5.2.2)."""
    value = length - 1
    if value < 4:
        return value, 0, 0
    bits = value.bit_length() - 2
    second = value >> bits & 1
    return 2 * (bits + 1) + second, value & ((1 << bits) - 1), bits


def _field(value: int, width: int) -> str:
    """*value* in *width* bits, the lowest first."""
    return f"{value:0{width}b}"[::-1] if width else ""


def _single(symbol: int) -> str:
    """The code of one symbol alone, which takes no bits."""
    return _field(1, 1) + _field(0, 1) + _field(1, 1) + _field(symbol, 8)


def _either(first: int, second: int) -> str:
    """The code of two symbols, the smaller *first*: a bit each."""
    return _field(1, 1) + _field(1, 1) + _field(1, 1) + _field(first, 8) + _field(second, 8)


def _lengths() -> str:
    """The code of green (5.2.1): two, three, three and three bits for eight pixels, and six for each kind of copy.

    How long the codes are is itself coded: 2, 3 and 6 are lengths, 16 repeats one, and 18 is a run of zeros.
    """
    own = {2: "110", 3: "00", 6: "111", 16: "01", 18: "10"}
    order = (17, 18, 0, 1, 2, 3, 4, 5, 16, 6)
    head = _field(0, 1) + _field(len(order) - 4, 4) + "".join(_field(len(own.get(each, "")), 3) for each in order)

    def zeros(number: int) -> str:
        return own[18] + _field(number - 11, 7)

    def again(number: int) -> str:
        return own[16] + _field(number - 3, 2)

    literals = own[2] + zeros(14) + own[3] + zeros(138) + zeros(86) + own[3] + zeros(14) + own[3]
    return head + _field(0, 1) + literals + own[6] + 3 * again(6) + again(5)


_LENGTHS: Final = _lengths()


def _described(title: str) -> bytes:
    """The metadata of a picture with that *title* (CIPA DC-008, 4.6.2): one entry, whose text comes after it."""
    text = title.encode("utf-8", "replace").ljust(3, b"\0") + b"\0"  # so long that it is not in the entry
    entry = struct.pack("<HHII", _DESCRIPTION, _TEXT, len(text), 26)
    return struct.pack("<2sHIH", b"II", 42, 8, 1) + entry + struct.pack("<I", 0) + text


def _chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)
