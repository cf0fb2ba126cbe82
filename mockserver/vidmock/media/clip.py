"""What a fake video is to show: the one value that the whole package is a function of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Container = Literal["mp4", "mov", "webm", "png"]

FRAME_RATE = 24  # frames per second
SMALLEST, LARGEST = 128, 4096  # pixels per side
LONGEST_CLIP = 600  # seconds


@dataclass(frozen=True, slots=True)
class Clip:
    """A labelled video, described.

    ``width`` and ``height`` are even numbers of pixels from 128 to 4096; ``seconds`` is above 0 and at most 600, and is
    kept to the nearest of 24 frames per second. The first of ``lines`` is the title, the second and the last are set
    large as well, those between are small print; what does not fit is wrapped, then cut with an ellipsis.

    Raises:
        ValueError: a side, the length or the container is outside of that.
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
