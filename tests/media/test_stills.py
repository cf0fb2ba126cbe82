"""PNG, JPEG and WebP pictures, for models whose answer is one: others decode the card in them."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.media.conftest import MediaTypeOf

from vidmock.media.clip import Clip, Container
from vidmock.media.formats import content_type
from vidmock.media.identity import Identity, identify
from vidmock.media.macroblock import CELL
from vidmock.media.render import render
from vidmock.media.still import still_of

LINES = ("runware", "runware:101@1", "job 6b7a1c52-3a75", "a kite, 8% & more", "512×704 · seed 7")
KINDS: tuple[Container, ...] = ("png", "jpg", "webp")
OFF: dict[Container, int] = {"png": 0, "jpg": 12, "webp": 0}
"""How far a part of a colour may be from what it should be: JPEG rounds, and is turned into these by its reader."""


def decoded(data: bytes, folder: Path) -> tuple[str, bytes]:
    """What ffmpeg, which must not complain, says of the size of a picture, and its pixels: red, green and blue."""
    file = folder / "picture"
    file.write_bytes(data)
    ask = ["-show_entries", "stream=width,height", "-of", "csv=p=0:s=x", str(file)]
    size = subprocess.run(["ffprobe", "-v", "error", *ask], capture_output=True, check=True, text=True, timeout=60)
    command = ["ffmpeg", "-v", "error", "-i", str(file), "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    done = subprocess.run(command, capture_output=True, check=True, timeout=60)
    assert (size.stderr, done.stderr) == ("", b"")
    return size.stdout.strip(), done.stdout


def drawn(width: int, height: int, lines: tuple[str, ...]) -> bytes:
    """The pixels of the card."""
    card = still_of(width, height, lines)
    colours = bytes(card.ground) * CELL, bytes(card.ink) * CELL
    rows = [b"".join(colours[row >> x & 1] for x in range(card.columns))[: 3 * width] for row in card.rows]
    return b"".join(rows[y // CELL] for y in range(height))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("width", "height"), [(130, 190), (512, 704), (1342, 768), (128, 258)])
def test_a_picture_has_its_size_and_its_card_in_two_colours(
    tmp_path: Path, kind: Container, width: int, height: int
) -> None:
    file = render(Clip(width, height, 1.0, LINES, kind, title="kite"))
    size, pixels = decoded(file, tmp_path)
    assert size == f"{width}x{height}"
    right = drawn(width, height, LINES)
    assert len(pixels) == len(right)
    assert len({right[at : at + 3] for at in range(0, len(right), 3)}) == 2
    assert max(abs(is_now - was) for is_now, was in zip(pixels, right, strict=True)) <= OFF[kind]
    assert len(file) < 32 * 1024


@pytest.mark.parametrize("kind", KINDS)
def test_each_job_has_a_picture_of_its_own(kind: Container) -> None:
    made = [render(Clip(256, 256, 1.0, ("runware", f"job {job}"), kind, title="t")) for job in ("1", "2")]
    assert made[0] != made[1]


@pytest.mark.parametrize("kind", KINDS)
def test_without_lines_it_is_plain(tmp_path: Path, kind: Container) -> None:
    _, pixels = decoded(render(Clip(128, 128, 1.0, (), kind)), tmp_path)
    assert pixels == pixels[:3] * (128 * 128)


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
    render.cache_clear()
    assert data == render(Clip(lines=LINES, **made))
    assert data != render(Clip(lines=("another",), **made))


def test_a_title_too_long_for_a_segment_is_cut() -> None:
    data = render(Clip(128, 128, 1.0, LINES, "jpg", title="x" * 70_000))
    assert identify(data) == Identity("jpg", 128, 128)
