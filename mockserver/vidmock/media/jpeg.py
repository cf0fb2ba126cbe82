"""Makes a still picture as JPEG: one colour, with a title (ITU-T T.81, baseline; JFIF 1.02)."""

from __future__ import annotations

import struct
from typing import Final

from vidmock.media import card
from vidmock.media.clip import Clip

_START, _END = b"\xff\xd8", b"\xff\xd9"
_JFIF: Final = b"JFIF\0" + struct.pack(">BBBHHBB", 1, 2, 0, 1, 1, 0, 0)
_STEP: Final = 8
"""The quantiser of the mean of a block, with which it is coded as the colour less 128, exactly."""
_BLOCK: Final = 16
"""Pixels on a side of what is coded together: four blocks of luma, and one of each chroma."""
_COMPONENTS: Final = ((1, 0x22), (2, 0x11), (3, 0x11))
"""Luma and both chromas, with how densely each is sampled."""
_SAME: Final = "0"
"""The bits of a mean that is that of the block before, and of the end of a block."""
_EMPTY: Final = 2 * _SAME
_LONGEST_TITLE: Final = 65_533  # bytes in a segment


def jpeg_file(clip: Clip) -> bytes:
    """The bytes of the picture that *clip* describes; its length and sound do not matter."""
    frame = struct.pack(">BHHB", 8, clip.height, clip.width, len(_COMPONENTS))
    frame += b"".join(bytes((number, sampling, 0)) for number, sampling in _COMPONENTS)
    # Codes are assigned by length (annex C): 0 is "no change", and five bits tell how many follow, from one to eight.
    means = b"\0" + bytes((1, 0, 0, 0, 8)).ljust(16, b"\0") + bytes(range(9))
    ends = b"\x10" + bytes((1,)).ljust(16, b"\0") + b"\0"
    scan = bytes((len(_COMPONENTS),)) + b"".join(bytes((number, 0)) for number, _ in _COMPONENTS) + b"\0\x3f\0"
    title = clip.title.encode("utf-8", "replace")[:_LONGEST_TITLE]
    return b"".join(
        (
            _START,
            _segment(0xE0, _JFIF),
            _segment(0xFE, title),
            _segment(0xDB, b"\0" + bytes((_STEP,)).ljust(64, b"\1")),
            _segment(0xC0, frame),
            _segment(0xC4, means + ends),
            _segment(0xDA, scan),
            _coded(clip.width, clip.height, _components(card.ground_colour(clip.lines))),
            _END,
        )
    )


def _coded(width: int, height: int, colour: tuple[int, int, int]) -> bytes:
    """A picture of *colour*, each of its components less 128: after the first blocks, nothing changes any more."""
    luma, blue, red = (_mean(value) + _SAME for value in colour)
    first = luma + 3 * _EMPTY + blue + red
    others = -(-width // _BLOCK) * -(-height // _BLOCK) - 1
    length = len(first) + others * 6 * len(_EMPTY)
    size = -(-length // 8)
    head = first.ljust(-(-len(first) // 8) * 8, "0")
    data = bytearray(int(head, 2).to_bytes(len(head) // 8, "big").ljust(size, b"\0"))
    data[-1] |= (1 << (size * 8 - length)) - 1
    return bytes(data).replace(b"\xff", b"\xff\0")


def _mean(value: int) -> str:
    """The bits of a block's mean, where that of the block before is 0: how many bits it has, and these (F.1.2.1)."""
    size = abs(value).bit_length()
    if not size:
        return _SAME
    return f"{0b10000 + size - 1:05b}" + f"{value if value > 0 else value + (1 << size) - 1:0{size}b}"


def _components(colour: tuple[int, int, int]) -> tuple[int, int, int]:
    """Luma and both chromas of *colour*, all less 128 (ITU-T T.871, 7)."""
    red, green, blue = colour
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    return round(luma) - 128, round((blue - luma) / 1.772), round((red - luma) / 1.402)


def _segment(marker: int, data: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data
