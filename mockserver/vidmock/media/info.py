"""The two results of reading a video: facts about it, or the error that says why it cannot be read."""

from __future__ import annotations

from dataclasses import dataclass

from vidmock.media.clip import Container


class NotMedia(ValueError):
    """The bytes are no video that can be read. The message says what they are instead, or what is missing."""


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """What the headers of a video say.

    ``width`` and ``height`` are pixels as displayed: a quarter turn swaps them. ``seconds`` is the length of the video
    track. With ``faststart``, all that a player needs lies before the first sample; a WebM always has it.
    """

    container: Container
    width: int
    height: int
    seconds: float
    has_audio: bool
    faststart: bool
