"""The font: a bitmap of 5×8 dots for each character, drawn below, and what is written for the other characters.

Seven rows stand on the baseline, the eighth is for descenders. Every printable ASCII character has a glyph, and so
have the few signs that labels are full of (``·``, ``×``, ``…``, ``–``). Larger sizes are grown from these drawings by
a variant of the pixel-art rule EPX (Eric Johnston, 1992), which rounds corners and the stairs of a diagonal.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

WIDTH, HEIGHT = 5, 8
PITCH = 6  # a glyph and the gap after it
BOX = "\ufffd"
_SIGNS = "·×…–" + BOX
_STRIP = 16
_DRAWN = """
..... ..#.. .#.#. .#.#. ..#.. ##..# .##.. ..#.. ...#. .#... ..... ..... ..... ..... ..... ....#
..... ..#.. .#.#. .#.#. .#### ##..# #..#. ..#.. ..#.. ..#.. ..#.. ..#.. ..... ..... ..... ....#
..... ..#.. .#.#. ##### #.#.. ...#. #.#.. .#... .#... ...#. #.#.# ..#.. ..... ..... ..... ...#.
..... ..#.. ..... .#.#. .###. ..#.. .#... ..... .#... ...#. .###. ##### ..... .###. ..... ..#..
..... ..#.. ..... ##### ..#.# .#... #.#.# ..... .#... ...#. #.#.# ..#.. ..... ..... ..... .#...
..... ..... ..... .#.#. ####. #..## #..#. ..... ..#.. ..#.. ..#.. ..#.. ..##. ..... ..##. #....
..... ..#.. ..... .#.#. ..#.. #..## .##.# ..... ...#. .#... ..... ..... ..##. ..... ..##. #....
..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..#.. ..... ..... .....

.###. ..#.. .###. ##### ...#. ##### ..##. ##### .###. .###. ..... ..... ...#. ..... .#... .###.
#...# .##.. #...# ...#. ..##. #.... .#... ....# #...# #...# ..##. ..##. ..#.. ..... ..#.. #...#
#..## #.#.. ....# ..#.. .#.#. ####. #.... ...#. #...# #...# ..##. ..##. .#... ##### ...#. ....#
#.#.# ..#.. ...#. ...#. #..#. ....# ####. ..#.. .###. .#### ..... ..... #.... ..... ....# ...#.
##..# ..#.. ..#.. ....# ##### ....# #...# ..#.. #...# ....# ..##. ..##. .#... ##### ...#. ..#..
#...# ..#.. .#... #...# ...#. #...# #...# ..#.. #...# ...#. ..##. ..##. ..#.. ..... ..#.. .....
.###. ##### ##### .###. ...#. .###. .###. ..#.. .###. .##.. ..... ..#.. ...#. ..... .#... ..#..
..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... .....

.###. .###. ####. .###. ####. ##### ##### .###. #...# .###. ..### #...# #.... #...# #...# .###.
#...# #...# #...# #...# #...# #.... #.... #...# #...# ..#.. ...#. #..#. #.... ##.## ##..# #...#
#.### #...# #...# #.... #...# #.... #.... #.... #...# ..#.. ...#. #.#.. #.... #.#.# ##..# #...#
#.#.# ##### ####. #.... #...# ####. ####. #.### ##### ..#.. ...#. ##... #.... #.#.# #.#.# #...#
#.### #...# #...# #.... #...# #.... #.... #...# #...# ..#.. ...#. #.#.. #.... #...# #..## #...#
#.... #...# #...# #...# #...# #.... #.... #...# #...# ..#.. #..#. #..#. #.... #...# #..## #...#
.###. #...# ####. .###. ####. ##### #.... .#### #...# .###. .##.. #...# ##### #...# #...# .###.
..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... .....

####. .###. ####. .#### ##### #...# #...# #...# #...# #...# ##### .###. #.... .###. ..#.. .....
#...# #...# #...# #.... ..#.. #...# #...# #...# #...# #...# ....# .#... #.... ...#. .#.#. .....
#...# #...# #...# #.... ..#.. #...# #...# #...# .#.#. .#.#. ...#. .#... .#... ...#. #...# .....
####. #...# ####. .###. ..#.. #...# #...# #.#.# ..#.. ..#.. ..#.. .#... ..#.. ...#. ..... .....
#.... #.#.# #.#.. ....# ..#.. #...# .#.#. #.#.# .#.#. ..#.. .#... .#... ...#. ...#. ..... .....
#.... #..#. #..#. ....# ..#.. #...# .#.#. ##.## #...# ..#.. #.... .#... ....# ...#. ..... .....
#.... .##.# #...# ####. ..#.. .###. ..#.. #...# #...# ..#.. ##### .###. ....# .###. ..... .....
..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... #####

.#... ..... #.... ..... ....# ..... ..##. ..... #.... ..#.. ...#. #.... .##.. ..... ..... .....
..#.. ..... #.... ..... ....# ..... .#..# ..... #.... ..... ..... #.... ..#.. ..... ..... .....
...#. .###. ####. .###. .#### .###. .#... .#### ####. .##.. ..##. #..#. ..#.. ##.#. ####. .###.
..... ....# #...# #...# #...# #...# ###.. #...# #...# ..#.. ...#. #.#.. ..#.. #.#.# #...# #...#
..... .#### #...# #.... #...# ##### .#... #...# #...# ..#.. ...#. ##... ..#.. #.#.# #...# #...#
..... #...# #...# #...# #...# #.... .#... .#### #...# ..#.. ...#. #.#.. ..#.. #.#.# #...# #...#
..... .#### ####. .###. .#### .###. .#... ....# #...# .###. #..#. #..#. .###. #.#.# #...# .###.
..... ..... ..... ..... ..... ..... ..... .###. ..... ..... .##.. ..... ..... ..... ..... .....

