"""Describes a fake video, picture or sound. Its file depends on this description and on nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Container = Literal["mp4", "mov", "webm", "png", "jpg", "webp", "wav", "mp3"]

FRAME_RATE = 24  # frames per second
SMALLEST, LARGEST = 128, 4096  # pixels per side
LONGEST_CLIP = 600  # seconds


@dataclass(frozen=True, slots=True)
class Clip:
    """A labelled video.

    ``width`` and ``height`` are even numbers of pixels from 128 to 4096. ``seconds`` is above 0 and at most 600; the
    video has 24 frames per second, and as many whole frames as come nearest. ``lines`` is the text in the picture: the
    first line is the largest, the second and the last are large, those between are small print. Text that does not
    fit is wrapped, then cut with an ellipsis. ``audio`` adds a silent track; ``title`` goes into the file's metadata.

    Of a sound file, only length and title matter.

    Raises:
        ValueError: a side, the length or the container is not one of these.
    """

    width: int
    height: int
    seconds: float
    lines: tuple[str, ...]
    container: Container = "mp4"
    audio: bool = False
    title: str = ""

    def __post_init__(self) -> None:
        for side, name in ((self.width, "width"), (self.height, "height")):
            if side % 2 or not SMALLEST <= side <= LARGEST:
                raise ValueError(f"{name} must be an even number from {SMALLEST} to {LARGEST}, not {side}")
        if not 0 < self.seconds <= LONGEST_CLIP:
            raise ValueError(f"seconds must be above 0 and at most {LONGEST_CLIP}, not {self.seconds}")
        if self.container not in get_args(Container):
            raise ValueError(f"container must be one of {', '.join(get_args(Container))}, not {self.container!r}")

    @property
    def frames(self) -> int:
        """How many pictures the video has, at least one."""
        return max(1, round(self.seconds * FRAME_RATE))
