from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.schema.shapes import SHARED, one_of_many

import vidmock
from vidmock.schema import catalog
from vidmock.schema.catalog import Model
from vidmock.schema.dollars import dollars
from vidmock.schema.known_media import MediaInfo, media_from_file, media_from_mapping
from vidmock.schema.outputs import OutputSpec, output_spec
from vidmock.schema.pricing import UNKNOWN_PRICE, price_of
from vidmock.schema.samples import samples_of

PRO = catalog.find_model("runware", "klingai:kling@o1")
STANDARD = catalog.find_model("runware", "klingai:kling@o1-standard")
FAL = catalog.find_model("fal", "fal-ai/kling-video/o1/reference-to-video")
RUNPOD = catalog.find_model("runpod", "kling-video-o1-r2v")
EACHLABS = catalog.find_model("eachlabs", "kling-o1-video-to-video-reference")
NEXT_SHOTS = (EACHLABS, *(model for model in catalog.models("fal") if model.id.endswith("video-to-video/reference")))
CLIP = "https://example.com/a.mp4"
TASK: dict[str, Any] = {"positivePrompt": "A kite rises"}


def clip_of(seconds: float, width: int = 1280, height: int = 720) -> Any:
    return lambda _url: MediaInfo(seconds, width, height)


@pytest.mark.parametrize(("seconds", "amount"), [(3, "0.336"), (5, "0.56"), (10, "1.12")])
def test_runpod_costs_what_its_table_says(seconds: int, amount: str) -> None:
    assert str(price_of(RUNPOD, {"prompt": "x", "images": [], "duration": seconds}).amount) == amount


@pytest.mark.parametrize(("seconds", "amount"), [("5", "0.56"), ("10", "1.12"), ("3", "0.336")])
def test_fal_costs_its_rate_by_the_second(seconds: str, amount: str) -> None:
    assert str(price_of(FAL, {"prompt": "x", "duration": seconds}).amount) == amount


@pytest.mark.parametrize(("seconds", "amount"), [("5", "0.84"), ("10", "1.68")])
def test_eachlabs_costs_by_the_unit_and_says_that_this_is_inferred(seconds: str, amount: str) -> None:
    cost = price_of(EACHLABS, {"prompt": "x", "video_url": CLIP, "duration": seconds})
    assert (str(cost.amount), cost.evidence) == (amount, "inferred")
    assert cost.how == f"{seconds} s × 1.2 Kling units/s × $0.14/Kling unit = ${amount}"


@pytest.mark.parametrize(
    ("model", "inputs", "amount", "how"),
    [
        (PRO, {"video": CLIP}, "1.008", "6 s × $0.168/s (R2V: a video input) = $1.008"),
        (STANDARD, {"video": CLIP}, "0.756", "6 s × $0.126/s (R2V: a video input) = $0.756"),
        (PRO, {"referenceVideos": [CLIP]}, "0.84", "5 s × $0.168/s (R2V: a video input) = $0.84"),
        (PRO, {"referenceImages": [CLIP]}, "0.56", "5 s × $0.112/s (T2V or I2V) = $0.56"),
        (STANDARD, {}, "0.42", "5 s × $0.084/s (T2V or I2V) = $0.42"),
    ],
)
def test_runware_bills_a_video_input_at_the_higher_rate(
    model: Model, inputs: dict[str, Any], amount: str, how: str
) -> None:
    cost = price_of(model, {**TASK, "inputs": inputs})
    assert (str(cost.amount), cost.how) == (amount, how)


@pytest.mark.parametrize(("seconds", "billed"), [(5.04, 6), (6.0, 6), (3.000001, 4), (10, 10)])
def test_an_edit_is_billed_for_the_begun_seconds_of_its_source_and_not_for_its_duration(
    seconds: float, billed: int
) -> None:
    cost = price_of(PRO, {**TASK, "duration": 5, "inputs": {"video": CLIP}}, clip_of(seconds))
    assert cost.seconds == billed
    assert cost.amount == billed * Decimal("0.168")


def test_every_result_is_billed() -> None:
    cost = price_of(PRO, {**TASK, "numberResults": 3})
    assert (cost.each, cost.count, cost.amount) == (Decimal("0.56"), 3, Decimal("1.68"))
    assert cost.how == "5 s × $0.112/s (T2V or I2V) × 3 results = $1.68"


@pytest.mark.parametrize("model", catalog.models(), ids=lambda model: model.id)
@SHARED
@given(data=st.data())
def test_a_price_is_exact_and_its_parts_make_the_whole(model: Model, data: st.DataObject) -> None:
    payload = one_of_many(data, samples_of(model).valid)
    cost = price_of(model, payload)
    assert cost.each == round(cost.seconds * cost.rate, model.schema["x-pricing"]["digits"])
    assert cost.amount == cost.each * cost.count
    assert "E" not in str(cost.amount)
    assert cost.how.endswith(f"= {dollars(cost.amount)}") if cost.known else cost.how.startswith(UNKNOWN_PRICE)


