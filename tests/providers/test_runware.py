"""Runware's one route on the wire: batches, polls, errors for each task."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from vidmock.engine.time.mode import Mode

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
ACCEPTED = {"taskType": "videoInference", "taskUUID": ONE}


def _send(house: House, *tasks: object, **more: Any) -> httpx.Response:
    return house.post(URL, list(tasks), **more)


def _poll(house: House, task_id: str = ONE) -> Any:
    answer = _send(house, {"taskType": "getResponse", "taskUUID": task_id})
    assert answer.status_code == 200
    assert set(answer.json()) == {"data"}
    return answer.json()["data"]


def _only_error(answer: httpx.Response, status: int) -> Any:
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert body["data"] == []
    (error,) = body["errors"]
    assert error["code"]
    assert error["message"]
    return error


def test_a_task_from_submission_to_its_video(house: House) -> None:
    answer = _send(house, TASK)
    assert (answer.status_code, answer.json()) == (200, {"data": [ACCEPTED]})
    for seconds in (0, 1):
        house.advance(seconds)
        (item,) = _poll(house)
        assert item == ACCEPTED | {"status": "processing", "videoUUID": item["videoUUID"]}
    house.advance(2)
    (done,) = _poll(house)
    video = done["videoUUID"]
    assert video == item["videoUUID"], "the id of a result is stable between polls"
    assert done == ACCEPTED | {
        "status": "success",
        "videoUUID": video,
        "videoURL": done["videoURL"],
        "seed": done["seed"],
    }
    assert re.fullmatch(
        rf"http://mock\.test/runware/media/video/os/a\d\dd\d\d/ws/5/vi/{re.escape(video)}\.mp4", done["videoURL"]
    )
    assert house.get(done["videoURL"], key=None).content[4:8] == b"ftyp"
    assert _poll(house) == [done]


@pytest.mark.parametrize("path", ["/runware/v1", "/runware/v1/"])
def test_the_route_is_found_with_and_without_a_slash(house: House, path: str) -> None:
    assert house.post(path, [TASK]).json() == {"data": [ACCEPTED]}


def test_several_results_are_one_acknowledgement_and_one_item_each(house: House) -> None:
    answer = _send(house, TASK | {"numberResults": 3, "includeCost": True})
    assert answer.json() == {"data": [ACCEPTED]}
    house.advance(3)
    items = _poll(house)
    assert [item["cost"] for item in items] == [0.42] * 3
    assert len({item["videoUUID"] for item in items}) == len({item["seed"] for item in items}) == 3
    assert house.world().ledger.spent == Decimal("1.26")


@pytest.mark.parametrize("asked", [False, None], ids=["false", "absent"])
def test_the_cost_is_told_only_to_those_who_ask(house: House, asked: bool | None) -> None:
    _send(house, TASK if asked is None else TASK | {"includeCost": asked})
    house.advance(3)
    (item,) = _poll(house)
    assert "cost" not in item
    assert house.world().ledger.spent > 0


@pytest.mark.parametrize(("wanted", "kind"), [("MP4", b"ftyp"), ("MOV", b"ftyp"), ("WEBM", b"")])
def test_the_file_is_of_the_format_that_was_asked_for(house: House, wanted: str, kind: bytes) -> None:
    _send(house, TASK | {"outputFormat": wanted})
    house.advance(3)
    (item,) = _poll(house)
    assert item["videoURL"].endswith("." + wanted.lower())
    answer = house.get(item["videoURL"])
    types = {"MP4": "video/mp4", "MOV": "video/quicktime", "WEBM": "video/webm"}
    assert answer.headers["content-type"] == types[wanted]
    assert kind in answer.content[:12]


def test_a_mixed_batch_is_200_with_both_outcomes(house: House) -> None:
    answer = _send(house, TASK, TASK | {"taskUUID": TWO, "duration": 99}, {"taskType": "ping", "ping": True})
    assert answer.status_code == 200
    body = answer.json()
    assert body["data"] == [ACCEPTED, {"taskType": "ping", "pong": True}]
    (error,) = body["errors"]
    assert (error["taskUUID"], error["taskType"]) == (TWO, "videoInference")
    assert (error["code"], error["parameter"], error["allowedValues"]) == ("unsupportedDuration", "duration", [5, 10])
    assert list(house.world().jobs) == [ONE]


def test_a_batch_that_failed_altogether_has_the_status_of_its_first_error(house: House) -> None:
    answer = _send(house, TASK | {"positivePrompt": "x"}, {"taskType": "nothing", "taskUUID": TWO})
    assert answer.status_code == 400
    assert [error["taskUUID"] for error in answer.json()["errors"]] == [ONE, TWO]
    assert answer.json()["data"] == []


@pytest.mark.parametrize(
    ("change", "code", "parameter"),
    [
        ({"positivePrompt": "x"}, "invalidPositivePromptLength", "positivePrompt"),
        ({"duration": 5.0}, None, "duration"),
        ({"width": 1279}, None, None),
        ({"seed": 7}, "unsupportedParameter", "seed"),
        ({"outputFormat": "GIF"}, None, "outputFormat"),
        ({"taskUUID": "not-a-uuid"}, "invalidTaskUUID", "taskUUID"),
        ({"providerSettings": {"google": {}}}, "mismatchProviderSettingsProvider", None),
        ({"inputs": {"frameImages": 5}}, None, "inputs.frameImages"),
    ],
    ids=["prompt", "float", "width", "unknown", "format", "uuid", "provider", "nested"],
)
def test_bad_input_is_refused_at_once_with_what_is_wrong_and_where_it_is_written(
    house: House, change: dict[str, Any], code: str | None, parameter: str | None
) -> None:
    error = _only_error(_send(house, TASK | change), 400)
    assert error["taskType"] == "videoInference"
    assert code is None or error["code"] == code
    assert parameter is None or error["parameter"] == parameter
    assert re.fullmatch(
        r"https://runware\.ai/docs/models/klingai-video-o1-standard#request-[a-z-]+", error["documentation"]
    )
    assert house.world().jobs == {}
    assert house.world().ledger.jobs == 0


@pytest.mark.parametrize("name", ["positivePrompt", "taskUUID"])
def test_a_missing_parameter_is_named(house: House, name: str) -> None:
    task = {key: value for key, value in TASK.items() if key != name}
    assert _only_error(_send(house, task), 400)["parameter"] == name


@pytest.mark.parametrize("model", ["klingai:kling@o2", 5, None], ids=["unknown", "number", "null"])
def test_a_model_that_is_not_there(house: House, model: object) -> None:
    error = _only_error(_send(house, TASK | {"model": model}), 400)
    assert (error["code"], error["parameter"], error["taskUUID"]) == ("invalidModel", "model", ONE)


@pytest.mark.parametrize("kind", ["nothing", 5, None, [], {}], ids=["unknown", "number", "null", "array", "object"])
def test_a_task_type_that_is_not_there(house: House, kind: object) -> None:
    error = _only_error(_send(house, {"taskType": kind, "taskUUID": ONE}), 400)
    assert (error["code"], error["parameter"], error["taskUUID"]) == ("unsupportedTaskType", "taskType", ONE)


@pytest.mark.parametrize("task", [5, "ping", None, [TASK]], ids=["number", "string", "null", "array"])
def test_a_task_that_is_no_object_fails_alone(house: House, task: object) -> None:
    body = _send(house, task, TASK).json()
    assert body["data"] == [ACCEPTED]
    assert [error["code"] for error in body["errors"]] == ["invalidRequest"]


@pytest.mark.parametrize("seconds", [0, 3], ids=["running", "finished"])
def test_a_task_id_is_taken_once_and_billed_once(house: House, seconds: float) -> None:
    _send(house, TASK)
    house.advance(seconds)
    error = _only_error(_send(house, TASK), 400)
    assert (error["code"], error["taskUUID"], error["parameter"]) == ("conflictTaskUUID", ONE, "taskUUID")
    assert error["context"] == {"taskType": "videoInference", "taskUUID": ONE, "deliveryMethod": "async"}
    assert house.world().ledger.jobs == 1
    assert _poll(house)


def test_the_same_id_twice_in_one_batch_conflicts_with_itself(house: House) -> None:
    body = _send(house, TASK, TASK).json()
    assert body["data"] == [ACCEPTED]
    assert [error["code"] for error in body["errors"]] == ["conflictTaskUUID"]


def test_an_unknown_task_is_an_empty_answer(house: House) -> None:
    assert _poll(house, TWO) == []


def test_other_providers_jobs_are_unknown_here(house: House) -> None:
    job = house.post("/fal/queue/fal-ai/kling-video/o1/reference-to-video", {"prompt": "x"}).json()["request_id"]
    assert _poll(house, job) == []


@pytest.mark.parametrize("task_id", [5, None], ids=["number", "null"])
def test_a_poll_for_something_that_is_no_id(house: House, task_id: object) -> None:
    error = _only_error(_send(house, {"taskType": "getResponse", "taskUUID": task_id}), 400)
    assert error["code"] == "invalidTaskUUID"


def test_several_polls_in_one_batch(house: House) -> None:
    _send(house, TASK, TASK | {"taskUUID": TWO})
    house.advance(3)
    polls = [{"taskType": "getResponse", "taskUUID": task_id} for task_id in (TWO, ONE)]
    assert [item["taskUUID"] for item in _send(house, *polls).json()["data"]] == [TWO, ONE]


@pytest.mark.parametrize("extra", [{}, {"taskUUID": ONE}], ids=["bare", "with id"])
def test_a_ping_is_answered_without_an_id(house: House, extra: dict[str, str]) -> None:
    answer = _send(house, {"taskType": "ping", "ping": True} | extra)
    assert (answer.status_code, answer.json()) == (200, {"data": [{"taskType": "ping", "pong": True}]})


def test_an_empty_batch_is_an_empty_answer(house: House) -> None:
    assert _send(house).json() == {"data": []}


def test_the_key_may_be_the_first_element(house: House) -> None:
    answer = _send(house, {"taskType": "authentication", "apiKey": "element-key"}, TASK, key=None)
    assert (answer.status_code, answer.json()) == (200, {"data": [ACCEPTED]})
    assert list(house.world("element-key").jobs) == [ONE]


def test_a_key_alone_can_be_checked(house: House) -> None:
    answer = _send(house, {"taskType": "authentication", "apiKey": "element-key"}, key=None)
    assert answer.status_code == 200
    (item,) = answer.json()["data"]
    assert set(item) == {"taskType", "connectionSessionUUID"}


@pytest.mark.parametrize(
    ("headers", "code", "says"),
    [
        ({"authorization": "a-key"}, "invalidApiKey", "Invalid API key. Get one at https://my.runware.ai/signup"),
        ({"authorization": "Key a-key"}, "invalidApiKey", "Invalid API key. Get one at https://my.runware.ai/signup"),
        ({"x-api-key": "a-key"}, "missingApiKey", "Missing API key. Get one at https://my.runware.ai/signup"),
    ],
)
def test_a_key_in_another_form_is_refused(house: House, headers: dict[str, str], code: str, says: str) -> None:
    answer = house.post(URL, [TASK], None, headers=headers)
    error = _only_error(answer, 401)
    assert (error["code"], error["message"]) == (code, says)


@pytest.mark.parametrize(
    ("tasks", "key", "code"),
    [
        ([TASK], None, "missingApiKey"),
        ([TASK], "vidmock-invalid", "invalidApiKey"),
        ([{"taskType": "authentication", "apiKey": "vidmock-invalid"}, TASK], None, "invalidApiKey"),
        ([{"taskType": "authentication"}, TASK], None, "missingApiKey"),
        ([{"taskType": "authentication", "apiKey": 5}, TASK], None, "missingApiKey"),
    ],
    ids=["none", "refused header", "refused element", "element without", "number"],
)
def test_no_key_no_work(house: House, tasks: list[object], key: str | None, code: str) -> None:
    error = _only_error(_send(house, *tasks, key=key), 401)
    assert (error["code"], error["parameter"], error["taskType"]) == (code, "apiKey", "authentication")
    assert "taskUUID" not in error


@pytest.mark.parametrize(
    ("content", "code", "says"),
    [
        (b"", "invalidJSON", "line 1"),
        (b"[{]", "invalidJSON", "line 1, column 3"),
        (b'[{"taskType": NaN}]', "invalidJSON", "NaN is not JSON"),
        (b'[{"a": 1, "a": 2}]', "invalidJSON", "'a' appears twice"),
        (b"{}", "invalidRequest", "array of tasks, not an object"),
        (b'"x"', "invalidRequest", "array of tasks, not a string"),
    ],
    ids=["empty", "cut", "nan", "twice", "object", "string"],
)
def test_a_body_that_is_no_batch_is_refused(house: House, content: bytes, code: str, says: str) -> None:
    error = _only_error(house.post(URL, content=content), 400)
    assert error["code"] == code
    assert says in error["message"]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_wrong_method_is_405(house: House, method: str) -> None:
    assert method in _only_error(house.ask(method, URL), 405)["message"]


@pytest.mark.parametrize("path", ["/runware/v2", "/runware/v1/videoInference", "/runware/media/nowhere"])
def test_an_unknown_path_is_404(house: House, path: str) -> None:
    method = "GET" if "media" in path else "POST"
    _only_error(house.ask(method, path), 404)


def test_an_unknown_file_is_404(house: House) -> None:
    _only_error(house.get("/runware/media/video/os/a01d01/ws/5/vi/nobody.mp4"), 404)


def test_there_is_one_webhook_for_each_result(house: House) -> None:
    _send(house, TASK | {"numberResults": 2, "includeCost": True, "webhookURL": "http://receiver.test/hook?token=1"})
    house.advance(3)
    bodies = [json.loads(message.body) for message in house.receiver.messages]
    assert sorted(bodies, key=str) == sorted(({"data": [item]} for item in _poll(house)), key=str)
    assert {message.url for message in house.receiver.messages} == {"http://receiver.test/hook?token=1"}


def test_under_a_stepped_clock_each_poll_is_one_state_further(houses: Callable[..., House]) -> None:
    house = houses(clock=Mode("step"))
    _send(house, TASK)
    assert [_poll(house)[0]["status"] for _ in range(3)] == ["processing", "processing", "success"]
