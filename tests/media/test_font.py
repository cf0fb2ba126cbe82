from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidmock.media import font


def drawn(rows: tuple[int, ...], width: int) -> list[str]:
    return ["".join("#" if row >> x & 1 else "." for x in range(width)) for row in rows]


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("plain ASCII: ~!@#", "plain ASCII: ~!@#"),
        ("café – “quoted” … 5 s · 1920×1080", 'café – "quoted" … 5 s · 1920×1080'.replace("é", "e")),
        ("Straße, Łódź, Æther, İstanbul, ½", "Strasse, Lodz, AEther, Istanbul, 1/2"),
        ("tab\tand\nline\u00a0break  twice", "tab and line break twice"),
        ("a→b — c − d", "a->b – c - d"),
        ("\u200bzero\u200d width\ufeff", "zero width"),
        ("\x00control\x7f", "control"),
        ("ﬁne Ⅷ", "fine VIII"),
        ("東京", font.BOX * 2),
        ("ok 🙂", "ok " + font.BOX),
        ("\ud800", font.BOX),
    ],
)
def test_text_folds_to_letters_that_are_drawn(text: str, folded: str) -> None:
    assert font.fold(text) == folded


@given(st.text(st.characters(), max_size=60))
def test_whatever_is_folded_can_be_drawn_and_stays(text: str) -> None:
    folded = font.fold(text)
    assert len(font.rows(folded)) == font.HEIGHT
    assert font.fold(folded) == folded


def test_no_two_printable_characters_look_alike() -> None:
    glyphs = {font.glyph(chr(code)) for code in range(0x20, 0x7F)}
    assert len(glyphs) == 95


@pytest.mark.parametrize("scale", range(1, 9))
def test_a_glyph_fills_its_height_and_leaves_the_gap_empty(scale: int) -> None:
    for code in range(0x20, 0x7F):
        rows = font.glyph(chr(code), scale)
        assert len(rows) == font.HEIGHT * scale
        assert all(row.bit_length() <= font.WIDTH * scale for row in rows)


def test_a_diagonal_grows_without_stairs_and_a_bend_stays_sharp_inside() -> None:
    assert drawn(font.glyph("r"), 5)[2:7] == ["#.##.", "##..#", "#....", "#....", "#...."]
    assert drawn(font.glyph("/", 2), 10)[4:10] == [
        "......###.",
        ".....###..",
        "....###...",
        "...###....",
        "..###.....",
        ".###......",
    ]
    assert drawn(font.glyph("L", 2), 10)[10:14] == ["##........", "##........", "##########", ".#########"]


def test_characters_stand_one_pitch_apart() -> None:
    pair, left, right = font.rows("ab", 3), font.glyph("a", 3), font.glyph("b", 3)
    assert pair == tuple(a | b << 18 for a, b in zip(left, right, strict=True))
