"""JPEG and WebP pictures, for models whose answer is one."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.media.conftest import MediaTypeOf

from vidmock.media.card import ground_colour
from vidmock.media.clip import Clip, Container
from vidmock.media.formats import content_type
from vidmock.media.identity import Identity, identify
from vidmock.media.render import render

LINES = ("runware", "runware:101@1", "a kite")
KINDS: tuple[Container, ...] = ("jpg", "webp")


def decoded(data: bytes, folder: Path) -> tuple[str, set[bytes]]:
    """What ffmpeg, which must not complain, says of the size of a picture, and the colours in it."""
    file = folder / "picture"
    file.write_bytes(data)
    ask = ["-show_entries", "stream=width,height", "-of", "csv=p=0:s=x", str(file)]
    size = subprocess.run(["ffprobe", "-v", "error", *ask], capture_output=True, check=True, text=True, timeout=60)
    command = ["ffmpeg", "-v", "error", "-i", str(file), "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    done = subprocess.run(command, capture_output=True, check=True, timeout=60)
    assert (size.stderr, done.stderr) == ("", b"")
    pixels = done.stdout
    width, height = map(int, size.stdout.split("x"))
    assert len(pixels) == 3 * width * height
    return f"{width}x{height}", {pixels[at : at + 3] for at in range(0, len(pixels), 3)}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("width", "height"), [(130, 190), (512, 704)])
def test_a_picture_has_its_size_and_one_colour(tmp_path: Path, kind: Container, width: int, height: int) -> None:
    size, (colour,) = decoded(render(Clip(width, height, 1.0, LINES, kind, title="kite")), tmp_path)
    assert size == f"{width}x{height}"
    # JPEG rounds its own three colours, and is turned into these by its reader.
    assert all(abs(is_now - was) <= 3 for is_now, was in zip(colour, ground_colour(LINES), strict=True))


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_what_its_media_type_says(kind: Container, media_type_of: MediaTypeOf) -> None:
    data = render(Clip(4096, 128, 1.0, LINES, kind))
    assert media_type_of(data) == content_type(kind)
    assert identify(data) == Identity(kind, 4096, 128)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("title", ["", "job 1", "runware 日本"])
def test_it_is_titled_and_the_same_every_time(kind: Container, title: str) -> None:
    made: dict[str, Any] = {"width": 128, "height": 128, "seconds": 1.0, "container": kind, "title": title}
    data = render(Clip(lines=LINES, **made))
    assert title.encode() in data
    assert data == render(Clip(lines=LINES, **made))
    assert data != render(Clip(lines=("another",), **made))


def test_a_title_too_long_for_a_segment_is_cut() -> None:
    data = render(Clip(128, 128, 1.0, LINES, "jpg", title="x" * 70_000))
    assert identify(data) == Identity("jpg", 128, 128)
