"""The pictures on the pages show what the program makes."""

from __future__ import annotations

import subprocess

from tests.pictures import IMAGES, MOST_BYTES, video_frame


def _pixels(picture: bytes) -> bytes:
    command = ["ffmpeg", "-v", "error", "-i", "-", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    return subprocess.run(command, input=picture, capture_output=True, check=True, timeout=60).stdout


def test_the_picture_of_a_video_is_a_frame_of_it() -> None:
    shown, made = (_pixels(picture) for picture in ((IMAGES / "video.png").read_bytes(), video_frame()))
    # Versions of ffmpeg round differently.
    assert len(shown) == len(made)
    assert max(abs(ours - theirs) for ours, theirs in zip(shown[::97], made[::97], strict=True)) <= 8


def test_no_picture_is_large() -> None:
    assert all(file.stat().st_size < MOST_BYTES for file in IMAGES.iterdir())
