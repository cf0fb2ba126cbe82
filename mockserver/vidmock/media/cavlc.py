"""How quantised coefficients become bits: CAVLC (ITU-T H.264, clause 9.2), for blocks whose neighbours are all zero.

Every block that this package writes has ``nC`` 0 (or is a chroma DC block), so of table 9-5 only those two columns are
here.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from vidmock.media.bits import Bits, u

# Table 9-5, column 0 <= nC < 2: by TotalCoeff, then by TrailingOnes.
_TOKEN = (
    "1",
    "000101 01",
    "00000111 000100 001",
    "000000111 00000110 0000101 00011",
    "0000000111 000000110 00000101 000011",
    "00000000111 0000000110 000000101 0000100",
    "0000000001111 00000000110 0000000101 00000100",
    "0000000001011 0000000001110 00000000101 000000100",
    "0000000001000 0000000001010 0000000001101 0000000100",
    "00000000001111 00000000001110 0000000001001 00000000100",
    "00000000001011 00000000001010 00000000001101 0000000001100",
    "000000000001111 000000000001110 00000000001001 00000000001100",
    "000000000001011 000000000001010 000000000001101 00000000001000",
    "0000000000001111 000000000000001 000000000001001 000000000001100",
    "0000000000001011 0000000000001110 0000000000001101 000000000001000",
    "0000000000000111 0000000000001010 0000000000001001 0000000000001100",
    "0000000000000100 0000000000000110 0000000000000101 0000000000001000",
)
# Table 9-5, column nC == -1.
_TOKEN_CHROMA_DC = (
    "01",
    "000111 1",
    "000100 000110 001",
    "000011 0000011 0000010 000101",
    "000010 00000011 00000010 0000000",
)
# Tables 9-7 and 9-8: by TotalCoeff - 1, then by total_zeros.
_TOTAL_ZEROS = (
    "1 011 010 0011 0010 00011 00010 000011 000010 0000011 0000010 00000011 00000010 000000011 000000010 000000001",
    "111 110 101 100 011 0101 0100 0011 0010 00011 00010 000011 000010 000001 000000",
    "0101 111 110 101 0100 0011 100 011 0010 00011 00010 000001 00001 000000",
    "00011 111 0101 0100 110 101 100 0011 011 0010 00010 00001 00000",
    "0101 0100 0011 111 110 101 100 011 0010 00001 0001 00000",
    "000001 00001 111 110 101 100 011 010 0001 001 000000",
    "000001 00001 101 100 011 11 010 0001 001 000000",
    "000001 0001 00001 011 11 10 010 001 000000",
    "000001 000000 0001 11 10 001 01 00001",
    "00001 00000 001 11 10 01 0001",
    "0000 0001 001 010 1 011",
    "0000 0001 01 1 001",
    "000 001 1 01",
    "00 01 1",
    "0 1",
)
# Table 9-9 (a): chroma DC.
_TOTAL_ZEROS_CHROMA_DC = ("1 01 001 000", "1 01 00", "1 0")
# Table 9-10: by zerosLeft - 1 (all above 6 alike), then by run_before.
_RUN_BEFORE = (
    "1 0",
    "1 01 00",
    "11 10 01 00",
    "11 10 01 001 000",
    "11 10 011 010 001 000",
    "11 000 001 011 010 101 100",
    "111 110 101 100 011 010 001 0001 00001 000001 0000001 00000001 000000001 0000000001 00000000001",
)

_Table = tuple[tuple[Bits, ...], ...]


def _table(rows: Sequence[str]) -> _Table:
    return tuple(tuple(row.split()) for row in rows)


_LUMA = (_table(_TOKEN), _table(_TOTAL_ZEROS))
_CHROMA_DC = (_table(_TOKEN_CHROMA_DC), _table(_TOTAL_ZEROS_CHROMA_DC))
_RUNS = _table(_RUN_BEFORE)


def block(levels: Sequence[int]) -> Bits:
    """``residual_block_cavlc`` of 16 luma levels in zig-zag order, or of the 4 levels of a chroma DC block."""
    tokens, zeros = _CHROMA_DC if len(levels) == 4 else _LUMA
    coded = [(place, level) for place, level in enumerate(levels) if level][::-1]  # highest frequency first
    ones = 0
    for _, level in coded[:3]:
        if abs(level) != 1:
            break
        ones += 1
    bits = [tokens[len(coded)][ones]]
    if not coded:
        return bits[0]
    bits += ["1" if level < 0 else "0" for _, level in coded[:ones]]
    bits += _levels([level for _, level in coded[ones:]], len(coded), ones)
    left = coded[0][0] + 1 - len(coded)
    if len(coded) < len(levels):
        bits.append(zeros[len(coded) - 1][left])
    for (place, _), (before, _) in pairwise(coded):
        if not left:
            break
        run = place - before - 1
        bits.append(_RUNS[min(left, 7) - 1][run])
        left -= run
    return "".join(bits)


def _levels(levels: Sequence[int], total: int, ones: int) -> list[Bits]:
    """``level_prefix`` and ``level_suffix`` of the levels after the trailing ones (clause 9.2.2.1)."""
    bits: list[Bits] = []
    suffix = 1 if total > 10 and ones < 3 else 0
    for place, level in enumerate(levels):
        code = 2 * level - 2 if level > 0 else -2 * level - 1
        if place == 0 and ones < 3:
            code -= 2
        if suffix == 0 and code < 14:
            bits.append("0" * code + "1")
        elif suffix == 0 and code < 30:
            bits.append("0" * 14 + "1" + u(code - 14, 4))
        elif suffix and code < 15 << suffix:
            bits.append("0" * (code >> suffix) + "1" + u(code & ((1 << suffix) - 1), suffix))
        else:
            bits.append("0" * 15 + "1" + u(code - (15 << suffix if suffix else 30), 12))
        suffix = max(suffix, 1)
        if abs(level) > 3 << suffix - 1 and suffix < 6:
            suffix += 1
    return bits
