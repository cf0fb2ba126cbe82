"""The card of a still picture: the first picture of a clip, without clock and bar, in cells of four pixels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from vidmock.media import card, font
from vidmock.media.clip import Clip
from vidmock.media.layout import arrange, frame

_BLOCK: Final = 4
"""Cells on a side of a macroblock, in which layouts count."""
Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Still:
    """Each of *rows* is a row of cells, the uppermost first: its bit *x* is set where the cell *x* has text in it.

    There are *columns* cells in a row; the last ones, and the last rows, may be beyond the picture. *ground* and *ink*
    are the colours, as red, green and blue.
    """

    columns: int
    rows: tuple[int, ...]
    ground: Colour
    ink: Colour


@lru_cache(maxsize=64)
def still_of(width: int, height: int, lines: tuple[str, ...]) -> Still:
    """The card of a picture of that many pixels with these *lines*."""
    place = frame(width, height)
    arranged = arrange(place, lines)
    rows = [0] * (place.rows * _BLOCK)
    left = place.margin * _BLOCK
    if arranged.rule is not None:
        ruled = ((1 << max(1, place.inner // 8) * _BLOCK) - 1) << left
        rows[arranged.rule * _BLOCK] = rows[arranged.rule * _BLOCK + 1] = ruled
    for line in arranged.lines:
        top = line.row * _BLOCK
        for at, row in enumerate(font.rows(line.text, line.scale), top):
            rows[at] = row << left
    return Still(place.columns * _BLOCK, tuple(rows), card.ground_colour(lines), card.ink_colour(lines))


def still(clip: Clip) -> Still:
    """The card of the picture that *clip* describes."""
    return still_of(clip.width, clip.height, clip.lines)
