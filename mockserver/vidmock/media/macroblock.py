"""Macroblocks made of sixteen flat cells of 4×4 pixels, coded as Intra_16x16 without AC coefficients.

A cell is then exactly one coefficient of ``Intra16x16DCLevel``. At the one quantiser used here (QP 46, where the scaled
DC transform of clause 8.5.10 of ITU-T H.264 multiplies by 8) a picture whose cells differ from their prediction by 0 or
±128 comes out of the decoder to the bit, so prediction can be planned without decoding. Only vertical and horizontal
prediction are used (clauses 8.3.3.1, 8.3.3.2): both keep cells flat.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from vidmock.media import cavlc
from vidmock.media.bits import Bits, ue

Cells = tuple[int, ...]
"""Sixteen luma values, row by row."""

SIDE = 16  # pixels
CELL = 4  # pixels
QP = 46
LUMA_STEP = 8
CHROMA_QP_OFFSET = -9  # QPc is then 34, where chroma DC comes in steps of 4 (table 8-15)
CHROMA_STEP = 4

# mb_type 1 and 2 of table 7-11; then intra_chroma_pred_mode 0, mb_qp_delta 0. In a P slice the types start at 5.
_VERTICAL, _HORIZONTAL = ue(1) + "11", ue(2) + "11"
_VERTICAL_IN_P, _HORIZONTAL_IN_P = ue(5 + 1) + "11", ue(5 + 2) + "11"
SAME_AS_LEFT = _HORIZONTAL + cavlc.block((0,) * 16)
SAME_AS_ABOVE = _VERTICAL + cavlc.block((0,) * 16)

_HADAMARD = ((1, 1, 1, 1), (1, 1, -1, -1), (1, -1, -1, 1), (1, -1, 1, -1))
_ZIGZAG = (0, 1, 4, 8, 5, 2, 3, 6, 9, 12, 13, 10, 7, 11, 14, 15)  # figure 8-8, as places in a row-by-row 4×4


def flat(luma: int) -> Cells:
    return (luma,) * 16


@lru_cache(maxsize=4096)
def cells(mask: int, off: int, on: int) -> Cells:
    """A macroblock of two values: bit ``4 * row + column`` of *mask* chooses *on*."""
    return tuple(on if mask >> place & 1 else off for place in range(16))


@lru_cache(maxsize=16384)
def _residual(difference: Cells) -> Bits:
    across = [
        [sum(sign * difference[4 * row + place] for place, sign in enumerate(signs)) for signs in _HADAMARD]
        for row in range(4)
    ]
    levels = [0] * 16
    for row, signs in enumerate(_HADAMARD):
        for column in range(4):
            total = sum(sign * across[place][column] for place, sign in enumerate(signs))
            levels[4 * row + column], rest = divmod(total, 16 * LUMA_STEP)
            if rest:
                raise ValueError(f"quantiser {QP} cannot hold this difference exactly: {difference}")
    return cavlc.block([levels[place] for place in _ZIGZAG])


def opening(luma: int, blue: int, red: int) -> Bits:
    """The first macroblock of a slice: flat, with a colour (*blue* and *red* are Cb and Cr less 128, multiples of 4).

    It has no neighbours, so DC prediction gives 128 everywhere (clauses 8.3.3.3, 8.3.4).
    """
    chroma = [cavlc.block((value // CHROMA_STEP, 0, 0, 0)) for value in (blue, red)]
    return ue(1 + 2 + 4) + "11" + _residual(flat(luma - 128)) + "".join(chroma)


@lru_cache(maxsize=16384)
def intra(target: Cells, above: Cells, left: Cells, *, in_p_slice: bool = False) -> Bits:
    """*target* predicted from the macroblock above it or the one to its left, whichever costs fewer bits."""
    vertical = _VERTICAL_IN_P if in_p_slice else _VERTICAL
    horizontal = _HORIZONTAL_IN_P if in_p_slice else _HORIZONTAL
    from_above = vertical + _residual(tuple(map(int.__sub__, target, above[12:] * 4)))
    from_left = horizontal + _residual(tuple(value - left[place | 3] for place, value in enumerate(target)))
    return min(from_above, from_left, key=len)


def masks(rows: Sequence[int], columns: int) -> list[list[int]]:
    """Rows of cells (bit *x* is column *x*) cut into macroblocks: per macroblock row, *columns* masks for ``cells``.

    There are four rows to a macroblock. A hexadecimal digit is four cells, so the digits of four rows are a mask.
    """
    digits = [f"{row:0{columns}x}"[::-1] for row in rows]
    return [
        [int(d + c + b + a, 16) for a, b, c, d in zip(*digits[top : top + 4], strict=True)]
        for top in range(0, len(rows), 4)
    ]
