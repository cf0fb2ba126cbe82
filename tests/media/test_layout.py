from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidmock.media import font, layout

SIDES = st.integers(64, 2048).map(lambda half: 2 * half)
TEXTS = st.lists(st.text(max_size=200), max_size=8)


@given(width=SIDES, height=SIDES, texts=TEXTS)
def test_nothing_runs_out_of_the_picture_or_into_another_line(width: int, height: int, texts: list[str]) -> None:
    place = layout.frame(width, height)
    card = layout.arrange(place, texts)
    below = 1  # a text row needs a flat row above it
    for line in sorted(card.lines, key=lambda line: line.row):
        assert line.row >= below
        assert len(line.text) * font.PITCH * line.scale - line.scale <= place.inner * 4
        below = line.row + 2 * line.scale + 1
        if card.rule is not None and line.row > card.rule:
            assert line.row > card.rule + 1
    assert below - 1 <= place.panel < place.clock.row
    assert place.clock.row + 2 * place.clock.scale <= place.bar < height // 16
    assert len(place.clock.text) * font.PITCH * place.clock.scale - place.clock.scale <= place.inner * 4


@given(width=SIDES, height=SIDES)
def test_the_smallest_picture_still_has_room_for_a_title(width: int, height: int) -> None:
    card = layout.arrange(layout.frame(width, height), ["fal", "a model", "a job", "5 s"])
    assert card.lines[0].text == "fal"


def test_a_label_at_1080p_has_its_large_lines_large(lines: tuple[str, ...]) -> None:
    card = layout.arrange(layout.frame(1920, 1080), lines)
    assert [(line.text, line.scale) for line in card.lines] == [
        ("fal", 4),
        ("fal-ai/kling-video/", 2),
        ("o1/reference-to-video", 2),
        ("job 764cabcf-19bd-4b3e-8d2a-0f1e2d3c4b5a", 1),
        ("a red kite over dunes at dusk, the camera follows slowly while sand", 1),
        ("drifts over the ridge", 1),
        ("5 s · 1920×1080", 2),
    ]


@pytest.mark.parametrize(
    ("text", "width", "balanced", "lines"),
    [
        ("a red kite", 10, False, ("a red kite",)),
        ("a red kite", 9, False, ("a red", "kite")),
        ("fal-ai/kling", 8, False, ("fal-ai/", "kling")),
        ("klingai:kling@o1", 12, False, ("klingai:", "kling@o1")),
        ("abcdefgh", 3, False, ("abc", "def", "gh")),
        ("- -", 2, True, ("-", "-")),
        ("one two three four", 14, False, ("one two three", "four")),
        ("one two three four", 14, True, ("one two", "three four")),
    ],
)
def test_lines_break_after_a_space_or_a_mark(text: str, width: int, balanced: bool, lines: tuple[str, ...]) -> None:
    assert layout.wrap(text, width, balanced=balanced) == lines


@pytest.mark.parametrize(
    ("most", "kept"),
    [(0, []), (1, ["one…"]), (2, ["one", "twothr…"]), (3, ["one", "twothree", "four"])],
)
def test_what_does_not_fit_ends_in_an_ellipsis(most: int, kept: list[str]) -> None:
    assert list(layout.cut(["one", "twothree", "four"], most, 7 if most == 2 else 8)) == kept


@given(text=st.text(max_size=300), width=st.integers(1, 60))
def test_wrapping_loses_nothing_but_space(text: str, width: int) -> None:
    folded = font.fold(text)
    for balanced in (False, True):
        lines = layout.wrap(folded, width, balanced=balanced)
        assert all(len(line) <= width for line in lines)
        assert "".join(lines).replace(" ", "") == folded.replace(" ", "")
