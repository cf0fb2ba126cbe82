"""Lays out the card: from a clip's size and lines to places on a grid of macroblocks.

All places and lengths are in macroblocks (16 pixels); a type size is in cells (4 pixels) per dot of the font.
From the top: title, a short rule, heading, small print, and last line; at the foot, on a darker panel, the clock and
the bar that grows with it. A small picture drops what it has no room for, the small print first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from vidmock.media.font import PITCH, fold

_CELLS = 4  # per macroblock side
_ELLIPSIS = "…"
_MOST_LINES = 4  # of one text
_MOST_CHARACTERS = 1000  # of one text: more than four lines of the largest picture hold
_WORD = re.compile(r"[^ /_:-]*[ /_:-]|[^ /_:-]+")  # a line may break after these


@dataclass(frozen=True, slots=True)
class TextLine:
    """A line of text. *row* is its first macroblock row; it is ``2 * scale`` rows high."""

    text: str
    scale: int
    row: int


@dataclass(frozen=True, slots=True)
class PictureFrame:
    """The part of the layout that depends on the picture's size alone.

    ``columns`` and ``rows`` cover the picture, ``inner`` columns lie between its margins; ``title``, ``heading`` and
    ``small`` are type sizes; ``panel``, ``clock`` and ``bar`` are rows. A picture that is not ``roomy`` saves on gaps.
    """

    columns: int
    rows: int
    margin: int
    inner: int
    title: int
    heading: int
    small: int
    roomy: bool
    panel: int
    clock: TextLine
    bar: int

    @property
    def gap(self) -> int:
        """Rows between two texts, beyond the one between two lines."""
        return 1 if self.roomy else 0

    def fits(self, scale: int) -> int:
        """How many characters a line of that scale holds."""
        return (self.inner * _CELLS + scale) // (PITCH * scale)


@lru_cache(maxsize=64)
def frame(width: int, height: int) -> PictureFrame:
    """The layout of a picture of that many pixels. The clock has the widest form that fits, as a pattern of zeros."""
    columns, rows = -(-width // 16), -(-height // 16)
    shown_columns, shown_rows = width // 16, height // 16
    shorter = min(shown_columns, shown_rows)
    title, heading, small = _sizes(shorter)
    margin = max(1, shorter // 13)
    inner = shown_columns - 2 * margin
    text, scale = next(
        (text, scale) for text, scale in _clocks(heading) if len(text) * PITCH * scale - scale <= inner * _CELLS
    )
    roomy = shorter >= 24
    bar = shown_rows - max(1, margin - 1) - 1
    clock = bar - 2 * scale - (1 if roomy else 0)
    panel = clock - max(1, margin // 2)
    return PictureFrame(
        columns, rows, margin, inner, title, heading, small, roomy, panel, TextLine(text, scale, clock), bar
    )


@dataclass(frozen=True, slots=True)
class Card:
    """The part of the picture that stands still. ``rule`` is the row of the line under the title, if it has room."""

    lines: tuple[TextLine, ...]
    rule: int | None


def arrange(place: PictureFrame, texts: Sequence[str]) -> Card:
    """*texts* as wrapped and cut lines at their places, from top to bottom with at least one row between them."""
    folded = [text for text in (fold(text[:_MOST_CHARACTERS]) for text in texts) if text]
    if not folded:
        return Card((), None)
    title, *others = folded
    floor = place.panel - (1 if place.roomy else 0)
    top = _stack([title], _scale(title, place.title, 1, place), place, place.margin, floor)
    cursor = _below(top, place.margin)
    rule = cursor if place.roomy and top and cursor < floor else None
    cursor += 3 if rule else 0
    last: list[TextLine] = []
    if len(others) > 1:
        scale = _scale(others[-1], place.heading, 1, place)
        row = floor - 2 * scale
        if row > cursor + 2 * place.heading:
            last = _stack([others.pop()], scale, place, row, floor)
            floor = row - 1
    heading = others[:1]
    if heading:
        scale = _scale(heading[0], place.heading, 4 if place.rows > place.columns else 3, place)
        stood = _stack(heading, scale, place, cursor, floor, balanced=True)
        small = _stack(others[1:], place.small, place, _below(stood, cursor) + place.gap, floor)
        return Card((*top, *stood, *small, *last), rule)
    return Card((*top, *last), rule)


def _scale(text: str, largest: int, most: int, place: PictureFrame) -> int:
    """The largest type size in which *text* takes at most *most* lines, or else the small one."""
    for scale in range(largest, place.small, -1):
        if len(wrap(text, place.fits(scale))) <= most:
            return scale
    return place.small


def _below(lines: Sequence[TextLine], otherwise: int) -> int:
    return lines[-1].row + 2 * lines[-1].scale + 1 if lines else otherwise


def _stack(
    texts: Sequence[str], scale: int, place: PictureFrame, row: int, floor: int, *, balanced: bool = False
) -> list[TextLine]:
    """As many lines as fit between *row* and *floor*; a text that does not fit whole ends in an ellipsis."""
    lines: list[TextLine] = []
    for text in texts:
        pieces = wrap(text, place.fits(scale), balanced=balanced)
        room = min(_MOST_LINES, (floor - row + 1) // (2 * scale + 1))
        for piece in cut(pieces, room, place.fits(scale)):
            lines.append(TextLine(piece, scale, row))
            row += 2 * scale + 1
        row += place.gap
    return lines


@lru_cache(maxsize=1024)
def wrap(text: str, width: int, *, balanced: bool = False) -> tuple[str, ...]:
    """*text* in lines of 1 to *width* characters; *balanced* lines are as even as their number allows."""
    lines: list[str] = []
    line = ""
    for word in _WORD.findall(text):
        if line and len(line) + len(word.rstrip()) > width:
            lines.append(line.rstrip())
            line = ""
        line += word
        while len(line.rstrip()) > width:
            lines.append(line[:width])
            line = line[width:]
    if line.strip():
        lines.append(line.rstrip())
    if balanced and width > 1 < len(lines) <= _MOST_LINES:
        narrower = wrap(text, width - 1, balanced=True)
        if len(narrower) == len(lines):
            return narrower
    return tuple(lines)


def cut(lines: Sequence[str], most: int, width: int) -> Sequence[str]:
    """The first *most* of *lines*; where that loses some, the last ends in an ellipsis."""
    if len(lines) <= most or most < 1:
        return lines[: max(0, most)]
    return [*lines[: most - 1], lines[most - 1][: width - 1].rstrip() + _ELLIPSIS]


def _sizes(shorter: int) -> tuple[int, int, int]:
    for least, sizes in ((120, (8, 6, 4)), (80, (6, 3, 2)), (40, (4, 2, 1)), (20, (2, 1, 1))):
        if shorter >= least:
            return sizes
    return 1, 1, 1


def _clocks(scale: int) -> list[tuple[str, int]]:
    """Forms and type sizes of the clock, in the order in which they are tried; the last fits any picture."""
    return [(text, size) for text in ("00:00.0 / 00:00.0", "00:00.0", "000s") for size in range(scale, 0, -1)]
