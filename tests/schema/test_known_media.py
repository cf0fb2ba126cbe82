"""What is said of files: in a listing, in a JSON file, and by the bytes in a request."""

from __future__ import annotations

import re
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from vidmock.media.clip import Clip
from vidmock.media.render import render
from vidmock.problems import BadJSON
from vidmock.schema.embedded_media import embedded_media
from vidmock.schema.known_media import (
    UNKNOWN,
    MediaInfo,
    media_from_file,
    media_from_mapping,
    media_kind,
    media_of_bytes,
    nothing_known,
    spelled_format,
)

PICTURE = render(Clip(640, 480, 1.0, ("a",), "png"))


def test_by_default_nothing_is_known() -> None:
    assert nothing_known("https://a.b/c.mp4") == UNKNOWN == MediaInfo(None, None, None, None, None)


def test_a_file_tells_what_files_are(tmp_path: Path) -> None:
    file = tmp_path / "media.json"
    file.write_text(
        """{"https://a.b/c.mp4": {"seconds": 8.5, "width": 640, "height": 480, "bytes": 7, "format": ".MOV"},
            "id": {"seconds": 3}, "nothing": {}}"""
    )
    probe = media_from_file(file)
    assert probe("https://a.b/c.mp4") == MediaInfo(8.5, 640, 480, 7, "mov")
    assert probe("id") == MediaInfo(3)
    assert probe("nothing") == probe("other") == UNKNOWN


@pytest.mark.parametrize(
    ("about", "complaint"),
    [
        (5, "must be an object of seconds, width, height, bytes, format"),
        ({"seconds": "5"}, "'seconds' must be a number of seconds above 0; got '5'"),
        ({"seconds": 0}, "'seconds' must be a number of seconds above 0; got 0"),
        ({"width": True}, "'width' must be a whole number of pixels above 0; got True"),
        ({"height": 7.5}, "'height' must be a whole number of pixels above 0; got 7.5"),
        ({"bytes": -1}, "'bytes' must be a whole number of bytes above 0; got -1"),
        ({"format": 5}, "'format' must be the name of a format, such as \"mp4\"; got 5"),
        ({"format": "video/mp4"}, "'format' must be the name of a format, such as \"mp4\"; got 'video/mp4'"),
        ({"size": 5}, "'size' is none of seconds, width, height, bytes, format."),
        ({"second": 5}, "Did you mean 'seconds'?"),
    ],
    ids=str,
)
def test_what_cannot_be_said_of_a_file_is_an_error_with_its_url_and_what_could(about: Any, complaint: str) -> None:
    with pytest.raises(ValueError, match=re.escape("https://a.b/c.mp4: ")) as caught:
        media_from_mapping({"https://a.b/good.mp4": {"seconds": 5}, "https://a.b/c.mp4": about})
    assert complaint in str(caught.value)


@pytest.mark.parametrize(
    ("text", "complaint"), [("[]", "must be an object of URLs"), ('{"u": {"length": 5}}', "u: 'length' is none of")]
)
def test_an_error_in_a_file_names_the_file(tmp_path: Path, text: str, complaint: str) -> None:
    file = tmp_path / "media.json"
    file.write_text(text)
    with pytest.raises(ValueError, match=re.escape(f"{file}: ")) as caught:
        media_from_file(file)
    assert complaint in str(caught.value)


def test_a_file_that_is_no_json_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "media.json"
    file.write_text("{")
    with pytest.raises(BadJSON):
        media_from_file(file)


@pytest.mark.parametrize(
    ("written", "meant"), [("JPEG", "jpg"), (".png", "png"), ("quicktime", "mov"), ("m4v", "mp4"), ("xyz", "xyz")]
)
def test_a_format_has_one_spelling(written: str, meant: str) -> None:
    assert spelled_format(written) == meant


@pytest.mark.parametrize(
    ("format", "meant"), [("jpg", "image"), ("mov", "video"), ("html", "other"), ("xyz", None)], ids=str
)
def test_a_format_is_of_a_kind_or_nobody_knows(format: str, meant: str | None) -> None:
    assert media_kind(format) == meant


def test_bytes_tell_what_they_are() -> None:
    clip = render(Clip(1280, 720, 2.0, ("a",), "mov"))
    assert media_of_bytes(clip) == MediaInfo(2.0, 1280, 720, len(clip), "mov")
    assert media_of_bytes(PICTURE) == MediaInfo(None, 640, 480, len(PICTURE), "png")
    assert media_of_bytes(b"a picture") == MediaInfo(bytes=9)


@pytest.mark.parametrize("start", ["data:image/png;base64,", "DATA:image/jpeg;base64,", "data:;base64,", ""])
def test_a_file_in_a_request_is_known_whatever_it_is_called(start: str) -> None:
    assert embedded_media(start + b64encode(PICTURE).decode()) == media_of_bytes(PICTURE)


def test_a_file_of_an_unknown_kind_has_its_bytes() -> None:
    assert embedded_media("data:image/png;base64,QUJD") == MediaInfo(bytes=3)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "https://a.b/c.png",
        "4b240d50-1ef6-40ef-b186-290cc09b3413",
        "4b240d501ef640efb186290cc09b3413",
        "A" * 64,
        "data:image/png;base64,====",
        "data:image/png",
        "iVBORw0KGgo=",
        "no base64 at all, but a sentence that is long enough",
    ],
    ids=lambda text: text[:24],
)
def test_what_is_no_file_is_none(text: str) -> None:
    assert embedded_media(text) is None
