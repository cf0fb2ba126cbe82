"""The bit-level pieces, against the rules that their standard states."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidmock.media import bits, cavlc, h264, macroblock
from vidmock.media.audio import AAC_CONFIG, AAC_SILENCE


@pytest.mark.parametrize(("value", "code"), [(0, "1"), (1, "010"), (2, "011"), (3, "00100"), (7, "0001000")], ids=str)
def test_unsigned_exp_golomb(value: int, code: str) -> None:
    assert bits.ue(value) == code


@pytest.mark.parametrize(("value", "unsigned"), [(0, 0), (1, 1), (-1, 2), (2, 3), (-2, 4)], ids=str)
def test_signed_exp_golomb(value: int, unsigned: int) -> None:
    assert bits.se(value) == bits.ue(unsigned)


@given(st.binary(max_size=60).map(lambda raw: raw.replace(b"\x05", b"\0").replace(b"\x06", b"\0")))
def test_a_nal_unit_never_looks_like_a_start_code(raw: bytes) -> None:
    unit = bits.nal_unit(0x65, "".join(f"{byte:08b}" for byte in raw))
    assert all(unit[place : place + 3] not in {b"\0\0\0", b"\0\0\1", b"\0\0\2"} for place in range(len(unit)))
    assert unit[1:].replace(b"\0\0\3", b"\0\0") == raw + b"\x80"


@pytest.mark.parametrize("table", ["_LUMA", "_CHROMA_DC"])
def test_no_code_word_begins_another(table: str) -> None:
    tokens, zeros = getattr(cavlc, table)
    for words in ([word for row in tokens for word in row], *zeros, *cavlc._RUNS):
        assert not any(second.startswith(first) for first, second in permutations(words, 2))


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ([0] * 16, "1"),
        ([0, 3, 0, 1, -1, -1, 0, 1] + [0] * 8, "000010001110010111101101"),
        ([-2, 4, 3, -3, 0, 0, -1] + [0] * 9, "000000011010001001000010111001100"),
        # One level beyond what a suffix of 4 bits holds: prefix 15 and 12 bits (clause 9.2.2.1).
        ([400] + [0] * 15, "000101" + "0" * 15 + "1" + f"{2 * 400 - 4 - 30:012b}" + "1"),
    ],
    ids=["nothing", "trailing-ones", "large-levels", "escape"],
)
def test_a_block_of_levels(levels: list[int], expected: str) -> None:
    # The examples that I. E. Richardson works through by hand in his paper on CAVLC.
    assert cavlc.block(levels) == expected


@given(st.integers(0, 2**16 - 1), st.integers(0, 15), st.integers(0, 15))
def test_any_pattern_of_two_values_is_held_exactly(mask: int, above: int, left: int) -> None:
    over = macroblock.cells(above << 12, 0, 128)
    before = macroblock.cells(sum((left >> row & 1) << 4 * row + 3 for row in range(4)), 0, 128)
    assert macroblock.intra(macroblock.cells(mask, 0, 128), over, before)


def test_a_picture_that_the_quantiser_cannot_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot hold"):
        macroblock.intra(macroblock.cells(1, 0, 100), macroblock.flat(0), macroblock.flat(0))


@pytest.mark.parametrize(
    ("width", "height", "level"),
    [(128, 128, 30), (1280, 720, 31), (1920, 1080, 40), (4096, 128, 40), (3840, 2160, 51), (4096, 4096, 60)],
)
def test_the_level_allows_the_size(width: int, height: int, level: int) -> None:
    assert h264.level(*h264.in_macroblocks(width, height)) == level


def test_no_level_allows_a_size_beyond_the_last() -> None:
    with pytest.raises(ValueError, match="no level"):
        h264.level(512, 512)


def test_silence_is_four_bytes_and_its_configuration_two() -> None:
    assert (AAC_SILENCE.hex(), AAC_CONFIG.hex()) == ("00000007", "1188")
