"""Which format the first bytes show: held against ``file``, on files that ffmpeg makes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from vidmock.media.formats import FORMATS
from vidmock.media.mp4 import box
from vidmock.media.probe import probe
from vidmock.media.sniffer import sniff

if TYPE_CHECKING:
    from tests.media.conftest import Make, MediaTypeOf

SMALL_SOUND = "-id3v2_version 0 -write_xing 0 -ar"


def sniffed(data: bytes) -> str | None:
    found = sniff(data)
    return found.name if found else None


@pytest.mark.parametrize(
    ("name", "options", "format"),
    [
        ("a.png", "-frames:v 1", "png"),
        ("a.jpg", "-frames:v 1", "jpg"),
        ("a.gif", "", "gif"),
        ("lossy.webp", "-frames:v 1 -c:v libwebp", "webp"),
        ("a.bmp", "-frames:v 1", "bmp"),
        ("a.tiff", "-frames:v 1", "tif"),
        ("a.avif", "-frames:v 1 -c:v libaom-av1 -cpu-used 8", "avif"),
        ("moving.avif", "-frames:v 2 -c:v libaom-av1 -cpu-used 8", "avif"),
        ("a.mp4", "", "mp4"),
        ("fragmented.mp4", "-movflags frag_keyframe+empty_moov", "mp4"),
        ("a.m4v", "", "mp4"),
        ("a.mov", "", "mov"),
        ("a.3gp", "-c:v mpeg4", "3gp"),
        ("a.3g2", "-c:v mpeg4", "3g2"),
        ("a.webm", "-c:v libvpx -deadline realtime", "webm"),
        ("a.mkv", "", "mkv"),
        ("vp8.mkv", "-c:v libvpx -deadline realtime", "mkv"),
        ("sound.mka", "", "mkv"),
        ("a.avi", "", "avi"),
        ("a.ogv", "-c:v libtheora", "ogv"),
        ("a.wav", "", "wav"),
        ("a.mp3", "", "mp3"),
        ("mpeg1.mp3", f"{SMALL_SOUND} 44100", "mp3"),
        ("mpeg2.mp3", f"{SMALL_SOUND} 24000", "mp3"),
        ("mpeg2.5.mp3", f"{SMALL_SOUND} 8000", "mp3"),
        ("a.m4a", "", "m4a"),
        ("a.oga", "-c:a libvorbis", "ogg"),
        ("a.opus", "-c:a libopus", "ogg"),
    ],
    ids=lambda value: value if "." in value and " " not in value else "",
)
def test_a_file_is_what_its_maker_and_file_say(
    name: str, options: str, format: str, made: Make, media_type_of: MediaTypeOf
) -> None:
    data = made(name, options)
    assert sniffed(data) == format
    assert media_type_of(data) in FORMATS[format].media_types


@pytest.mark.parametrize(
    ("major", "compatible", "format", "by_major_brand"),
    [
        # What libheif writes, and an iPhone.
        (b"heic", b"mif1heicmiaf", "heic", "image/heic"),
        (b"heic", b"mif1MiHBheic", "heic", "image/heic"),
        (b"heix", b"mif1heix", "heic", "image/heic"),
        (b"hevc", b"msf1hevciso8", "heics", "image/heic-sequence"),
        # The general brand first: ``file`` looks no further, and the compatible ones name the codec.
        (b"mif1", b"mif1heic", "heic", "image/heif"),
        (b"mif1", b"mif1avif", "avif", "image/heif"),
        (b"msf1", b"msf1hevc", "heics", "image/heif-sequence"),
        (b"mif1", b"mif1jpeg", "heif", "image/heif"),
        (b"msf1", b"msf1", "heifs", "image/heif-sequence"),
    ],
)
def test_a_picture_in_boxes_is_known_by_its_brands(
    major: bytes, compatible: bytes, format: str, by_major_brand: str, media_type_of: MediaTypeOf
) -> None:
    data = box(b"ftyp", major, bytes(4), compatible) + box(b"meta", bytes(40))
    assert sniffed(data) == format
    assert media_type_of(data) == by_major_brand


def test_an_iso_file_is_never_called_mp4_for_its_boxes_alone() -> None:
    assert {sniffed(box(b"ftyp", brand, bytes(4))) for brand in (b"heic", b"avif", b"M4A ", b"3gp4", b"qt  ")} == {
        "heic",
        "avif",
        "m4a",
        "3gp",
        "mov",
    }
    assert {sniffed(box(b"ftyp", brand, bytes(4))) for brand in (b"isom", b"mp41", b"mp42", b"avc1", b"dash")} == {
        "mp4"
    }


def test_a_compatible_brand_counts_only_inside_of_its_box() -> None:
    assert sniffed(box(b"ftyp", b"isom", bytes(4), b"mp41") + b"heicavif") == "mp4"


def test_quicktime_files_need_no_brand(made: Make, media_type_of: MediaTypeOf) -> None:
    data = made("a.mov", "")
    bare = data[int.from_bytes(data[:4], "big") :]
    assert bare[4:8] == b"wide"
    for start in (bare[8:], box(b"moov", box(b"mvhd", bytes(100)))):
        assert (sniffed(start), media_type_of(start)) == ("mov", "video/quicktime")
    # ``file`` knows no other first boxes, but ffmpeg writes the one, and both are read.
    for start in (bare, box(b"skip", bytes(8)) + bare):
        assert sniffed(start) == probe(start).container == "mov"


def test_padding_before_the_brands_hides_nothing(made: Make) -> None:
    padding = box(b"free", bytes(400)) + box(b"skip")
    assert sniffed(padding + made("a.mp4", "")) == "mp4"
    assert sniffed(padding + box(b"ftyp", b"avif", bytes(4))) == "avif"


def test_a_part_of_a_stream_has_its_brands_in_a_box_of_its_own() -> None:
    assert sniffed(box(b"styp", b"msdh", bytes(4), b"msdhmsix")) == "mp4"


@pytest.mark.parametrize("size", [b"\x84", b"\x40\x04", b"\x01\0\0\0\0\0\0\4"], ids=["1 byte", "2 bytes", "8 bytes"])
def test_the_size_of_a_document_type_may_be_written_in_several_bytes(size: bytes) -> None:
    assert sniffed(b"\x1a\x45\xdf\xa3\xa3\x42\x86\x81\1\x42\x82" + size + b"webm\x42\x87\x81\4") == "webm"


def test_a_file_for_another_purpose_in_the_same_syntax_is_not_known() -> None:
    assert sniffed(b"\x1a\x45\xdf\xa3\x8c\x42\x82\x89subtitles") is None


@pytest.mark.parametrize(
    ("data", "format"),
    [
        (b"glTF\2\0\0\0\x0c\0\0\0", "glb"),
        (b"\x1f\x8b\x08\0", "gz"),
        (b"#EXTM3U\n#EXT-X-VERSION:3", "m3u8"),
        (b"\xef\xbb\xbf\r\n<!DOCTYPE html>\n", "html"),
        (b"<body>", "html"),
        (b"<header>", None),
        (b"<bodywork>", None),
        (b"\xff\xfea\0n\0 \0e\0s\0s\0a\0y\0", None),
        (b"\xff\xfb", None),
        (b"\xff\xfb\xf0\0", None),
        (b"\xff\xf1P@!\x3f\xfc", None),
        (b"BMW and other makes of cars", None),
        (b"\x89PNG\r\n", None),
    ],
    ids=repr,
)
def test_first_bytes_have_to_be_whole(data: bytes, format: str | None) -> None:
    assert sniffed(data) == format
