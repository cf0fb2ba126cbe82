"""Draws the first picture as macroblocks of one slice: a flat colour, a short line (the rule), and the text."""

from __future__ import annotations

from functools import lru_cache
from zlib import crc32

from vidmock.media import font
from vidmock.media.bits import Bits
from vidmock.media.layout import Card, PictureFrame, TextLine
from vidmock.media.macroblock import SAME_AS_ABOVE, SAME_AS_LEFT, cells, flat, intra, masks, opening

Chroma = tuple[int, int]

GROUND, PANEL = 72, 56  # luma
CONTRAST = 128  # of the text over what it stands on: a step that the quantiser holds exactly

# Cb and Cr less 128, in steps of 4, around a circle of radius 36: twenty-four hues of one saturation.
_HUES: tuple[Chroma, ...] = (
    (36, 0), (36, 8), (32, 16), (24, 24), (16, 32), (8, 36), (0, 36), (-8, 36),
    (-16, 32), (-24, 24), (-32, 16), (-36, 8), (-36, 0), (-36, -8), (-32, -16), (-24, -24),
    (-16, -32), (-8, -36), (0, -36), (8, -36), (16, -32), (24, -24), (32, -16), (36, -8),
)  # fmt: skip


def hue(lines: tuple[str, ...]) -> Chroma:
    """The colour of a card: it depends on the text alone, and so is the same in every process."""
    return _HUES[crc32("\n".join(lines).encode("utf-8", "surrogatepass")) % len(_HUES)]


def ground_colour(lines: tuple[str, ...]) -> tuple[int, int, int]:
    """The ground of a card as red, green and blue."""
    return _colour(GROUND, *hue(lines))


def ink_colour(lines: tuple[str, ...]) -> tuple[int, int, int]:
    """The text of a card as red, green and blue."""
    return _colour(GROUND + CONTRAST, *hue(lines))


def _colour(luma: int, blue: int, red: int) -> tuple[int, int, int]:
    """Red, green and blue (ITU-R BT.709; full range is near enough for a plain card)."""
    parts = luma + 1.5748 * red, luma - 0.1873 * blue - 0.4681 * red, luma + 1.8556 * blue
    return tuple(min(255, max(0, round(part))) for part in parts)  # type: ignore[return-value]  # three of them


def above_panel(place: PictureFrame, card: Card, colour: Chroma) -> Bits:
    """All macroblocks from the top of the picture down to the panel, which holds clock and bar."""
    bits = [opening(GROUND, *colour), SAME_AS_LEFT * (place.columns - 1)]
    plain_row = SAME_AS_ABOVE + SAME_AS_LEFT * (place.columns - 1)
    row = 1
    for line in card.lines:
        if card.rule is not None and row <= card.rule < line.row:
            bits += [plain_row * (card.rule - row), _rule(place)]
            row = card.rule + 1
        bits += [plain_row * (line.row - row), *_text(place, line)]
        row = line.row + 2 * line.scale
    bits.append(plain_row * (place.panel - row))
    return "".join(bits)


def _text(place: PictureFrame, line: TextLine) -> list[Bits]:
    """The macroblock rows of one line of text, which must stand below a flat row."""
    step = 2 if line.scale % 2 else 1
    chunks = [_chunk(line.text[start : start + step], line.scale) for start in range(0, len(line.text), step)]
    width = sum(columns for columns, _ in chunks)
    before = SAME_AS_ABOVE + SAME_AS_LEFT * (place.margin - 1)
    after = SAME_AS_LEFT * (place.columns - place.margin - width)
    return [before + "".join(row) + after for row in zip(*(rows for _, rows in chunks), strict=True)]


@lru_cache(maxsize=4096)
def _chunk(text: str, scale: int) -> tuple[int, tuple[Bits, ...]]:
    """One or two characters as their width in macroblocks and their rows' bits.

    A chunk ends in the empty column after a glyph, so its bits are the same wherever it stands.
    """
    columns = -(-len(text) * font.PITCH * scale // 4)
    empty = flat(0)
    above = [empty] * columns
    rows: list[Bits] = []
    for row in masks(font.rows(text, scale), columns):
        now = [cells(mask, 0, CONTRAST) for mask in row]
        rows.append("".join(map(intra, now, above, [empty, *now])))
        above = now
    return columns, tuple(rows)


def _rule(place: PictureFrame) -> Bits:
    ground = flat(GROUND)
    ruled = cells(0x00FF, GROUND, GROUND + CONTRAST)
    length = max(1, place.inner // 8)
    before = SAME_AS_ABOVE + SAME_AS_LEFT * (place.margin - 1)
    after = SAME_AS_ABOVE + SAME_AS_LEFT * (place.columns - place.margin - length - 1)
    return before + intra(ruled, ground, ground) + SAME_AS_LEFT * (length - 1) + after
