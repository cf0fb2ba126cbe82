"""Makes the file that a clip describes. The same clip gives the same bytes in every process."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final

from vidmock.media import card, clock, jpeg, mp4, png, sound, webm, webp
from vidmock.media.bits import Bits
from vidmock.media.card import Chroma
from vidmock.media.clip import Clip, Container
from vidmock.media.h264 import idr_slice, parameter_sets
from vidmock.media.layout import arrange, frame
from vidmock.media.macroblock import opening

_OTHERS: Final[Mapping[Container, Callable[[Clip], bytes]]] = {
    "webm": webm.webm_file,
    "png": png.png_file,
    "jpg": jpeg.jpeg_file,
    "webp": webp.webp_file,
    "wav": sound.wav_file,
    "mp3": sound.mp3_file,
}
"""What makes the file of each container that is no MP4 and no MOV."""


@lru_cache(maxsize=128)
def render(clip: Clip) -> bytes:
    """The file that *clip* describes. The last few are remembered: who asks for the size often fetches the file.

    An MP4 or MOV has the clip's size, and its lines in the picture. A WebM has the nearest of the prepared sizes (shape
    first, then area) and a neutral picture. A PNG, JPEG or WebP has the clip's size, and its lines in the picture. A
    WAV is a tone, and an MP3 is silence. All have the clip's title.
    """
    if write := _OTHERS.get(clip.container):
        return write(clip)
    place = frame(clip.width, clip.height)
    colour = card.hue(clip.lines)
    top = idr_slice(0, card.above_panel(place, arrange(place, clip.lines), colour))
    first = mp4.prefixed([top, _panel_slice(clip.width, clip.height, clip.frames, colour)])
    others, sizes = _later(clip.width, clip.height, clip.frames)
    encoded = mp4.EncodedVideo(clip.width, clip.height, clip.frames, clip.container == "mov", clip.audio)
    return mp4.mp4_file(encoded, parameter_sets(clip.width, clip.height), first, others, sizes, clip.title)


@lru_cache(maxsize=256)
def _panel_slice(width: int, height: int, frames: int, colour: Chroma) -> bytes:
    place = frame(width, height)
    return idr_slice(place.panel * place.columns, opening(card.PANEL, *colour) + _panel(width, height, frames))


@lru_cache(maxsize=32)
def _panel(width: int, height: int, frames: int) -> Bits:
    return clock.panel(frame(width, height), frames)


@lru_cache(maxsize=32)
def _later(width: int, height: int, frames: int) -> tuple[bytes, bytes]:
    """All samples after the first, and their sizes as 32-bit integers."""
    samples = [mp4.prefixed([unit]) for unit in clock.later_pictures(frame(width, height), frames)]
    return b"".join(samples), struct.pack(f">{len(samples)}I", *map(len, samples))
