"""What files are, whatever they are called: our own, other makers', damaged ones, and junk."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidmock.media.clip import Clip, Container
from vidmock.media.identity import Identity, identify
from vidmock.media.render import render

if TYPE_CHECKING:
    from tests.media.conftest import Make

RIFF = b"RIFF\0\0\0\0"
STARTS = [
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    b"\xff\xd8\xff\xe0\0\x10",
    b"\xff\xd8\xff",
    b"GIF89a",
    RIFF + b"WEBPVP8X",
    RIFF + b"WEBPVP8L",
    RIFF + b"WEBPVP8 ",
    b"\0\0\0\x20ftypisom",
    b"\0\0\0\x08moov",
    b"\x1a\x45\xdf\xa3\x84\x42\x82\x84webm",
]


@pytest.mark.parametrize("container", ["mp4", "mov", "webm"])
def test_our_own_clips_are_known(container: Container) -> None:
    data = render(Clip(1280, 720, 5.0, ("a",), container))
    assert identify(data) == Identity(container, 1280, 720, 5.0)


def test_our_own_pictures_are_known() -> None:
    assert identify(render(Clip(640, 480, 5.0, ("a",), "png"))) == Identity("png", 640, 480)


@pytest.mark.parametrize(
    ("name", "options", "expected"),
    [
        ("a.png", "-frames:v 1", Identity("png", 322, 180)),
        ("a.gif", "", Identity("gif", 322, 180)),
        ("a.jpg", "-frames:v 1", Identity("jpg", 322, 180)),
        ("lossy.webp", "-frames:v 1 -c:v libwebp", Identity("webp", 322, 180)),
        ("lossless.webp", "-frames:v 1 -c:v libwebp -lossless 1", Identity("webp", 322, 180)),
        ("moving.webp", "-c:v libwebp_anim", Identity("webp", 322, 180)),
        ("a.bmp", "-frames:v 1", Identity("bmp")),
        ("a.tiff", "-frames:v 1", Identity("tif")),
        ("a.avif", "-frames:v 1 -c:v libaom-av1 -cpu-used 8", Identity("avif")),
        ("a.mkv", "", Identity("mkv")),
        ("a.avi", "", Identity("avi")),
        ("a.mp3", "", Identity("mp3")),
        ("a.m4a", "", Identity("m4a")),
        ("a.3gp", "-c:v mpeg4", Identity("3gp", 322, 180, 0.4)),
        ("a.mov", "", Identity("mov", 322, 180, 0.4)),
        ("a.m4v", "", Identity("mp4", 322, 180, 0.4)),
    ],
    ids=lambda value: value if isinstance(value, str) and "." in value else "",
)
def test_files_of_other_makers_are_known(name: str, options: str, expected: Identity, made: Make) -> None:
    assert identify(made(name, options)) == expected


@pytest.mark.parametrize(
    ("data", "format"),
    [
        (b"", None),
        (b"a picture", None),
        (b"\xff\xd8\xff\xe0", "jpg"),
        (b"GIF89a", "gif"),
        (b"\x89PNG\r\n\x1a\n", "png"),
        (RIFF + b"WEBP", "webp"),
        (RIFF + b"WAVE", "wav"),
        (RIFF, None),
        (b"\0\0\0\x20ftyp", None),
        (b"\0\0\0\x20ftypisom\0\0\2\0", "mp4"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "heic"),
        (b"\0\0\0\x1cftypmif1\0\0\0\0mif1avif", "avif"),
        (b"\0\0\0\x08wide", "mov"),
        (b"%PDF-1.7", "pdf"),
        (b"PK\3\4", "zip"),
        (b"  <!DOCTYPE HTML><title>404</title>", "html"),
        (b"<html>", "html"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", None),
    ],
    ids=repr,
)
def test_what_is_damaged_or_no_picture_at_all_shows_its_kind_at_most(data: bytes, format: str | None) -> None:
    assert identify(data) == Identity(format)


def test_the_size_of_a_jpeg_is_behind_other_segments() -> None:
    thumbnail = b"\xff\xe1" + struct.pack(">H", 102) + b"\xff\xc0\0\x11\x08\0\1\0\1" + bytes(91)
    size = b"\xff\xff\xc2" + struct.pack(">HBHHB", 11, 8, 480, 640, 3)
    assert identify(b"\xff\xd8" + thumbnail + b"\xff\xd0" + size) == Identity("jpg", 640, 480)
    assert identify(b"\xff\xd8" + thumbnail + b"\xff\xda\0\0" + size) == Identity("jpg")
    assert identify(b"\xff\xd8\xff" + b"\xff" * 100_000 + size) == Identity("jpg")


def test_a_side_of_no_pixels_is_not_known() -> None:
    assert identify(b"GIF89a\0\0\x10\0") == Identity("gif")


@given(start=st.sampled_from(STARTS), rest=st.binary(max_size=200))
def test_junk_is_read_to_its_end_without_an_error(start: bytes, rest: bytes) -> None:
    found = identify(start + rest)
    assert found.format is not None
    assert found.width is None or (found.width > 0 and found.height)