..... ..... ..... ..... .#... ..... ..... ..... ..... ..... ..... ..##. ..#.. .##.. ..... .....
..... ..... ..... ..... .#... ..... ..... ..... ..... ..... ..... ..#.. ..#.. ..#.. ..... .....
####. .#### #.##. .#### ###.. #...# #...# #...# #...# #...# ##### ..#.. ..#.. ..#.. .#... ..##.
#...# #...# ##..# #.... .#... #...# #...# #...# .#.#. #...# ...#. .#... ..#.. ...#. #.#.# ..##.
#...# #...# #.... .###. .#... #...# #...# #.#.# ..#.. #...# ..#.. ..#.. ..#.. ..#.. ...#. .....
####. .#### #.... ....# .#..# #...# .#.#. #.#.# .#.#. .#### .#... ..#.. ..#.. ..#.. ..... .....
#.... ....# #.... ####. ..##. .#### ..#.. .#.#. #...# ....# ##### ..##. ..#.. .##.. ..... .....
#.... ....# ..... ..... ..... ..... ..... ..... ..... .###. ..... ..... ..... ..... ..... .....

..... ..... ..... #####
..... ..... ..... #...#
#...# ..... ..... #...#
.#.#. ..... ##### #...#
..#.. ..... ..... #...#
.#.#. ..... ..... #...#
#...# #.#.# ..... #####
..... ..... ..... .....
"""

_SPELLED = str.maketrans(
    dict.fromkeys("\u2018\u2019\u201a\u2032", "'")
    | dict.fromkeys("\u201c\u201d\u201e\u2033«»", '"')
    | dict.fromkeys("\u2010\u2011\u2012\u2212", "-")
    | dict.fromkeys("\u2014\u2015", "–")
    | dict.fromkeys("\u2022\u22c5\u2219\u30fb", "·")
    | {"…": "…", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ß": "ss", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L"}
    | {"đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th", "ı": "i", "→": "->", "←": "<-", "⁄": "/"}
)


def fold(text: str) -> str:
    """*text* in characters that have a glyph: without accents, typographic signs spelled out, white space as one space.

    A character that cannot be spelled (another script, an emoji) becomes a ``BOX``; controls and invisible marks go.
    """
    if not (text.isascii() and text.isprintable()):
        text = "".join(_fold(char) for char in text.translate(_SPELLED))
    return " ".join(text.split())


@lru_cache(maxsize=1024)
def _fold(char: str) -> str:
    if char in _GLYPHS:
        return char
    if char.isspace():
        return " "
    kept = [
        part
        for part in unicodedata.normalize("NFKD", char).translate(_SPELLED)
        if unicodedata.category(part) not in {"Mn", "Me", "Cf", "Cc"}
    ]
    return "".join(part if part in _GLYPHS else " " if part.isspace() else BOX for part in kept)


def _read() -> dict[str, tuple[int, ...]]:
    chars = [*map(chr, range(0x20, 0x7F)), *_SIGNS]
    glyphs: dict[str, tuple[int, ...]] = {}
    for start, strip in zip(range(0, len(chars), _STRIP), _DRAWN.strip().split("\n\n"), strict=True):
        columns = zip(*(row.split() for row in strip.splitlines()), strict=True)
        for char, rows in zip(chars[start : start + _STRIP], columns, strict=True):
            glyphs[char] = tuple(int(row[::-1].replace(".", "0").replace("#", "1"), 2) for row in rows)
    return glyphs


_GLYPHS = _read()


@lru_cache(maxsize=1024)
def glyph(char: str, scale: int = 1) -> tuple[int, ...]:
    """The rows of one glyph, ``HEIGHT * scale`` from top to bottom; bit *x* of a row is the cell *x* from the left."""
    rows, width = _GLYPHS[char], WIDTH
    while scale % 2 == 0:
        rows, width, scale = _epx(rows, width), width * 2, scale // 2
    wide = tuple(sum(((1 << scale) - 1) << x * scale for x in range(width) if row >> x & 1) for row in rows)
    return tuple(row for row in wide for _ in range(scale))


def _epx(rows: tuple[int, ...], width: int) -> tuple[int, ...]:
    """The glyph at twice the size: a cell becomes four; outer corners are rounded, and diagonal steps are bridged.

    EPX gives a quarter the value of its two outer neighbours where only those two agree. Here an empty quarter is
    filled only where the cell between those two is empty too: a step is bridged, the inside of a bend stays sharp.
    """

    def cell(x: int, y: int) -> int:
        return rows[y] >> x & 1 if 0 <= y < len(rows) and 0 <= x < width else 0

    def quarter(x: int, y: int, dx: int, dy: int) -> int:
        side, level = cell(x + dx, y), cell(x, y + dy)
        alone = side == level != cell(x - dx, y) and level != cell(x, y - dy)
        return side if alone and not (side and cell(x + dx, y + dy)) else cell(x, y)

    return tuple(
        sum((quarter(x, y, -1, dy) | quarter(x, y, 1, dy) << 1) << 2 * x for x in range(width))
        for y in range(len(rows))
        for dy in (-1, 1)
    )


def rows(text: str, scale: int = 1) -> tuple[int, ...]:
    """A folded line of text as rows of cells: ``HEIGHT * scale`` integers, bit *x* is the cell *x* from the left."""
    line = [0] * (HEIGHT * scale)
    for place, char in enumerate(text):
        shift = place * PITCH * scale
        for y, row in enumerate(glyph(char, scale)):
            line[y] |= row << shift
    return tuple(line)
