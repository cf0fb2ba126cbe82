"""Sentences about a parameter: keywords where they are plain, notes where they may mean something, else nothing."""

from __future__ import annotations

from typing import Any

import pytest

from vidmock.importer.literals import UNREADABLE, page_type, read_literal
from vidmock.importer.page import Parameter
from vidmock.importer.prose import read_prose

PLAIN: list[tuple[str, str, dict[str, Any]]] = [
    ("string", "Aspect ratio. Options: `16:9`, `9:16`, `1:1`.", {"enum": ["16:9", "9:16", "1:1"]}),
    ("string", "Valid options: `480p` or `720p`.", {"enum": ["480p", "720p"]}),
    ("integer", "Video duration in seconds. Valid options: 4, 8, or 12.", {"enum": [4, 8, 12]}),
    ("integer", "Options: `24`, `48`.", {"enum": [24, 48]}),
    ("string", "The variant. One of `k2`, `k2-code`, or `k3`.", {"enum": ["k2", "k2-code", "k3"]}),
    ("string", "Output format. Accepts `png` or `jpeg`.", {"enum": ["png", "jpeg"]}),
    ("string", "Use `system`, `user`, or `assistant`.", {"enum": ["system", "user", "assistant"]}),
    ("string", "Possible values: `3`, `4`", {"enum": ["3", "4"]}),
    ("integer", "Number of steps. Range: 1-50.", {"minimum": 1, "maximum": 50}),
    ("number", "Range: 0.0-10.0.", {"minimum": 0.0, "maximum": 10.0}),
    ("integer", "Range: 4–12 seconds.", {"minimum": 4, "maximum": 12}),
    ("integer", "Video length in seconds (1-16).", {"minimum": 1, "maximum": 16}),
    ("number", "Must be between 0 and 1.", {"minimum": 0, "maximum": 1}),
    ("integer", "Width in pixels. Must be divisible by 64.", {"multipleOf": 64}),
    ("integer", "Minimum: 1. Maximum: 9.", {"minimum": 1, "maximum": 9}),
    ("array", "Array of 1-10 reference image URLs.", {"minItems": 1, "maxItems": 10}),
    ("array", "Array of image URLs to edit. Supports up to 4 images.", {"maxItems": 4}),
    ("array", "Supports 1-5 images for one edit.", {"minItems": 1, "maxItems": 5}),
    ("string", "Maximum 2500 characters.", {"maxLength": 2500}),
    (
        "string",
        'Dimensions in format "width*height".',
        {"pattern": r"^[0-9]+\*[0-9]+$", "x-message": "must be written as width*height, such as 1024*1024"},
    ),
]
UNPLAIN: list[tuple[str, str, str]] = [
    ("string", "Emotion. Options include `happy`, `sad`.", "no rule"),
    ("string", "Output aspect ratio (e.g., `1:1`, `3:2`).", "no rule"),
    ("number", "Typically between 0 and 1.", "no rule"),
    ("array", "Supports up to 14 images, but 1-3 images is recommended for best stability.", "no rule"),
    ("integer", "Must be divisible by 0.", "no rule"),
    ("string", "When provided, `aspect_ratio` is ignored.", "no rule"),
    ("string", "Overrides the `voice` parameter.", "no rule"),
    ("string", "Use `voice` or `style`.", "names another parameter"),
    ("string", "Options: `a` beside `b`.", "words between"),
    ("string", "Options: `a`.", "no list"),
    ("string", "Options: many words, other words.", "no list"),
    ("boolean", "Options: `true`, `false`.", "no values of type boolean"),
    ("integer", "Options: `a`, `b`.", "no values of type integer"),
    ("", "Options: `a`, `b`.", "no values of type unknown"),
    ("integer", "Range: 1-5. Range: 1-6.", "another sentence"),
    ("array", "Up to 4 images of 3 to 5 MB, or 2 clips.", "no rule"),
]
SILENT = [
    ("string", "Text description of the desired video."),
    ("integer", "Seed for reproducible results. Set to -1 for random."),
    ("string", 'Default value: `"16:9"`.'),
    ("string", "URL of the source image to animate."),
    ("string", "Output format."),
]


@pytest.mark.parametrize(
    ("kind", "prose", "keywords"), PLAIN, ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_plain_sentence_becomes_keywords(kind: str, prose: str, keywords: dict[str, Any]) -> None:
    assert read_prose(Parameter("it", kind, about=prose), "/it", ("it", "voice", "style")) == (keywords, [])


@pytest.mark.parametrize(("kind", "prose", "because"), UNPLAIN)
def test_a_sentence_that_may_mean_something_becomes_a_note_with_its_words(kind: str, prose: str, because: str) -> None:
    keywords, notes = read_prose(Parameter("it", kind, about=prose), "/it", ("it", "voice", "style"))
    assert keywords.keys() <= {"minimum", "maximum"}
    assert [(note.at, note.says in prose, because in note.because) for note in notes] == [("/it", True, True)]


def test_a_range_that_is_written_as_options_is_taken_and_noted() -> None:
    keywords, (note,) = read_prose(Parameter("it", "integer", about="Options: 3-10 seconds."), "/it", ())
    assert keywords == {"minimum": 3, "maximum": 10}
    assert "read as a range" in note.because


@pytest.mark.parametrize(("kind", "prose"), SILENT)
def test_a_sentence_that_demands_nothing_is_left_alone(kind: str, prose: str) -> None:
    assert read_prose(Parameter("it", kind, about=prose), "/it", ()) == ({}, [])


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("-1", "integer", -1),
        ('"5"', "integer", 5),
        ("5.5", "integer", UNREADABLE),
        ("5", "number", 5),
        ("0.5", "number", 0.5),
        ("1e999", "number", UNREADABLE),
        ("9" * 5000, "integer", UNREADABLE),
        ("True", "boolean", True),
        ("`false`", "boolean", False),
        ("yes", "boolean", UNREADABLE),
        ("[1, 2]", "array", [1, 2]),
        ("{}", "array", UNREADABLE),
        ("[NaN]", "array", UNREADABLE),
        ('{"a": 1}', "object", {"a": 1}),
        ("`16:9`", "string", "16:9"),
        ("blur, distort", "string", "blur, distort"),
    ],
)
def test_a_value_is_cast_to_the_type_of_its_parameter(text: str, kind: str, value: Any) -> None:
    assert read_literal(text, kind) == value


@pytest.mark.parametrize(("word", "kind"), [("float", "number"), ("Bool", "boolean"), ("list", "array"), ("Seed", "")])
def test_a_page_has_its_own_words_for_types(word: str, kind: str) -> None:
    assert page_type(word) == kind
