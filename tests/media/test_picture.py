"""Decoded pictures against a plain painter, which knows the layout and the letters but nothing of macroblocks."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from vidmock.media import font, layout
from vidmock.media.card import CONTRAST, GROUND, PANEL, hue
from vidmock.media.clip import Clip
from vidmock.media.render import render

Planes = tuple[bytes, bytes, bytes]
Decode = Callable[[bytes, int, int], list[Planes]]

CELL, BLOCK = 4, 16


class Painting:
    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.luma = bytearray([GROUND] * (width * height))

    def fill(self, left: int, top: int, width: int, height: int, value: int) -> None:
        right, bottom = min(left + width, self.width), min(top + height, self.height)
        for y in range(top, bottom):
            self.luma[y * self.width + left : y * self.width + right] = bytes([value]) * (right - left)

    def write(self, line: layout.TextLine, left: int, value: int) -> None:
        for y, row in enumerate(font.rows(line.text, line.scale)):
            for x in range(row.bit_length()):
                if row >> x & 1:
                    self.fill(left * BLOCK + x * CELL, line.row * BLOCK + y * CELL, CELL, CELL, value)


def paint(clip: Clip, clock: str, filled: float) -> bytes:
    """The luma of a picture of *clip* when the clock reads *clock* and that part of the bar is filled."""
    place = layout.frame(clip.width, clip.height)
    card = layout.arrange(place, clip.lines)
    painting = Painting(clip.width, clip.height)
    painting.fill(0, place.panel * BLOCK, clip.width, clip.height, PANEL)
    for line in card.lines:
        painting.write(line, place.margin, GROUND + CONTRAST)
    if card.rule is not None:
        painting.fill(place.margin * BLOCK, card.rule * BLOCK, place.inner // 8 * BLOCK, 2 * CELL, GROUND + CONTRAST)
    painting.write(layout.TextLine(clock, place.clock.scale, place.clock.row), place.margin, PANEL + CONTRAST)
    left, top, full = place.margin * BLOCK, place.bar * BLOCK + CELL, place.inner * BLOCK
    painting.fill(left, top, full, 2 * CELL, PANEL + CONTRAST // 2)
    painting.fill(left, top, int(place.inner * 4 * filled) * CELL, 2 * CELL, PANEL + CONTRAST)
    return bytes(painting.luma)


@pytest.mark.parametrize(
    ("width", "height", "clocks"),
    [
        (1920, 1080, ("00:00.0 / 00:02.0", "00:01.0 / 00:02.0", "00:02.0 / 00:02.0")),
        (720, 1280, ("00:00.0 / 00:02.0", "00:01.0 / 00:02.0", "00:02.0 / 00:02.0")),
        (1440, 1440, ("00:00.0 / 00:02.0", "00:01.0 / 00:02.0", "00:02.0 / 00:02.0")),
        (2560, 2048, ("00:00.0 / 00:02.0", "00:01.0 / 00:02.0", "00:02.0 / 00:02.0")),
        (482, 270, ("00:00.0 / 00:02.0", "00:01.0 / 00:02.0", "00:02.0 / 00:02.0")),
        (250, 640, ("00:00.0", "00:01.0", "00:02.0")),
        (128, 128, ("000s", "001s", "002s")),
    ],
    ids=lambda value: str(value) if isinstance(value, int) else "",
)
def test_every_sample_is_what_a_painter_paints(
    width: int, height: int, clocks: tuple[str, str, str], lines: tuple[str, ...], decode: Decode
) -> None:
    clip = Clip(width, height, 2, lines)
    pictures = decode(render(clip), width, height)
    assert len(pictures) == 48
    for number, clock in zip((0, 23, 47), clocks, strict=True):
        assert pictures[number][0] == paint(clip, clock, number / 47)


def test_a_picture_has_one_colour_and_it_comes_from_the_text(lines: tuple[str, ...], decode: Decode) -> None:
    colours = set()
    for number in range(6):
        clip = Clip(320, 180, 0.5, (*lines, f"job {number}"))
        blue, red = hue(clip.lines)
        for _, cb, cr in decode(render(clip), 320, 180):
            assert set(cb) == {128 + blue}
            assert set(cr) == {128 + red}
        colours.add((blue, red))
    assert len(colours) > 1


def test_only_the_panel_ever_changes(lines: tuple[str, ...], decode: Decode) -> None:
    place = layout.frame(1280, 720)
    above = place.panel * BLOCK * 1280
    pictures = [luma for luma, _, _ in decode(render(Clip(1280, 720, 3, lines)), 1280, 720)]
    assert {picture[:above] for picture in pictures} == {pictures[0][:above]}
    # The bar is 296 columns long, so each of the 72 pictures has its own.
    assert len({picture[above:] for picture in pictures}) == 72


def test_a_clip_without_lines_still_has_its_clock(decode: Decode) -> None:
    clip = Clip(480, 270, 1, ("", " \t"))
    assert decode(render(clip), 480, 270)[-1][0] == paint(clip, "00:01.0 / 00:01.0", 1.0)


def test_a_single_picture_has_a_full_bar(decode: Decode) -> None:
    clip = Clip(480, 270, 1 / 24, ("still",))
    ((luma, _, _),) = decode(render(clip), 480, 270)
    assert luma == paint(clip, "00:00.0 / 00:00.0", 1.0)


def test_minutes_carry_over(decode: Decode) -> None:
    clip = Clip(480, 270, 62, ("long",))
    assert decode(render(clip), 480, 270)[24 * 61 - 1][0] == paint(clip, "01:01.0 / 01:02.0", 1463 / 1487)
