"""Input files that a model does not take, as each provider tells of them: when the job runs, and at no cost."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from vidmock.media.clip import Clip
from vidmock.media.render import render
from vidmock.schema.known_media import media_from_mapping

if TYPE_CHECKING:
    from tests.conftest import House

CLIP = "https://clips.example/walk.mp4"
PICTURE = "https://pictures.example/cat.png"
LONG = media_from_mapping({CLIP: {"seconds": 12}, PICTURE: {"width": 200, "height": 300, "format": "png"}})
FAL = "/fal/queue/fal-ai/kling-video"
BOW = {"prompt": "a bow", "elements": [{"frontal_image_url": "https://x.example/y", "reference_image_urls": [PICTURE]}]}
TASK = "4b240d50-1ef6-40ef-b186-290cc09b3413"
UPLOAD = "6b7a1c52-3a75-4a52-9f0e-2b8f4f3f8a22"
EDIT: dict[str, Any] = {
    "taskType": "videoInference",
    "taskUUID": TASK,
    "model": "klingai:kling@o1",
    "positivePrompt": "rain",
    "numberResults": 2,
    "inputs": {"video": CLIP},
}


@pytest.fixture
def long(houses: Callable[..., House]) -> House:
    """A server that knows of a clip that is too long, and of a picture that is too small."""
    return houses(media=LONG)


def _spent(house: House) -> float:
    return float(house.world().ledger.spent)


def test_fal_takes_it_and_its_result_is_422_with_the_documented_type(long: House) -> None:
    submitted = long.post(f"{FAL}/o1/reference-to-video", BOW)
    assert submitted.status_code == 200
    job = submitted.json()["request_id"]
    long.advance(1.4)
    assert long.get(f"{FAL}/requests/{job}/status").json()["status"] == "IN_PROGRESS"
    assert _spent(long) == 0.56
    long.advance(0.1)
    status = long.get(f"{FAL}/requests/{job}/status").json()
    assert (status["status"], "error" in status) == ("COMPLETED", False)
    result = long.get(f"{FAL}/requests/{job}")
    assert (result.status_code, result.headers["x-fal-billable-units"]) == (422, "0")
    assert result.json() == {
        "detail": [
            {
                "loc": ["body", "reference_image_urls", 0],
                "msg": "Image too small",
                "type": "image_too_small",
                "url": "https://docs.fal.ai/errors#image_too_small",
                "ctx": {"min_height": 300, "min_width": 300},
                "input": PICTURE,
            }
        ]
    }
    assert _spent(long) == 0


@pytest.mark.parametrize(
    ("input", "facts", "item"),
    [
        (
            BOW,
            {"width": 3000, "height": 1000, "bytes": 1},
            {
                "loc": ["body", "reference_image_urls", 0],
                "msg": "The aspect ratio of the image should be between 0.4 and 2.5.",
                "type": "image_aspect_ratio_error",
                "url": "https://docs.fal.ai/errors#image_aspect_ratio_error",
                "input": PICTURE,
                "ctx": {"min_aspect_ratio": 0.4, "max_aspect_ratio": 2.5},
            },
        ),
        (
            BOW,
            {"bytes": 10485761, "width": 1},
            {
                "loc": ["body", "reference_image_urls", 0],
                "msg": "File too large",
                "type": "file_too_large",
                "url": "https://docs.fal.ai/errors#file_too_large",
                "input": PICTURE,
                "ctx": {"max_size": 10485760},
            },
        ),
        (
            BOW,
            {"format": "mp4"},
            {
                "loc": ["body", "reference_image_urls", 0],
                "msg": "Image load error",
                "type": "image_load_error",
                "url": "https://docs.fal.ai/errors#image_load_error",
                "input": PICTURE,
            },
        ),
        (
            {"prompt": "x", "image_urls": ["https://x.example/y", PICTURE]},
            {"format": "tiff"},
            {
                "loc": ["body", "image_urls", 1],
                "msg": "Unsupported image format. Supported formats are .jpg, .jpeg, .png, .webp, .gif, .avif.",
                "type": "unsupported_image_format",
                "url": "https://docs.fal.ai/errors#unsupported_image_format",
                "input": PICTURE,
                "ctx": {"supported_formats": [".jpg", ".jpeg", ".png", ".webp", ".gif", ".avif"]},
            },
        ),
    ],
    ids=["aspect", "bytes", "kind", "format"],
)
def test_fal_stops_at_the_first_file_and_says_what_it_would_take(
    houses: Callable[..., House], input: dict[str, Any], facts: dict[str, Any], item: dict[str, Any]
) -> None:
    house = houses(media=media_from_mapping({PICTURE: facts}))
    job = house.post(f"{FAL}/o1/reference-to-video", input).json()["request_id"]
    house.advance(3)
    more = {"url": f"https://docs.fal.ai/errors#{item['type']}", "input": PICTURE}
    assert house.get(f"{FAL}/requests/{job}").json() == {"detail": [item | more]}


def test_fal_run_at_once_waits_for_the_job_to_fail(long: House) -> None:
    waiting = long.begin("POST", "/fal/run/fal-ai/kling-video/o1/reference-to-video", json=BOW)
    assert not waiting.done()
    long.advance(1.5)
    answer = long.finish(waiting)
    assert (answer.status_code, answer.json()["detail"][0]["type"]) == (422, "image_too_small")


def test_fal_judges_a_picture_in_the_request(house: House) -> None:
    small = "data:image/png;base64," + b64encode(render(Clip(256, 256, 1.0, ("a",), "png"))).decode()
    bow = {"prompt": "a bow", "elements": [{"frontal_image_url": small, "reference_image_urls": [PICTURE]}]}
    job = house.post(f"{FAL}/o1/reference-to-video", bow).json()["request_id"]
    house.advance(3)
    (item,) = house.get(f"{FAL}/requests/{job}").json()["detail"]
    assert (item["loc"], item["type"]) == (["body", "frontal_image_url"], "image_too_small")


@pytest.mark.parametrize("failed", ["errors", "data"])
def test_runware_acknowledges_it_and_each_result_is_an_error(houses: Callable[..., House], failed: str) -> None:
    house = houses(media=LONG, behaviours={"runware.failed": failed})
    assert house.post("/runware/v1", [EDIT]).json() == {"data": [{"taskType": "videoInference", "taskUUID": TASK}]}
    poll = [{"taskType": "getResponse", "taskUUID": TASK}]
    assert [item["status"] for item in house.post("/runware/v1", poll).json()["data"]] == ["processing"] * 2
    house.advance(1.5)
    answer = house.post("/runware/v1", poll)
    told = {
        "code": "invalidVideo",
        "message": "Invalid value for 'inputs.video' parameter. This clip lasts 12 s; it must last 3 to 10 s.",
        "parameter": "inputs.video",
        "documentation": "https://runware.ai/docs/models/klingai-video-o1-pro#request-inputs-video",
        "min": 3,
        "max": 10,
    }
    named = {"taskType": "videoInference", "taskUUID": TASK, "status": "error"}
    assert answer.status_code == 200
    if failed == "errors":
        assert answer.json() == {"data": [], "errors": [named | told] * 2}
    else:
        assert [item["error"] for item in answer.json()["data"]] == [told] * 2
    assert _spent(house) == 0


def test_runware_takes_a_longer_clip_for_a_quick_edit(long: House) -> None:
    quick = {**EDIT, "providerSettings": {"klingai": {"fast": True}}}
    long.post("/runware/v1", [quick])
    long.advance(3)
    answer = long.post("/runware/v1", [{"taskType": "getResponse", "taskUUID": TASK}]).json()
    assert [item["status"] for item in answer["data"]] == ["success"] * 2
    assert _spent(long) == pytest.approx(2 * 12 * 0.168)


@pytest.mark.parametrize("source", ["bytes", "url"])
def test_runware_knows_what_it_stores(long: House, source: str) -> None:
    short = "data:video/mp4;base64," + b64encode(render(Clip(1280, 720, 2.0, ("a",)))).decode()
    media = short if source == "bytes" else CLIP
    store = {"taskType": "mediaStorage", "taskUUID": UPLOAD, "operation": "upload", "media": media}
    stored = long.post("/runware/v1", [store]).json()["data"][0]["mediaUUID"]
    long.post("/runware/v1", [{**EDIT, "inputs": {"video": stored}}])
    long.advance(3)
    answer = long.post("/runware/v1", [{"taskType": "getResponse", "taskUUID": TASK}]).json()
    length = "2" if source == "bytes" else "12"
    assert f"This clip lasts {length} s; it must last 3 to 10 s." in answer["errors"][0]["message"]


def test_a_file_that_runware_did_not_fetch_is_not_judged(house: House) -> None:
    store = {"taskType": "imageUpload", "taskUUID": UPLOAD, "image": "https://pictures.example/cat.gif"}
    stored = house.post("/runware/v1", [store]).json()["data"][0]["imageUUID"]
    house.post("/runware/v1", [{**EDIT, "inputs": {"frameImages": [stored]}, "numberResults": 1}])
    house.advance(3)
    answer = house.post("/runware/v1", [{"taskType": "getResponse", "taskUUID": TASK}]).json()
    assert answer["data"][0]["status"] == "success"


def test_eachlabs_takes_it_and_the_prediction_is_an_error_of_the_input(long: House) -> None:
    body = {"model": "kling-o1-video-to-video-reference", "input": {"prompt": "on", "video_url": CLIP}}
    made = long.post("/eachlabs/v1/prediction", body)
    assert made.status_code == 200
    prediction = f"/eachlabs/v1/prediction/{made.json()['predictionID']}"
    long.advance(1.4)
    assert long.get(prediction).json()["status"] == "processing"
    long.advance(0.1)
    told = long.get(prediction).json()
    reason = "video_url: this clip lasts 12 s; it must last 3 to 10 s"
    assert (told["status"], told["metrics"]["cost"], told["details"]) == ("error", 0, reason)
    assert told["output"] | {"error_code": "INPUT_VALIDATION_ERROR", "error_message": reason} == told["output"]
    assert told["output"]["classification"] == {"category": "VALIDATION"}
    assert _spent(long) == 0


def test_eachlabs_knows_what_was_put_at_its_signed_urls(house: House) -> None:
    signed = house.post("/eachlabs/v1/upload/presign", {"content_type": "video/mp4"}).json()
    clip = render(Clip(640, 480, 4.0, ("a",)))
    headers = {"content-type": "video/mp4", **signed["required_headers"]}
    house.ask("PUT", signed["presigned_url"], None, content=clip, headers=headers)
    given = {"prompt": "on", "video_url": signed["public_url"]}
    made = house.post("/eachlabs/v1/prediction", {"model": "kling-o1-video-to-video-reference", "input": given}).json()
    house.advance(3)
    told = house.get(f"/eachlabs/v1/prediction/{made['predictionID']}").json()
    assert told["details"] == "video_url: this clip has 640 x 480 pixels; each side must have 720 to 2160"


def test_runpod_takes_it_and_the_job_is_failed(house: House) -> None:
    picture = "data:video/mp4;base64," + b64encode(render(Clip(256, 256, 1.0, ("a",), "png"))).decode()
    body = {"input": {"prompt": "a waltz", "images": [PICTURE], "video": picture}}
    made = house.post("/runpod/v2/kling-video-o1-r2v/run", body)
    assert made.json()["status"] == "IN_QUEUE"
    house.advance(1.5)
    told = house.get(f"/runpod/v2/kling-video-o1-r2v/status/{made.json()['id']}")
    assert (told.status_code, told.json()["status"]) == (200, "FAILED")
    assert told.json()["error"] == "video: this file's format is png; it must be that of a clip"
    assert _spent(house) == 0
