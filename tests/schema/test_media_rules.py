"""The files that an input points to, held against what the model asks of them: only what is known is judged."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.schema.shapes import SHARED, one_of_many

import vidmock
from vidmock.media.clip import Clip
from vidmock.media.render import render
from vidmock.schema import catalog
from vidmock.schema.catalog import Model
from vidmock.schema.known_media import UNKNOWN, MediaInfo, Probe
from vidmock.schema.media_rules import check_media
from vidmock.schema.samples import samples_of
from vidmock.schema.violation import Violation

MODELS = catalog.models()
PRO = catalog.find_model("runware", "klingai:kling@o1")
FAL = catalog.find_model("fal", "fal-ai/kling-video/o1/reference-to-video")
RUNPOD = catalog.find_model("runpod", "kling-video-o1-r2v")
EACHLABS = catalog.find_model("eachlabs", "kling-o1-video-to-video-reference")
CLIP, PICTURE = "https://example.com/a.mp4", "https://example.com/a.png"
NEXT = {"prompt": "the next shot", "video_url": CLIP}
BOW = {"prompt": "a bow", "elements": [{"frontal_image_url": PICTURE, "reference_image_urls": [PICTURE]}]}
FACTS = st.builds(
    MediaInfo,
    seconds=st.none() | st.floats(0.01, 1e6),
    width=st.none() | st.integers(1, 10**6),
    height=st.none() | st.integers(1, 10**6),
    bytes=st.none() | st.integers(1, 10**12),
    format=st.none() | st.sampled_from(["mp4", "mov", "png", "jpg", "gif", "html", "xyz"]),
)


def knowing(**facts: Any) -> Probe:
    return lambda _url: MediaInfo(**facts)


def only(violations: tuple[Violation, ...]) -> Violation:
    assert len(violations) == 1, violations
    return violations[0]


@pytest.mark.parametrize(
    ("model", "payload", "facts", "message"),
    [
        (EACHLABS, NEXT, {"seconds": 12}, "this clip lasts 12 s; it must last 3 to 10 s"),
        (EACHLABS, NEXT, {"seconds": 2.96}, "this clip lasts 2.96 s; it must last 3 to 10 s"),
        (
            EACHLABS,
            NEXT,
            {"width": 640, "height": 360},
            "this clip has 640 x 360 pixels; each side must have 720 to 2160",
        ),
        (EACHLABS, NEXT, {"height": 4320}, "this clip has ? x 4320 pixels; each side must have 720 to 2160"),
        (
            EACHLABS,
            NEXT,
            {"bytes": 52428801},
            "this file has 52428801 bytes; it may have at most 52428800 (50 MiB)",
        ),
        (EACHLABS, NEXT, {"format": "webm"}, "this file's format is webm; it must be mp4 or mov"),
        (
            RUNPOD,
            {"prompt": "x", "images": [PICTURE]},
            {"format": "mp4"},
            "format is mp4; it must be that of a picture",
        ),
        (RUNPOD, {"prompt": "x", "images": [], "video": CLIP}, {"format": "gif"}, "gif; it must be that of a clip"),
    ],
)
def test_a_message_says_what_a_file_is_and_what_it_should_be(
    model: Model, payload: Any, facts: dict[str, Any], message: str
) -> None:
    assert only(check_media(model, payload, knowing(**facts))).message.endswith(message)


def test_a_picture_in_a_list_is_found_by_its_place() -> None:
    broken = check_media(FAL, BOW, knowing(width=299, height=400))
    assert [violation.where for violation in broken] == [
        "elements[0].frontal_image_url",
        "elements[0].reference_image_urls[0]",
    ]
    first = broken[0]
    assert (first.rule, first.keyword, first.code) == ("media-too-small", "media", "image_too_small")
    assert (first.limits, first.value, first.evidence) == ({"min": 300}, "299 x 400", "documented")


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((1000, 399), "of 1000 x 399 pixels is 2.5063 times as wide as high; it must be 0.40 to 2.50"),
        ((399, 1000), "0.399 times"),
    ],
)
def test_a_shape_is_judged_exactly(shape: tuple[int, int], message: str) -> None:
    violation = check_media(FAL, BOW, knowing(width=shape[0], height=shape[1]))[0]
    assert message in violation.message
    assert (violation.rule, violation.limits) == ("media-aspect", {"min": 0.4, "max": 2.5})
    assert check_media(FAL, BOW, knowing(width=1000, height=400)) == ()


def test_everything_that_is_wrong_with_a_file_is_told_but_of_another_format_nothing_else() -> None:
    facts = {"seconds": 61, "width": 100, "height": 9000, "bytes": 10**9}
    told = [violation.rule for violation in check_media(EACHLABS, NEXT, knowing(**facts))]
    assert told == ["media-bytes", "media-too-small", "media-too-long"]
    told = [violation.rule for violation in check_media(EACHLABS, NEXT, knowing(**facts, format="avi"))]
    assert told == ["media-format"]


@pytest.mark.parametrize(
    ("fast", "lengths"),
    [(True, {5.9: "short", 6: None, 20: None, 20.1: "long"}), (False, {2.9: "short", 10.5: "long"})],
)
def test_the_length_of_a_quick_edit_is_another(fast: bool, lengths: dict[float, str | None]) -> None:
    task = {"inputs": {"video": CLIP}, "providerSettings": {"klingai": {"fast": fast}}}
    for seconds, wrong in lengths.items():
        told = [violation.rule for violation in check_media(PRO, task, knowing(seconds=seconds))]
        assert told == ([f"media-too-{wrong}"] if wrong else [])


@pytest.mark.parametrize("name", ["a.avi", "a", "a.png?as=mp4"])
def test_what_a_file_is_called_proves_nothing(name: str) -> None:
    payload = {**NEXT, "video_url": f"https://example.com/{name}"}
    assert check_media(EACHLABS, payload, lambda _url: UNKNOWN) == check_media(EACHLABS, payload) == ()
    assert check_media(EACHLABS, payload, knowing(seconds=5)) == ()


def test_a_format_that_nobody_has_heard_of_is_judged_only_where_formats_are_named() -> None:
    assert check_media(RUNPOD, {"prompt": "x", "images": [PICTURE]}, knowing(format="xyz")) == ()
    assert only(check_media(EACHLABS, NEXT, knowing(format="xyz"))).rule == "media-format"


def test_a_file_in_the_request_is_judged_by_its_bytes() -> None:
    small = "data:image/png;base64," + b64encode(render(Clip(128, 256, 1.0, ("a",), "png"))).decode()
    clip = "data:image/png;base64," + b64encode(render(Clip(1280, 720, 2.0, ("a",)))).decode()
    payload = {"prompt": "x", "elements": [{"frontal_image_url": small, "reference_image_urls": [clip]}]}
    assert [(v.where, v.code) for v in check_media(FAL, payload, knowing(width=1000, height=1000))] == [
        ("elements[0].frontal_image_url", "image_too_small"),
        ("elements[0].reference_image_urls[0]", "image_load_error"),
    ]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.id)
@SHARED
@given(data=st.data())
def test_judging_any_input_with_any_facts_tells_each_thing_once(model: Model, data: st.DataObject) -> None:
    payload = one_of_many(data, [*samples_of(model).valid, *(fault.payloads[0] for fault in samples_of(model).faults)])
    facts = data.draw(FACTS)
    broken = check_media(model, payload, lambda _url: facts)
    assert len({(violation.path, violation.rule) for violation in broken}) == len(broken)
    if facts == UNKNOWN:
        assert broken == ()


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.id)
@pytest.mark.parametrize(
    "payload", [None, [], "text", 5, {"elements": 5, "inputs": [], "images": {}}, {1: 2}], ids=repr
)
def test_what_is_no_input_points_to_no_files(model: Model, payload: Any) -> None:
    assert check_media(model, payload, knowing(seconds=1, format="html")) == ()


def test_the_library_judges_what_it_is_told_of() -> None:
    where = "eachlabs", "kling-o1-video-to-video-reference"
    assert vidmock.validate(*where, NEXT) == ()
    told = vidmock.validate(*where, NEXT, media={CLIP: {"seconds": 12}})
    assert [f"{violation.where}: {violation.message}" for violation in told] == [
        "video_url: this clip lasts 12 s; it must last 3 to 10 s"
    ]
    (whole,) = vidmock.validate(*where, {"model": where[1], "input": NEXT}, media=knowing(seconds=12))
    assert [replace(whole, path=whole.path[1:])] == [*told]
    wrong = {**NEXT, "duration": "7"}
    assert [v.rule for v in vidmock.validate(*where, wrong, {CLIP: {"seconds": 12}})] == ["enum", "media-too-long"]


def test_the_library_prices_by_what_it_is_told_of() -> None:
    edit = {
        "taskType": "videoInference",
        "taskUUID": "4b240d50-1ef6-40ef-b186-290cc09b3413",
        "model": PRO.id,
        "positivePrompt": "rain",
        "inputs": {"video": CLIP},
    }
    costs = [vidmock.price("runware", PRO.id, edit, {CLIP: {"seconds": length}}).amount for length in (3, 6.5, 10)]
    assert all(one < other for one, other in pairwise(costs))
    assert str(costs[1]) == "1.176"
    with pytest.raises(ValueError, match="'second' is none of"):
        vidmock.price("runware", PRO.id, edit, {CLIP: {"second": 5}})