@pytest.mark.parametrize(
    ("model", "payload", "made"),
    [
        (RUNPOD, {"prompt": "x"}, (1920, 1080, 5.0, 1, "mp4", False)),
        (RUNPOD, {"prompt": "x", "aspect_ratio": "9:16", "duration": 3}, (1080, 1920, 3.0, 1, "mp4", False)),
        (FAL, {"prompt": "x", "aspect_ratio": "1:1", "duration": "10"}, (1440, 1440, 10.0, 1, "mp4", False)),
        (EACHLABS, {"prompt": "x", "video_url": CLIP}, (1920, 1080, 5.0, 1, "mp4", False)),
        (EACHLABS, {"prompt": "x", "video_url": CLIP, "aspect_ratio": "auto"}, (1920, 1080, 5.0, 1, "mp4", False)),
        (
            EACHLABS,
            {"prompt": "x", "video_url": CLIP, "aspect_ratio": "16:9", "duration": "10", "keep_audio": True},
            (1920, 1080, 10.0, 1, "mp4", True),
        ),
        (PRO, {"positivePrompt": "x"}, (1920, 1080, 5.0, 1, "mp4", False)),
        (STANDARD, {"positivePrompt": "x"}, (1280, 720, 5.0, 1, "mp4", False)),
        (
            PRO,
            {"positivePrompt": "x", "width": 1440, "height": 1440, "outputFormat": "WEBM", "numberResults": 4},
            (1440, 1440, 5.0, 4, "webm", False),
        ),
        (
            PRO,
            {"positivePrompt": "x", "width": 1920, "height": 1080, "duration": 10, "inputs": {"video": CLIP}},
            (1280, 720, 4.2, 1, "mp4", False),
        ),
        (
            PRO,
            {
                "positivePrompt": "x",
                "outputFormat": "MOV",
                "inputs": {"video": CLIP},
                "providerSettings": {"klingai": {"keepOriginalSound": True}},
            },
            (1280, 720, 4.2, 1, "mov", True),
        ),
        (
            PRO,
            {"positivePrompt": "x", "providerSettings": {"klingai": {"keepOriginalSound": True}}},
            (1920, 1080, 5.0, 1, "mp4", False),
        ),
    ],
)
def test_footage_follows_the_request_and_its_clip(
    model: Model, payload: dict[str, Any], made: tuple[Any, Any, Any, Any, Any, Any]
) -> None:
    assert output_spec(model, payload, clip_of(4.2)) == OutputSpec(*made, "x")


@pytest.mark.parametrize("model", NEXT_SHOTS)
@pytest.mark.parametrize(
    ("clip", "made"),
    [
        ((720, 1280), (9, 16)),
        ((1000, 1000), (1, 1)),
        ((1200, 1000), (1, 1)),
        ((2160, 1000), (16, 9)),
        ((1440, 1080), (16, 9)),
        ((1440, None), (16, 9)),
    ],
)
def test_the_shape_of_a_next_shot_is_the_nearest_to_that_of_its_clip(
    model: Model, clip: tuple[int, int | None], made: tuple[int, int]
) -> None:
    spec = output_spec(model, {"prompt": "x", "video_url": CLIP}, lambda _: MediaInfo(width=clip[0], height=clip[1]))
    assert spec.width * made[1] == spec.height * made[0]


def makes_clips(model: Model) -> bool:
    return {"value": "mp4"} in model.schema["x-video"]["container"]


WITH_VIDEO = [model for model in catalog.models() if model.makes_video]


@pytest.mark.parametrize("model", WITH_VIDEO, ids=lambda model: model.id)
@SHARED
@given(data=st.data())
def test_every_valid_request_makes_footage_of_even_size(model: Model, data: st.DataObject) -> None:
    made = output_spec(model, one_of_many(data, samples_of(model).valid))
    assert made.width % 2 == made.height % 2 == 0
    assert made.seconds > 0
    assert 1 <= made.count <= 20


@pytest.mark.parametrize(
    "model",
    [model for model in WITH_VIDEO if "o1" in model.id and "kling" in model.id.lower() and makes_clips(model)],
    ids=lambda model: model.id,
)
def test_a_clip_of_kling_o1_lasts_three_to_ten_seconds(model: Model) -> None:
    assert all(3 <= output_spec(model, payload).seconds <= 10 for payload in samples_of(model).valid)


def test_a_clip_is_billed_by_what_is_known_of_it_and_else_as_six_seconds(tmp_path: Path) -> None:
    file = tmp_path / "media.json"
    file.write_text(f'{{"{CLIP}": {{"seconds": 8.5}}}}')
    edit = {**TASK, "inputs": {"video": CLIP}}
    assert price_of(PRO, edit, media_from_file(file)).seconds == 9
    assert price_of(PRO, edit).seconds == 6
    made = output_spec(PRO, edit, media_from_mapping({CLIP: {"width": 640}}))
    assert (made.seconds, made.width, made.height) == (6.0, 640, 1080)


def test_a_price_is_as_sure_as_its_seconds() -> None:
    task = {
        "taskType": "videoInference",
        "taskUUID": "4b240d50-1ef6-40ef-b186-290cc09b3413",
        "model": "klingai:kling@o1",
        "positivePrompt": "A kite",
    }
    clip = "https://a.b/c.mp4"
    edit = vidmock.price("runware", "klingai:kling@o1", {**task, "inputs": {"video": clip}}, {clip: {"seconds": 4}})
    made = vidmock.price("runware", "klingai:kling@o1", {**task, "width": 1920, "height": 1080})
    assert (edit.evidence, made.evidence) == ("inferred", "documented")
    assert [line[:40] for line in edit.inferred] == ["both edit examples come out at 6 s; whol"]
    assert made.inferred == ()


def test_a_price_says_that_the_length_of_a_clip_was_assumed() -> None:
    task = {
        "taskType": "videoInference",
        "taskUUID": "4b240d50-1ef6-40ef-b186-290cc09b3413",
        "model": "klingai:kling@o1",
    }
    edit = {**task, "positivePrompt": "A kite", "inputs": {"video": "https://a.b/c.mp4"}}
    cost = vidmock.price("runware", "klingai:kling@o1", edit)
    assert cost.inferred[-1] == "the clip's length is not known: 6 s are taken, as in the printed examples"
