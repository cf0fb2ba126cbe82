"""What a reader of media files finds, and what it says when there is nothing to find."""

from __future__ import annotations

from dataclasses import dataclass

from vidmock.media.clip import Container


class NotMedia(ValueError):
    """The bytes are no video that can be read. ``str()`` says what they are instead, or what is missing."""


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """``width`` and ``height`` are pixels as displayed (a quarter turn swaps them); ``seconds`` is the video track's.

    ``faststart``: everything that a player needs to know lies before the first sample (for WebM always).
    """

    container: Container
    width: int
    height: int
    seconds: float
    has_audio: bool
    faststart: bool
