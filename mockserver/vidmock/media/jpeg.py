"""Makes a still picture as JPEG: its card, with a title (ITU-T T.81, baseline; JFIF 1.02)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import cache, lru_cache
from math import cos, pi, sqrt
from typing import Final

from vidmock.media import card
from vidmock.media.clip import Clip
from vidmock.media.still import Still, still

_START, _END = b"\xff\xd8", b"\xff\xd9"
_JFIF: Final = b"JFIF\0" + struct.pack(">BBBHHBB", 1, 2, 0, 1, 1, 0, 0)
_STEP: Final = 8
"""The quantiser of the mean of a block, with which it is coded as the colour less 128, exactly."""
_FINE: Final = 4
"""The quantiser of all else in a block."""
_CELLS: Final = 4
"""Cells across and down of what is coded together: four blocks of luma, and one of each chroma."""
_COMPONENTS: Final = ((1, 0x22), (2, 0x11), (3, 0x11))
"""Luma and both chromas, with how densely each is sampled."""
_SAME: Final = "0"
"""The bits of a mean that is that of the block before, and of the end of a block."""
_EMPTY: Final = 2 * _SAME
_SKIP: Final = 0xF0
"""The symbol of sixteen zeros."""
_LONGEST_TITLE: Final = 65_533  # bytes in a segment


def jpeg_file(clip: Clip) -> bytes:
    """The bytes of the picture that *clip* describes; its length and sound do not matter."""
    frame = struct.pack(">BHHB", 8, clip.height, clip.width, len(_COMPONENTS))
    frame += b"".join(bytes((number, sampling, 0)) for number, sampling in _COMPONENTS)
    # Codes are assigned by length (annex C): 0 is "no change", and five bits tell how many follow, from one to eight.
    means = b"\0" + bytes((1, 0, 0, 0, 8)).ljust(16, b"\0") + bytes(range(9))
    symbols = _symbols()
    rest = b"\x10" + bytes((1, 0, 0, 0, 0, 0, len(symbols))).ljust(16, b"\0") + bytes((0, *symbols))
    scan = bytes((len(_COMPONENTS),)) + b"".join(bytes((number, 0)) for number, _ in _COMPONENTS) + b"\0\x3f\0"
    title = clip.title.encode("utf-8", "replace")[:_LONGEST_TITLE]
    return b"".join(
        (
            _START,
            _segment(0xE0, _JFIF),
            _segment(0xFE, title),
            _segment(0xDB, b"\0" + bytes((_STEP, *(63 * (_FINE,))))),
            _segment(0xC0, frame),
            _segment(0xC4, means + rest),
            _segment(0xDA, scan),
            _packed("".join(_units(still(clip)))),
            _END,
        )
    )


def _units(picture: Still) -> Iterator[str]:
    """The bits of the picture, row by row. No text touches an edge, so that each row begins and ends with ground."""
    across = picture.columns // _CELLS
    luma, blue, red = (_mean(value) + _SAME for value in _components(picture.ground))
    plain = 6 * _EMPTY
    yield luma + 3 * _EMPTY + blue + red + plain * (across - 1)
    for top in range(_CELLS, len(picture.rows), _CELLS):
        rows = picture.rows[top : top + _CELLS]
        if not any(rows):
            yield plain * across
            continue
        before = 0
        for left in range(0, picture.columns, _CELLS):
            mask = tuple(row >> left & 15 for row in rows)
            yield _unit(mask, before)
            before = _inked(mask)[-1]


@lru_cache(maxsize=4096)
def _unit(mask: tuple[int, ...], before: int) -> str:
    """The bits of four by four cells; *before* is how many cells of the block before them have text in them."""
    bits = ""
    for inked, pattern in zip(_inked(mask), _patterns(mask), strict=True):
        bits += _mean((inked - before) * card.CONTRAST // 4) + _rest(pattern)
        before = inked
    return bits + 2 * _EMPTY


def _patterns(mask: tuple[int, ...]) -> tuple[int, ...]:
    """The four blocks of four by four cells, each as its four cells from the left and the top."""
    return tuple(mask[top] >> left & 3 | (mask[top + 1] >> left & 3) << 2 for top in (0, 2) for left in (0, 2))


def _inked(mask: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(pattern.bit_count() for pattern in _patterns(mask))


@cache
def _rest(pattern: int) -> str:
    """The bits of a block of two by two cells behind those of its mean; one that is full has no end."""
    codes = {symbol: f"{64 + place:07b}" for place, symbol in enumerate(_symbols())}
    end = "" if _level(pattern, *_ZIGZAG[-1]) else _SAME
    return "".join(codes[symbol] + bits for symbol, bits in _steps(pattern)) + end


@cache
def _symbols() -> tuple[int, ...]:
    """The symbols that blocks need beside their end, in the order of their codes: seven bits each."""
    return tuple(sorted({symbol for pattern in range(16) for symbol, _ in _steps(pattern)}))


def _steps(pattern: int) -> Iterator[tuple[int, str]]:
    """The coefficients of a block behind the first, as symbols with their bits (F.1.2.2)."""
    zeros = 0
    for down, across in _ZIGZAG[1:]:
        value = _level(pattern, down, across)
        if not value:
            zeros += 1
            continue
        for _ in range(zeros // 16):
            yield _SKIP, ""
        yield zeros % 16 << 4 | abs(value).bit_length(), _number(value)
        zeros = 0


_ZIGZAG: Final = sorted(
    ((down, across) for down in range(8) for across in range(8)),
    key=lambda at: (sum(at), at[0] if sum(at) % 2 else at[1]),
)
"""The order of the coefficients of a block (figure A.6)."""


def _level(pattern: int, down: int, across: int) -> int:
    """A coefficient in steps of its quantiser."""
    return round(_coefficient(pattern, down, across) / _FINE)


def _coefficient(pattern: int, down: int, across: int) -> float:
    """A coefficient of the transform (A.3.3) of two by two cells: each is a sum of halves that differ in their sign."""
    a, b, c, d = (card.CONTRAST * (pattern >> cell & 1) / 4 for cell in range(4))
    if not down:
        return sqrt(2) * _half(across) * (a - b + c - d)
    if not across:
        return sqrt(2) * _half(down) * (a + b - c - d)
    return _half(down) * _half(across) * (a - b - c + d) / 4


def _half(frequency: int) -> float:
    """The sum over a row whose first half is 1 and whose second is -1."""
    if not frequency % 2:
        return 0.0
    return 2 * sum(cos((2 * place + 1) * frequency * pi / 16) for place in range(4))


def _packed(bits: str) -> bytes:
    """*bits*, filled up with ones; a byte of ones alone is followed by one of zeros (F.1.2.3)."""
    size = -(-len(bits) // 8)
    return int(bits.ljust(size * 8, "1"), 2).to_bytes(size, "big").replace(b"\xff", b"\xff\0")


def _mean(value: int) -> str:
    """The bits of how a block's mean differs from that of the block before: how many there are, and these (F.1.2.1)."""
    size = abs(value).bit_length()
    return f"{0b10000 + size - 1:05b}{_number(value)}" if size else _SAME


def _number(value: int) -> str:
    """A number other than 0 in as many bits as it needs; a negative one is less by one."""
    size = abs(value).bit_length()
    return f"{value if value > 0 else value + (1 << size) - 1:0{size}b}"


def _components(colour: tuple[int, int, int]) -> tuple[int, int, int]:
    """Luma and both chromas of *colour*, all less 128 (ITU-T T.871, 7)."""
    red, green, blue = colour
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    return round(luma) - 128, round((blue - luma) / 1.772), round((red - luma) / 1.402)


def _segment(marker: int, data: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data
