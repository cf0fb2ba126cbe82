"""What a file will be, and how many: from parameters of usual names, and a guess that says so where there are none."""

from __future__ import annotations

from typing import Any

import pytest

from vidmock.importer.figures import LONGEST_STATED, counts, pixels, video_figures
from vidmock.importer.page import Makes, ModelPage, Unsure

IS_LENGTH = {
    "type": "object",
    "required": ["duration"],
    "properties": {"duration": {"type": "number", "exclusiveMinimum": 0, "maximum": LONGEST_STATED}},
}
GUESS = {"value": 1280, "x-evidence": "inferred: the page gives no pixels"}
ASSUMED = {"value": 5, "x-evidence": "inferred: the page gives no default length"}


def page(makes: Makes = "video", **sizes: tuple[int, int]) -> ModelPage:
    return ModelPage("fal", "a page", "a/b", "B", "https://example.com", makes, (), sizes=sizes)


def figures(properties: dict[str, Any], makes: Makes = "video", required: tuple[str, ...] = ()) -> dict[str, Any]:
    return video_figures(page(makes), {"properties": properties, "required": list(required)}, [])


@pytest.mark.parametrize(
    ("node", "sources"),
    [
        ({"type": "integer", "minimum": 3, "maximum": 10, "default": 5}, [{"at": "/duration"}, {"value": 5}]),
        (
            {"type": "integer", "minimum": -1, "maximum": 15, "default": -1},
            [{"when": IS_LENGTH, "at": "/duration"}, ASSUMED],
        ),
        (
            {"type": "number", "default": 2.5},
            [{"when": IS_LENGTH, "at": "/duration"}, {"value": 2.5}],
        ),
        ({"enum": [5, 10], "default": 5}, [{"at": "/duration"}, {"value": 5}]),
        ({"enum": [5, 0]}, [{"when": IS_LENGTH, "at": "/duration"}, ASSUMED]),
        ({"enum": ["5", "10"], "default": "10"}, [{"at": "/duration"}, {"value": 10}]),
        ({"enum": ["4s", "8s"], "default": "8s"}, [{"at": "/duration", "map": {"4s": 4, "8s": 8}}, {"value": 8}]),
        ({"enum": ["auto", "5"], "default": "auto"}, [{"at": "/duration", "map": {"5": 5}}, ASSUMED]),
        ({"enum": ["short", "long"]}, [ASSUMED]),
        ({"type": "string", "default": "9999"}, [ASSUMED]),
        ({"type": "string", "default": "6s"}, [{"value": 6}]),
        ({"type": "boolean", "default": True}, [ASSUMED]),
    ],
)
def test_a_length_is_that_of_the_request_where_it_is_one(node: dict[str, Any], sources: list[dict[str, Any]]) -> None:
    assert figures({"duration": node})["seconds"] == sources


def test_a_length_that_is_assumed_is_noted_unless_the_request_must_have_it() -> None:
    notes = list[Unsure]()
    root = {"properties": {"duration": {"type": "integer"}}}
    video_figures(page(), root, notes)
    video_figures(page(), root | {"required": ["duration"]}, notes)
    video_figures(page("image"), root, notes)
    assert [note.at for note in notes] == ["/duration"]


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ("1280*720", (1280, 720)),
        ("1920x1080", (1920, 1080)),
        ("720p", (1280, 720)),
        ("4K", (3840, 2160)),
        ("16:9", (1280, 720)),
        ("9:16", (720, 1280)),
        ("1:1", (720, 720)),
        ("square_hd", (720, 720)),
        ("portrait_4_3", (720, 960)),
        ("landscape_16_9", (1280, 720)),
        ("0:1", None),
        ("auto", None),
        ("99:1", None),
    ],
)
def test_a_size_may_be_named_in_many_ways(value: str, size: tuple[int, int] | None) -> None:
    assert pixels(value, 720) == size


@pytest.mark.parametrize(
    ("properties", "width"),
    [
        ({}, [GUESS]),
        (
            {"width": {"type": "integer", "default": 512}, "height": {"type": "integer"}},
            [{"at": "/width"}, {"value": 512}],
        ),
        ({"size": {"enum": ["640*480"]}}, [{"at": "/size", "map": {"640*480": 640}}, {"value": 640}]),
        ({"size": {"type": "string", "default": "640*480"}}, [{"value": 640}]),
        ({"resolution": {"enum": ["best"], "default": "best"}}, [GUESS]),
    ],
)
def test_pixels_come_from_the_request_or_are_a_guess_that_says_so(properties: Any, width: list[dict[str, Any]]) -> None:
    assert figures(properties)["width"] == width


def test_the_sizes_of_a_table_are_the_usual_ones() -> None:
    sized = page(first=(640, 480), second=(480, 640))
    assert video_figures(sized, {"properties": {}}, [])["height"] == [{"value": 480}]
    both: dict[str, Any] = {"properties": {"width": {}, "height": {}}}
    assert video_figures(sized, both, [])["height"] == [{"at": "/height"}, {"value": 480}]


@pytest.mark.parametrize(
    ("node", "sources"),
    [
        ({"type": "integer", "minimum": 1, "maximum": 4, "default": 2}, [{"at": "/num_images"}, {"value": 2}]),
        ({"type": "integer", "minimum": 0, "maximum": 4}, [{"value": 1}]),
        ({"type": "integer"}, [{"value": 1}]),
    ],
)
def test_a_number_of_results_counts_if_the_page_bounds_it(node: dict[str, Any], sources: list[dict[str, Any]]) -> None:
    assert counts({"num_images": node}) == sources


def test_sound_text_and_container_follow_the_parameters() -> None:
    made = figures({"generate_audio": {"type": "boolean", "default": True}, "outputFormat": {"enum": ["WEBM", "GIF"]}})
    assert made["audio"] == [{"at": "/generate_audio"}, {"value": True}]
    assert made["container"] == [{"at": "/outputFormat", "map": {"WEBM": "webm"}}, {"value": "webm"}]
    assert made["prompt"] == [{"value": ""}]
    assert figures({"text": {}}, required=("text",))["prompt"] == [{"at": "/text"}]
    assert figures({"outputFormat": {"enum": [1]}})["container"] == [{"value": "mp4"}]
    assert figures({}, "text")["count"] == [{"value": 0}]
