"""Draws what moves: the elapsed time, and a bar that grows with it.

A picture after the first codes only the few macroblocks that differ from the picture before.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from vidmock.media import font
from vidmock.media.bits import Bits, ue
from vidmock.media.card import CONTRAST, PANEL
from vidmock.media.clip import FRAME_RATE
from vidmock.media.h264 import p_slice
from vidmock.media.layout import PictureFrame, TextLine
from vidmock.media.macroblock import SAME_AS_ABOVE, SAME_AS_LEFT, Cells, cells, flat, intra, masks

ClockScene = dict[tuple[int, int], Cells]
"""The macroblocks of the panel that are not plain, by row and column."""

_PLAIN = flat(PANEL)
_BAR = 0x0FF0  # the two middle rows of cells


def reading(pattern: str, frame: int, frames: int) -> str:
    """The clock in picture *frame*: the time at which that picture ends, written like *pattern*."""
    now, total = ((shown * 10 // FRAME_RATE) for shown in (frame + 1, frames))
    if pattern == "000s":
        return f"{now // 10:03d}s"
    text = _minutes(now)
    return f"{text} / {_minutes(total)}" if "/" in pattern else text


def _minutes(tenths: int) -> str:
    return f"{tenths // 600:02d}:{tenths // 10 % 60:02d}.{tenths % 10}"


def _clock(place: PictureFrame, frame: int, frames: int) -> ClockScene:
    text = reading(place.clock.text, frame, frames)
    return _clock_cells(place.margin, TextLine(text, place.clock.scale, place.clock.row))


def _bar(place: PictureFrame, frame: int, frames: int) -> int:
    """How many of the bar's columns of cells are filled: none in the first picture, all in the last."""
    full = place.inner * 4
    return full if frames == 1 else full * frame // (frames - 1)


def scene(place: PictureFrame, frame: int, frames: int) -> ClockScene:
    """The macroblocks of clock and bar in picture *frame* of *frames*."""
    return _clock(place, frame, frames) | _bar_from(place, 0, _bar(place, frame, frames))


def _bar_from(place: PictureFrame, start: int, done: int) -> ClockScene:
    """The bar's macroblocks from the one that holds column *start* on, where *done* columns are filled."""
    return {
        (place.bar, place.margin + column): _bar_cells(min(4, max(0, done - 4 * column)))
        for column in range(start // 4, place.inner)
    }


def _changes(place: PictureFrame, frame: int, frames: int) -> ClockScene:
    """The macroblocks of clock and bar that differ between picture *frame* and the one before."""
    old, new = _clock(place, frame - 1, frames), _clock(place, frame, frames)
    changed = {} if old is new else {spot: new.get(spot, _PLAIN) for spot in old.keys() | new.keys()}
    filled, done = _bar(place, frame - 1, frames), _bar(place, frame, frames)
    if filled != done:
        changed |= dict(list(_bar_from(place, filled, done).items())[: done // 4 - filled // 4 + 1])
    return changed


@lru_cache(maxsize=128)
def _clock_cells(margin: int, line: TextLine) -> ClockScene:
    columns = -(-len(line.text) * font.PITCH * line.scale // 4)
    return {
        (line.row + y, margin + x): cells(mask, PANEL, PANEL + CONTRAST)
        for y, row in enumerate(masks(font.rows(line.text, line.scale), columns))
        for x, mask in enumerate(row)
        if mask
    }


@lru_cache(maxsize=8)
def _bar_cells(done: int) -> Cells:
    """A macroblock of the bar with *done* of its four columns filled; the rest of the track is half as bright."""
    values = (PANEL + CONTRAST if place % 4 < done else PANEL + CONTRAST // 2 for place in range(16))
    return tuple(value if _BAR >> place & 1 else PANEL for place, value in enumerate(values))


def panel(place: PictureFrame, frames: int) -> Bits:
    """The panel of the first picture, without its first macroblock: ``opening`` codes that, with the colour."""
    first = scene(place, 0, frames)
    bits = [SAME_AS_LEFT * (place.columns - 1)]
    for row in range(place.panel + 1, place.rows):
        bits.append(SAME_AS_ABOVE)
        for column in range(1, place.columns):
            target, left = first.get((row, column), _PLAIN), first.get((row, column - 1), _PLAIN)
            bits.append(
                SAME_AS_LEFT if target is left is _PLAIN else intra(target, first.get((row - 1, column), _PLAIN), left)
            )
    return "".join(bits)


def later_pictures(place: PictureFrame, frames: int) -> Iterator[bytes]:
    """The pictures after the first, each one P slice. They are the same for every colour of the card."""
    shown = scene(place, 0, frames)
    for frame in range(1, frames):
        changed = {spot: now for spot, now in _changes(place, frame, frames).items() if shown.get(spot, _PLAIN) != now}
        shown |= changed
        bits: list[Bits] = []
        address = 0
        for (row, column), now in sorted(changed.items()):
            spot = row * place.columns + column
            above, left = shown.get((row - 1, column), _PLAIN), shown.get((row, column - 1), _PLAIN)
            bits += ue(spot - address), intra(now, above, left, in_p_slice=True)
            address = spot + 1
        bits.append(ue(place.columns * place.rows - address))  # never 0: a margin follows the bar
        yield p_slice(frame, "".join(bits))
