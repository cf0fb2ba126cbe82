"""The table of formats: that it is one table, agrees with Python's, and has all that our schemas name."""

from __future__ import annotations

import mimetypes
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from typing import Any, get_args

import pytest

from vidmock import resources, strict_json
from vidmock.media.clip import Container
from vidmock.media.formats import FORMATS, MediaFormat, content_type, format_of_media_type, format_of_suffix

TABLE = list(FORMATS.values())
SCHEMAS = sorted(resources.folder("schemas").rglob("*.json"))


def nodes(document: Any) -> Iterator[dict[str, Any]]:
    if isinstance(document, dict):
        yield document
    for inner in document.values() if isinstance(document, dict) else document if isinstance(document, list) else ():
        yield from nodes(inner)


def test_no_suffix_and_no_media_type_belongs_to_two_formats() -> None:
    for words in (chain(*(entry.suffixes for entry in TABLE)), chain(*(entry.media_types for entry in TABLE))):
        assert [word for word, times in Counter(words).items() if times > 1] == []


@pytest.mark.parametrize("entry", TABLE, ids=lambda entry: str(entry.name))
def test_a_format_is_written_as_it_is_looked_up_and_tells_its_source(entry: MediaFormat) -> None:
    for suffix in entry.suffixes:
        assert format_of_suffix(suffix) is format_of_suffix(f".{suffix.upper()}") is entry
    for media_type in entry.media_types:
        assert format_of_media_type(media_type) is format_of_media_type(f"{media_type.title()}; q=1") is entry
    assert entry.source
    assert entry.kind in (entry.media_type.partition("/")[0], "other")


def test_python_knows_the_suffixes_by_the_same_media_types() -> None:
    python = mimetypes.MimeTypes(filenames=())
    known = set()
    for entry in TABLE:
        for suffix in entry.suffixes:
            guesses = {python.guess_type(f"a.{suffix}", strict)[0] for strict in (True, False)} - {None}
            # Python takes the two formats of telephones for sounds, and gzip for an encoding.
            types = {str(guess).replace("audio/3gpp", "video/3gpp") for guess in guesses}
            assert types <= set(entry.media_types), suffix
            known |= {suffix} if types else set()
    assert len(known) > 20


@pytest.mark.parametrize(
    ("declared", "name"),
    [
        ("image/jpg", "jpg"),
        ("IMAGE/JPEG", "jpg"),
        (" video/mp4 ; codecs=avc1", "mp4"),
        ("video/x-matroska", "mkv"),
        ("application/octet-stream", None),
        ("image", None),
        ("", None),
    ],
)
def test_a_content_type_names_a_format_in_any_spelling(declared: str, name: str | None) -> None:
    found = format_of_media_type(declared)
    assert (found and found.name) == name


def test_an_unknown_suffix_names_no_format() -> None:
    assert format_of_suffix("xyz") is format_of_suffix("") is format_of_suffix("..png") is None


def test_our_own_files_have_these_media_types() -> None:
    containers: tuple[Container, ...] = get_args(Container)
    assert {container: content_type(container) for container in containers} == {
        "mp4": "video/mp4",
        "mov": "video/quicktime",
        "webm": "video/webm",
        "png": "image/png",
        "jpg": "image/jpeg",
        "webp": "image/webp",
        "mp3": "audio/mpeg",
        "wav": "audio/wav",
    }


def test_the_formats_of_the_schemas_are_in_the_table_and_of_the_kind_that_is_asked_for() -> None:
    asked = 0
    for file in SCHEMAS:
        for node in nodes(strict_json.loads(file.read_bytes())):
            said = node.get("x-media", [])
            for limits in said if isinstance(said, list) else [said]:
                for word in limits.get("formats", ()) if isinstance(limits, dict) else ():
                    found = format_of_suffix(word)
                    assert (found and found.kind) == limits["kind"], f"{file}: {word}"
                    asked += 1
    assert asked > 10


def test_the_formats_in_the_providers_errors_are_in_the_table() -> None:
    named = set()
    for file in SCHEMAS:
        for node in nodes(strict_json.loads(file.read_bytes())):
            words = node.get("supported_formats", ())
            named |= {word for word in words if isinstance(word, str)} if isinstance(words, list) else set()
    assert named
    assert {word for word in named if format_of_suffix(word) is None} == set()
