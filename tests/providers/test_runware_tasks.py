"""Runware's tasks beyond submit and poll: what becomes of failures, files, repeated ids, and the switches."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from vidmock.media.probe import probe
from vidmock.providers.runware.jobs import media_path
from vidmock.schema.errors import find_error

if TYPE_CHECKING:
    import httpx
    from tests.conftest import House

URL = "/runware/v1"
ONE = "6b7a1c52-3a75-4a52-9f0e-2b8f4f3f8a11"
TWO = "6b7a1c52-3a75-4a52-9f0e-2b8f4f3f8a22"
TASK: dict[str, Any] = {
    "taskType": "videoInference",
    "taskUUID": ONE,
    "model": "klingai:kling@o1-standard",
    "positivePrompt": "a kite over dunes",
    "width": 1280,
    "height": 720,
}
THREE = "6b7a1c52-3a75-4a52-9f0e-2b8f4f3f8a33"
ACCEPTED = {"taskType": "videoInference", "taskUUID": ONE}
DOCS = "https://runware.ai/docs/models/klingai-video-o1-standard#request-"
PNG = b"\x89PNG\r\n\x1a\nnot really"
HOOK = "http://receiver.test/hook"


def _send(house: House, *tasks: object, **more: Any) -> httpx.Response:
    return house.post(URL, list(tasks), **more)


def _poll(house: House, task_id: str = ONE) -> Any:
    answer = _send(house, {"taskType": "getResponse", "taskUUID": task_id})
    assert answer.status_code == 200
    return answer.json()


def _item(answer: httpx.Response) -> Any:
    assert answer.status_code == 200, answer.text
    assert set(answer.json()) == {"data"}
    (item,) = answer.json()["data"]
    return item


def _error(answer: httpx.Response, status: int = 400) -> Any:
    assert answer.status_code == status, answer.text
    assert answer.json()["data"] == []
    (error,) = answer.json()["errors"]
    return error


def _asking(prompt: str) -> dict[str, Any]:
    return TASK | {"positivePrompt": f"a kite [[vidmock: {prompt}]]"}


def test_a_rule_over_several_parameters_names_them_all_and_is_documented_with_the_first(house: House) -> None:
    frames = {"inputs": {"frameImages": ["https://pictures.example/cat.png"]}}
    error = _error(_send(house, TASK | frames))
    assert error["code"] == "incompatibleParameters"
    assert error["parameter"] == ["inputs.frameImages", "inputs.referenceImages", "width", "height"]
    assert error["documentation"] == DOCS + "inputs-frameimages"


@pytest.mark.parametrize(
    ("change", "code", "limits"),
    [
        ({"duration": 7}, "unsupportedDuration", {"type": "integer", "allowedValues": [5, 10]}),
        ({"height": 721}, "unsupportedModelResolution", {"allowedValues": ["1280x720", "960x960", "720x1280"]}),
        ({"numberResults": 9}, "valueTooLarge", {"type": "integer", "min": 1, "max": 4}),
        ({"ttl": 59}, "valueTooSmall", {"type": "integer", "min": 60}),
        ({"outputFormat": "GIF"}, "invalidOutputFormat", {"allowedValues": ["MP4", "WEBM", "MOV"]}),
        ({"deliveryMethod": "sync"}, "invalidDeliveryMethod", {"allowedValues": ["async"]}),
        ({"deliveryMethod": "stream"}, "invalidDeliveryMethod", {"allowedValues": ["async"]}),
    ],
    ids=["duration", "size", "many", "ttl", "format", "sync", "stream"],
)
def test_an_error_says_what_would_be_right(
    house: House, change: dict[str, Any], code: str, limits: dict[str, Any]
) -> None:
    error = _error(_send(house, TASK | change))
    assert error["code"] == code
    assert {key: error[key] for key in limits} == limits


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ("no_balance", 402, "insufficientCredits"),
        ("locked", 403, "accountSuspended"),
        ("rate_limit", 429, "rateLimitExceeded"),
        ("internal", 500, "internalServerError"),
        ("unavailable", 503, "serviceUnavailable"),
        ("upstream_timeout", 504, "timeoutProvider"),
    ],
)
def test_each_trouble_at_submission_has_its_code(house: House, fault: str, status: int, code: str) -> None:
    error = _error(_send(house, _asking(f"{fault} at=before")), status)
    assert (error["code"], error["taskUUID"], error["taskType"]) == (code, ONE, "videoInference")
    assert house.world().jobs == {}


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("fail", "inferenceError"),
        ("fail=upstream", "providerError"),
        ("fail=upstream_timeout", "timeoutProvider"),
        ("fail=download", "downloadFailed"),
        ("fail=no_media", "processingFailed"),
        ("fail=modelUnavailable", "modelUnavailable"),
        ("cancelled", "taskCancelled"),
    ],
)
def test_a_failed_generation_is_an_error_in_a_good_answer_and_costs_nothing(
    house: House, fault: str, code: str
) -> None:
    _send(house, _asking(fault))
    house.advance(3)
    answer = _poll(house)
    assert answer["data"] == []
    (error,) = answer["errors"]
    beside = find_error(code, "runware").beside
    assert error == ACCEPTED | {"code": code, "message": error["message"], "status": "error", **beside}
    assert house.world().ledger.spent == 0


REFUSED = {
    "code": "invalidProviderContent",
    "message": "Invalid content detected. The generated content was flagged and rejected by Kling AI's content "
    "moderation system.",
    "responseContent": "Failure to pass the risk control system",
    "status": "error",
}


@pytest.mark.parametrize("asked", ["moderated", "error=invalidProviderContent", "fail=invalidProviderContent"])
@pytest.mark.parametrize("phase", ["before", "poll"])
@pytest.mark.parametrize("status", ["200", "400"])
def test_refused_content_fails_the_task_for_good_and_costs_nothing(
    houses: Callable[..., House], asked: str, phase: str, status: str
) -> None:
    house = houses(behaviours={"runware.refused_poll": status})
    assert _send(house, _asking(f"{asked} at={phase}")).json() == {"data": [ACCEPTED]}
    house.advance(3 if phase == "before" else 1.5)
    for _ in range(2):
        answer = _send(house, {"taskType": "getResponse", "taskUUID": ONE})
        assert (answer.status_code, answer.json()) == (int(status), {"data": [], "errors": [ACCEPTED | REFUSED]})
        house.advance(60)
    assert house.world().ledger.spent == 0


def test_a_failure_can_be_an_item_with_its_error(houses: Callable[..., House]) -> None:
    house = houses(behaviours={"runware.failed": "data"})
    _send(house, _asking("fail=upstream"))
    house.advance(3)
    (item,) = _poll(house)["data"]
    assert (item["status"], item["error"]["code"]) == ("error", "providerError")


def test_the_timeouts_code_has_two_spellings(houses: Callable[..., House]) -> None:
    house = houses(behaviours={"runware.timeout_code": "providerTimeout"})
    assert _error(_send(house, _asking("upstream_timeout at=before")), 504)["code"] == "providerTimeout"
    _send(house, _asking("fail=upstream_timeout") | {"taskUUID": TWO})
    house.advance(3)
    assert _poll(house, TWO)["errors"][0]["code"] == "providerTimeout"


def test_polls_can_name_themselves_and_hide_ids(houses: Callable[..., House]) -> None:
    house = houses(behaviours={"runware.poll_type": "getResponse", "runware.processing": "bare"})
    _send(house, TASK)
    assert _poll(house) == {"data": [{"taskType": "getResponse", "taskUUID": ONE, "status": "processing"}]}


def test_an_unknown_task_can_be_an_error(houses: Callable[..., House]) -> None:
    house = houses(behaviours={"runware.unknown_task": "error"})
    error = _error(_send(house, {"taskType": "getResponse", "taskUUID": TWO}), 404)
    assert (error["code"], error["taskUUID"]) == ("taskNotFound", TWO)


def test_an_unknown_model_has_two_codes(houses: Callable[..., House]) -> None:
    house = houses(behaviours={"runware.unknown_model": "modelNotFound"})
    assert _error(_send(house, TASK | {"model": "klingai:kling@o2"}))["code"] == "modelNotFound"


def test_an_id_can_be_free_again_once_its_task_has_ended(houses: Callable[..., House]) -> None:
    house = houses(behaviours={"runware.duplicate": "running"})
    _send(house, TASK)
    first = _poll(house)["data"][0]["videoUUID"]
    assert _error(_send(house, TASK))["code"] == "conflictTaskUUID"
    house.advance(3)
    assert _item(_send(house, TASK)) == ACCEPTED
    assert _poll(house)["data"][0]["videoUUID"] != first
    assert house.world().ledger.jobs == 2


@pytest.mark.parametrize(
    ("safety", "told"),
    [
        ({"checkContent": True}, True),
        ({"mode": "fast"}, True),
        ({"mode": "full", "checkContent": False}, True),
        ({"mode": "none", "checkContent": True}, False),
        ({"checkContent": False}, False),
        ({}, False),
    ],
    ids=["on", "fast", "mode wins on", "mode wins off", "off", "empty"],
)
def test_the_verdict_on_content_is_told_where_it_was_asked_for(
    house: House, safety: dict[str, Any], told: bool
) -> None:
    _send(house, TASK | {"safety": safety})
    house.advance(3)
    (item,) = _poll(house)["data"]
    assert ("NSFWContent" in item) == told
    assert item.get("NSFWContent", False) is False


def test_a_video_with_a_ttl_is_gone_after_it_and_its_task_is_not(house: House) -> None:
    _send(house, TASK | {"ttl": 60})
    house.advance(3)
    (item,) = _poll(house)["data"]
    house.advance(59)
    assert house.get(item["videoURL"]).status_code == 200
    house.advance(1)
    assert house.get(item["videoURL"]).status_code == 404
    assert _poll(house)["data"] == [item]


def test_the_details_of_a_task_are_its_batch_and_its_last_answer(house: House) -> None:
    batch = [TASK, TASK | {"taskUUID": TWO, "duration": 99}]
    _send(house, *batch)
    ask = {"taskType": "getTaskDetails", "taskUUID": ONE}
    named = {"taskType": "getTaskDetails", "taskUUID": ONE, "request": batch}
    assert _item(_send(house, ask)) == named | {"response": _poll(house)}
    house.advance(3)
    assert _item(_send(house, ask)) == named | {"response": _poll(house)}
    refused = _send(house, TASK).json()["errors"]
    assert _item(_send(house, ask)) == named | {"response": {"errors": refused}}
    polled = _poll(house)
    assert polled["data"][0]["status"] == "success"
    assert _item(_send(house, ask)) == named | {"response": polled}


def test_the_details_never_hold_the_key(house: House) -> None:
    _send(house, {"taskType": "authentication", "apiKey": "a-key"}, TASK, key=None)
    assert _item(_send(house, {"taskType": "getTaskDetails", "taskUUID": ONE}))["request"] == [TASK]


def test_there_are_no_details_of_an_unknown_task(house: House) -> None:
    assert _error(_send(house, {"taskType": "getTaskDetails", "taskUUID": TWO}), 404)["code"] == "taskNotFound"


def test_a_failed_details_envelope_holds_the_errors(house: House) -> None:
    _send(house, _asking("fail"))
    house.advance(3)
    response = _item(_send(house, {"taskType": "getTaskDetails", "taskUUID": ONE}))["response"]
    assert [error["code"] for error in response["errors"]] == ["inferenceError"]


def test_a_dry_run_checks_and_does_nothing(house: House) -> None:
    answer = house.post(f"{URL}?dryRun=1", [TASK, TASK | {"taskUUID": TWO, "duration": 99}])
    assert answer.json()["data"] == [ACCEPTED]
    assert answer.json()["errors"][0]["taskUUID"] == TWO
    assert house.world().jobs == {}
    assert _item(house.post(f"{URL}?dryRun=0", [TASK])) == ACCEPTED
    assert list(house.world().jobs) == [ONE]


@pytest.mark.parametrize("form", ["base64", "data URI"])
def test_an_uploaded_image_is_served_and_can_be_used(house: House, form: str) -> None:
    text = base64.b64encode(PNG).decode()
    source = text if form == "base64" else f"data:image/png;base64,{text}"
    item = _item(_send(house, {"taskType": "imageUpload", "taskUUID": TWO, "image": source}))
    assert set(item) == {"taskType", "taskUUID", "imageUUID", "imageURL"}
    file = house.get(item["imageURL"], key=None)
    assert (file.content, file.headers["content-type"]) == (PNG, "image/png")
    task = {key: value for key, value in TASK.items() if key not in ("width", "height")}
    for task_id, given in ((ONE, item["imageUUID"]), (THREE, item["imageURL"])):
        used = task | {"taskUUID": task_id, "inputs": {"frameImages": [given]}}
        assert _item(_send(house, used)) == ACCEPTED | {"taskUUID": task_id}


def _bare(data: bytes) -> str:
    return base64.b64encode(data).decode()


HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"
AVIF = b"\0\0\0\x18ftypavif\0\0\0\0mif1avif"
MATROSKA = b"\x1a\x45\xdf\xa3\x8b\x42\x82\x88matroska"


@pytest.mark.parametrize(
    ("source", "media_type", "suffix"),
    [
        (_bare(b"\0\0\0\x18ftypisom rest"), "video/mp4", "mp4"),
        (_bare(MATROSKA), "video/matroska", "mkv"),
        (_bare(HEIC), "image/heic", "heic"),
        (_bare(AVIF), "image/avif", "avif"),
        (_bare(b"glTF\2\0\0\0\x0c\0\0\0"), "model/gltf-binary", "glb"),
        ("data:image/heic;base64,AAAA", "image/heic", "heic"),
        ("data:video/webm;base64,AAAA", "video/webm", "webm"),
        ("data:audio/mpeg;base64,AAAA", "audio/mpeg", "mp3"),
        ("data:model/obj;base64,AAAA", "model/obj", "bin"),
        ("https://elsewhere.example/a%20clip.MOV?x=1", "video/quicktime", "mov"),
        ("https://elsewhere.example/picture", "image/png", "png"),
    ],
    ids=["mp4", "mkv", "heic", "avif", "glb", "declared", "webm", "audio", "3d", "url of a clip", "url of a picture"],
)
def test_media_is_stored_and_deleted(house: House, source: str, media_type: str, suffix: str) -> None:
    ask = {"taskType": "mediaStorage", "taskUUID": TWO}
    item = _item(_send(house, ask | {"operation": "upload", "media": source}))
    stored = item["mediaUUID"]
    named = ask | {"mediaUUID": stored}
    url = rf"http://mock\.test/runware/media/{media_type.partition('/')[0]}/ii/{stored}\.{suffix}"
    assert item == named | {"operation": "upload", "mediaURL": item["mediaURL"]}
    assert re.fullmatch(url, item["mediaURL"])
    assert house.get(item["mediaURL"]).headers["content-type"] == media_type
    other = _error(_send(house, ask | {"operation": "delete", "media": stored}, key="another-key"))
    assert (other["code"], other["parameter"]) == ("invalidMedia", "media")
    drop = ask | {"taskUUID": ONE, "operation": "delete", "media": stored}
    assert _item(_send(house, drop)) == named | {"taskUUID": ONE, "operation": "delete"}
    assert house.get(item["mediaURL"]).status_code == 404


def test_the_type_of_a_file_is_told_in_one_spelling(house: House) -> None:
    ask = {"taskType": "imageUpload", "taskUUID": TWO, "image": "data:image/JPG;base64,AAAA"}
    url = _item(_send(house, ask))["imageURL"]
    assert url.endswith(".jpg")
    assert house.get(url).headers["content-type"] == "image/jpeg"


@pytest.mark.parametrize(
    ("task", "why"),
    [
        (
            {"taskType": "imageUpload", "image": _bare(HEIC)},
            "It must be one of jpg, png, webp, bmp, gif, not heic.",
        ),
        (
            {"taskType": "imageUpload", "image": _bare(MATROSKA)},
            "It must be an image, not video/matroska.",
        ),
        (
            {"taskType": "mediaStorage", "operation": "upload", "media": _bare(b"<html>a page</html>")},
            "It is of no known file type; say which as data:<type>;base64,…",
        ),
    ],
    ids=["heic", "matroska", "page"],
)
def test_a_file_that_is_not_taken_is_called_what_it_is(house: House, task: dict[str, Any], why: str) -> None:
    error = _error(_send(house, task | {"taskUUID": ONE}))
    assert error["message"] == f"Invalid value for '{error['parameter']}' parameter. {why}"


def test_what_stands_in_for_a_clip_elsewhere_is_a_clip(house: House) -> None:
    ask = {"taskType": "mediaStorage", "taskUUID": TWO, "operation": "upload", "media": "https://clips.example/a.mp4"}
    assert probe(house.get(_item(_send(house, ask))["mediaURL"]).content).seconds == 6


def test_a_file_of_ours_is_stored_as_it_is(house: House) -> None:
    _send(house, TASK)
    house.advance(3)
    url = _poll(house)["data"][0]["videoURL"]
    ask = {"taskType": "mediaStorage", "taskUUID": TWO, "operation": "upload"}
    copy = _item(_send(house, ask | {"media": url}))["mediaURL"]
    again = _item(_send(house, ask | {"taskUUID": THREE, "media": copy}))["mediaURL"]
    assert house.get(url).content == house.get(copy).content == house.get(again).content


@pytest.mark.parametrize("given", ["imageUUID", "imageURL"])
def test_a_file_is_kept_for_30_days_after_it_was_last_used(house: House, given: str) -> None:
    image = base64.b64encode(PNG).decode()
    stored = _item(_send(house, {"taskType": "imageUpload", "taskUUID": TWO, "image": image}))
    day = 24 * 3600.0
    house.advance(29 * day)
    used = {key: value for key, value in TASK.items() if key not in ("width", "height")}
    _item(_send(house, used | {"inputs": {"referenceImages": [stored[given]]}, "width": 1280, "height": 720}))
    house.advance(29 * day)
    # To fetch it is not to use it.
    assert house.get(stored["imageURL"]).status_code == 200
    house.advance(day)
    assert house.get(stored["imageURL"]).status_code == 404


@pytest.mark.parametrize(
    ("task", "code"),
    [
        ({"taskType": "imageUpload", "image": "no base64!"}, "invalidImage"),
        ({"taskType": "imageUpload", "image": ""}, "invalidImage"),
        ({"taskType": "imageUpload", "image": "AAAAAAAA"}, "invalidImage"),
        ({"taskType": "imageUpload", "image": 5}, "invalidImage"),
        ({"taskType": "imageUpload", "image": "data:video/mp4;base64,AAAA"}, "invalidImage"),
        ({"taskType": "imageUpload", "image": "data:image/png;base64,"}, "invalidImage"),
        ({"taskType": "imageUpload", "image": "ftp://pictures.example/a.png"}, "invalidImage"),
        ({"taskType": "imageUpload"}, "invalidImage"),
        ({"taskType": "mediaStorage", "operation": "move", "media": "x"}, "invalidOperation"),
        ({"taskType": "mediaStorage", "media": "x"}, "invalidOperation"),
        ({"taskType": "mediaStorage", "operation": "upload", "media": []}, "invalidMedia"),
        ({"taskType": "mediaStorage", "operation": "delete", "media": ONE}, "invalidMedia"),
        ({"taskType": "accountManagement", "operation": "getUsageErrors"}, "invalidOperation"),
        ({"taskType": "modelSearch", "search": 5}, "invalidSearch"),
        ({"taskType": "modelSearch", "limit": -1}, "invalidLimit"),
        ({"taskType": "modelSearch", "offset": True}, "invalidOffset"),
    ],
    ids=lambda value: json.dumps(value) if isinstance(value, dict) else "",
)
def test_a_utility_task_that_makes_no_sense_names_what_is_wrong(house: House, task: dict[str, Any], code: str) -> None:
    error = _error(_send(house, task | {"taskUUID": ONE}))
    assert (error["code"], error["taskType"], error["taskUUID"]) == (code, task["taskType"], ONE)


UTILITIES: list[dict[str, Any]] = [
    {"taskType": "imageUpload", "image": "https://pictures.example/a.png"},
    {"taskType": "mediaStorage", "operation": "upload", "media": "https://clips.example/a.mp4"},
    {"taskType": "accountManagement", "operation": "getDetails"},
    {"taskType": "modelSearch"},
    {"taskType": "getTaskDetails"},
]


@pytest.mark.parametrize("task", UTILITIES, ids=lambda task: task["taskType"])
def test_a_utility_task_takes_only_its_own_parameters_and_a_uuid(house: House, task: dict[str, Any]) -> None:
    answer = _send(house, task | {"taskUUID": "one", "colour": "red"})
    assert answer.status_code == 400
    colour, uuid = answer.json()["errors"]
    assert (colour["code"], colour["parameter"], uuid["code"]) == ("unsupportedParameter", "colour", "invalidTaskUUID")


@pytest.mark.parametrize("task", UTILITIES[:4], ids=lambda task: task["taskType"])
def test_the_id_of_a_utility_task_is_no_other_tasks(house: House, task: dict[str, Any]) -> None:
    assert _send(house, TASK).status_code == 200
    assert _error(_send(house, task | {"taskUUID": TASK["taskUUID"]}))["code"] == "conflictTaskUUID"
    twice = _send(house, task | {"taskUUID": TWO}, task | {"taskUUID": TWO})
    assert [error["code"] for error in twice.json()["errors"]] == ["conflictTaskUUID"] * 2
    assert _send(house, task | {"taskUUID": TWO}).status_code == 200


@pytest.mark.parametrize("task", UTILITIES[:4], ids=lambda task: task["taskType"])
def test_an_id_of_an_earlier_utility_task_is_taken_for_good(house: House, task: dict[str, Any]) -> None:
    assert _send(house, task | {"taskUUID": TWO, "colour": "blue"}).status_code == 400
    assert _send(house, task | {"taskUUID": TWO}, params={"dryRun": 1}).status_code == 200
    assert _send(house, task | {"taskUUID": TWO}).status_code == 200, "neither a refused task nor a dry run took it"
    for again in (task, TASK):
        error = _error(_send(house, again | {"taskUUID": TWO}))
        assert (error["code"], error["taskUUID"]) == ("conflictTaskUUID", TWO)
    assert house.world().jobs == {}


def test_an_id_is_free_again_once_its_task_has_ended_where_that_is_asked_for(houses: Callable[..., House]) -> None:
    house = houses(behaviours={"runware.duplicate": "running"})
    (ask,) = (task for task in UTILITIES if task["taskType"] == "modelSearch")
    for task in (ask, ask, TASK):
        assert _send(house, task | {"taskUUID": ONE}).status_code == 200
    assert _error(_send(house, ask | {"taskUUID": ONE}))["code"] == "conflictTaskUUID"
    house.advance(60)
    assert _send(house, ask | {"taskUUID": ONE}).status_code == 200


@pytest.mark.parametrize(
    ("ask", "found"),
    [
        ({"source": "official", "category": "checkpoint", "architecture": "klingai", "visibility": "public"}, 2),
        ({"source": "community"}, 0),
        ({"source": ""}, 4),
        ({"category": "lora"}, 0),
        ({"type": "base"}, 0),
        ({"visibility": "private"}, 0),
        ({"architecture": "sdxl"}, 0),
        ({"capabilities": ["io:text-to-video"]}, 2),
        ({"capabilities": ["io:text-to-image"], "architecture": "flux-1-dev"}, 1),
        ({"capabilities": ["io:text-to-video", "io:text-to-image"]}, 0),
        ({"tags": ["anime"]}, 0),
        ({"tags": []}, 4),
        ({"sort": "-name"}, 4),
    ],
    ids=str,
)
def test_a_search_is_narrowed_by_each_filter(house: House, ask: dict[str, Any], found: int) -> None:
    item = _item(_send(house, {"taskType": "modelSearch", "taskUUID": TWO} | ask))
    names = [result["name"] for result in item["results"]]
    assert item["totalResults"] == len(names) == found
    assert "sort" not in ask or names == sorted(names, reverse=ask["sort"] == "-name")


@pytest.mark.parametrize(
    ("ask", "code"),
    [
        ({"source": "elsewhere"}, "invalidSource"),
        ({"category": "video"}, "invalidCategory"),
        ({"sort": "size"}, "invalidSort"),
        ({"capabilities": "io:text-to-video"}, "invalidCapabilities"),
        ({"tags": [5]}, "invalidTags"),
    ],
    ids=str,
)
def test_a_filter_that_there_is_not_is_refused(house: House, ask: dict[str, Any], code: str) -> None:
    assert _error(_send(house, {"taskType": "modelSearch", "taskUUID": TWO} | ask))["code"] == code


def test_the_balance_is_what_is_left_of_the_budget(houses: Callable[..., House]) -> None:
    ask = {"taskType": "accountManagement", "taskUUID": TWO, "operation": "getDetails"}
    for more, balance in (
        ({}, {"amount": 4.58, "currency": "USD", "freeBalance": 0}),
        ({"behaviours": {"runware.balance": "number"}}, 4.58),
    ):
        house = houses(budget=Decimal("5.00"), **more)
        assert _send(house, TASK).status_code == 200
        assert _item(_send(house, ask))["balance"] == balance


@pytest.mark.parametrize("kind", ["getResponse", "getTaskDetails", "imageUpload", "accountManagement", "modelSearch"])
def test_every_utility_but_the_ping_needs_an_id(house: House, kind: str) -> None:
    more = {"accountManagement": {"operation": "getDetails"}, "imageUpload": {"image": base64.b64encode(PNG).decode()}}
    whole = {"taskType": kind} | more.get(kind, {})
    assert _error(_send(house, whole))["code"] == "invalidTaskUUID"


def test_the_account_tells_what_was_spent(house: House) -> None:
    _send(house, TASK)
    ask = {"taskType": "accountManagement", "operation": "getDetails"}
    item = _item(_send(house, ask | {"taskUUID": TWO}))
    one = {"credits": 0.42, "requests": 1}
    assert item["usage"] == {"total": one, "today": one, "last7Days": one, "last30Days": one}
    house.advance(8 * 24 * 3600)
    later = _item(_send(house, {"taskType": "accountManagement", "taskUUID": THREE, "operation": "getDetails"}))[
        "usage"
    ]
    assert [later[name]["requests"] for name in ("total", "today", "last7Days", "last30Days")] == [1, 0, 0, 1]
    assert (item["organizationName"], item["team"], item["apiKeys"]) == ("vidmock", [], [])


@pytest.mark.parametrize(
    ("ask", "total", "found"),
    [
        ({}, 4, ["klingai:kling@o1", "klingai:kling@o1-standard", "runware:100@1", "runware:101@1"]),
        ({"search": "STANDARD"}, 1, ["klingai:kling@o1-standard"]),
        ({"limit": 1, "offset": 1}, 4, ["klingai:kling@o1-standard"]),
        ({"search": "no such thing"}, 0, []),
    ],
    ids=["all", "text", "page", "none"],
)
def test_models_are_found(house: House, ask: dict[str, Any], total: int, found: list[str]) -> None:
    item = _item(_send(house, {"taskType": "modelSearch", "taskUUID": TWO} | ask))
    assert item["totalResults"] == total
    assert [result["air"] for result in item["results"]] == found


def test_the_file_is_put_to_the_upload_endpoint_once_and_still_has_a_url(house: House) -> None:
    house.receiver.statuses = [500]
    _send(house, TASK | {"uploadEndpoint": "http://bucket.test/clip.mov?signature=1", "outputFormat": "MOV"})
    house.advance(60)
    (message,) = house.receiver.messages
    assert (message.method, message.url) == ("PUT", "http://bucket.test/clip.mov?signature=1")
    assert dict(message.headers)["content-type"] == "video/quicktime"
    assert message.body == house.get(_poll(house)["data"][0]["videoURL"]).content


def test_nothing_is_uploaded_of_a_failure(house: House) -> None:
    _send(house, _asking("fail") | {"uploadEndpoint": "http://bucket.test/clip"})
    house.advance(3)
    assert house.receiver.messages == []


@pytest.mark.parametrize("fault", ["fail=upstream", "cancelled"])
def test_a_failure_is_told_to_the_webhook_for_each_result(house: House, fault: str) -> None:
    _send(house, _asking(fault) | {"webhookURL": HOOK, "numberResults": 2})
    house.advance(3)
    bodies = [json.loads(message.body) for message in house.receiver.messages]
    assert bodies == [{"errors": [error]} for error in _poll(house)["errors"]]
    assert len(bodies) == 2


def test_a_batch_can_be_made_in_part_and_only_that_part_is_paid(house: House) -> None:
    hooks = {"webhookURL": HOOK, "uploadEndpoint": "http://bucket.test/clip"}
    _send(house, _asking("partial=2 code=moderated") | {"numberResults": 3, "includeCost": True} | hooks)
    house.advance(3)
    answer = _poll(house)
    assert [item["cost"] for item in answer["data"]] == [0.42, 0.42]
    assert [error["code"] for error in answer["errors"]] == ["invalidProviderContent"]
    assert house.world().ledger.spent == Decimal("0.84")
    told = [json.loads(message.body) for message in house.receiver.messages if message.method == "POST"]
    assert sorted(told, key=str) == [
        *sorted(({"data": [item]} for item in answer["data"]), key=str),
        {"errors": answer["errors"]},
    ]
    assert sum(message.method == "PUT" for message in house.receiver.messages) == 2
    made = {house.get(item["videoURL"]).status_code for item in answer["data"]}
    missing = [output for output in house.world().jobs[ONE].outputs if output.failure]
    lost = {house.get(f"/runware/media{media_path(output)}").status_code for output in missing}
    assert (made, lost) == ({200}, {404})


def test_webhooks_can_be_flat(houses: Callable[..., House]) -> None:
    house = houses(behaviours={"runware.webhook": "flat"})
    _send(house, TASK | {"webhookURL": HOOK})
    _send(house, _asking("fail") | {"webhookURL": HOOK, "taskUUID": TWO})
    house.advance(3)
    bodies = [json.loads(message.body) for message in house.receiver.messages]
    assert bodies == [_poll(house)["data"][0], _poll(house, TWO)["errors"][0]]


def test_a_webhook_is_tried_until_the_distance_is_eight_seconds(house: House) -> None:
    house.receiver.statuses = [500]
    _send(house, TASK | {"webhookURL": HOOK})
    house.advance(60)
    (delivery,) = house.world().outbox
    began = delivery.attempts[0].at
    assert [attempt.at - began for attempt in delivery.attempts] == [0, 0.25, 0.75, 1.75, 3.75, 7.75, 15.75]
    assert set(house.receiver.timeouts) == {5.0}
    assert len({message.body for message in house.receiver.messages}) == 1


def test_the_first_fault_of_a_batch_is_the_one_that_its_answer_suffers(house: House) -> None:
    answer = _send(house, _asking("edge_page at=after"), TASK | {"taskUUID": TWO})
    assert answer.status_code == 502
    assert list(house.world().jobs) == [ONE, TWO]


def test_a_clients_own_words_come_back_cut(house: House) -> None:
    long = "x" * 100_000
    answer = _send(
        house,
        {"taskType": long, "taskUUID": long},
        TASK | {"model": long},
        TASK | {long: 1},
        TASK | {"outputFormat": long},
    )
    assert answer.status_code == 400
    assert len(answer.content) < 5_000


@pytest.mark.parametrize("said", ["mov", "WebM", "mp4"])
def test_a_format_in_lower_case_is_taken_unless_capitals_are_wanted(houses: Callable[..., House], said: str) -> None:
    house = houses()
    _send(house, TASK | {"outputFormat": said})
    house.advance(60)
    assert _poll(house)["data"][0]["videoURL"].endswith(f".{said.lower()}")
    (judged,) = next(iter(house.world().journal)).judged
    assert (judged.violations, [lint.path for lint in judged.lints]) == ((), [("outputFormat",)])
    strict = houses(behaviours={"runware.output_format": "capitals"})
    error = _error(_send(strict, TASK | {"outputFormat": said}))
    assert (error["code"], error["allowedValues"]) == ("invalidOutputFormat", ["MP4", "WEBM", "MOV"])
    assert _send(strict, TASK | {"outputFormat": said.upper()}).status_code == 200
