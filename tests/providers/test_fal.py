"""fal's queue and synchronous API on the wire."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import aiohttp.web
import pytest

from vidmock.engine.time.mode import Mode
from vidmock.providers.fal.jobs import app_id

if TYPE_CHECKING:
    from tests.conftest import House

ENDPOINT = "fal-ai/kling-video/o1/reference-to-video"
SUBMIT = f"/fal/queue/{ENDPOINT}"
SHORT = "/fal/queue/fal-ai/kling-video/requests"
INPUT: dict[str, Any] = {"prompt": "a kite over dunes"}
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"


def _submit(house: House, body: object = INPUT, **more: Any) -> str:
    answer = house.post(SUBMIT, body, **more)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["request_id"])


@pytest.mark.parametrize(
    ("endpoint", "app"),
    [
        (ENDPOINT, "fal-ai/kling-video"),
        ("fal-ai/flux", "fal-ai/flux"),
        ("workflows/me/mine/run", "workflows/me/mine"),
        ("comfy/me/mine", "comfy/me/mine"),
    ],
)
def test_queue_urls_are_built_from_two_segments_or_three_in_a_namespace(endpoint: str, app: str) -> None:
    assert app_id(endpoint) == app


def test_a_job_from_submission_to_its_video(house: House) -> None:
    answer = house.post(SUBMIT, INPUT)
    accepted = answer.json()
    job = accepted["request_id"]
    base = f"http://mock.test{SHORT}/{job}"
    urls = {"response_url": base, "status_url": f"{base}/status", "cancel_url": f"{base}/cancel"}
    assert re.fullmatch(UUID, job)
    assert answer.headers["x-fal-request-id"] == job
    queued = {"status": "IN_QUEUE", "request_id": job, "queue_position": 0, "logs": None, "metrics": {}} | urls
    assert accepted == queued | {"gateway_request_id": job}

    answer = house.get(accepted["status_url"])
    assert (answer.status_code, answer.json()) == (202, queued)
    house.advance(1)
    answer = house.get(accepted["status_url"])
    running = {key: value for key, value in queued.items() if key != "queue_position"} | {"status": "IN_PROGRESS"}
    assert (answer.status_code, answer.json()) == (202, running)
    answer = house.get(accepted["response_url"])
    assert (answer.status_code, answer.json()) == (400, {"detail": "Request is still in progress"})
    house.advance(2)
    answer = house.get(accepted["status_url"])
    done = running | {"status": "COMPLETED", "metrics": {"inference_time": 2.0}}
    assert (answer.status_code, answer.json()) == (200, done)

    result = house.get(accepted["response_url"])
    assert result.status_code == 200
    assert result.headers["x-fal-request-id"] == job
    assert result.headers["x-fal-billable-units"] == "5"
    (video,) = result.json().values()
    assert set(video) == {"url", "content_type", "file_name", "file_size"}
    assert (video["content_type"], video["file_name"]) == ("video/mp4", "output.mp4")
    assert re.fullmatch(r"http://mock\.test/fal/media/files/b/[a-z]+/[\w-]{21}_output\.mp4", video["url"])
    file = house.get(video["url"], key=None)
    assert len(file.content) == video["file_size"]
    assert file.content[4:8] == b"ftyp"


@pytest.mark.parametrize("flag", ["1", "true"])
def test_logs_are_sent_to_those_who_ask(house: House, flag: str) -> None:
    job = _submit(house)
    house.advance(3)
    logs = house.get(f"{SHORT}/{job}/status?logs={flag}").json()["logs"]
    assert [set(entry) for entry in logs] == [{"message", "level", "source", "timestamp"}] * 2
    assert [entry["timestamp"] for entry in logs] == ["2026-01-01T00:00:01.000000Z", "2026-01-01T00:00:03.000000Z"]


@pytest.mark.parametrize("query", ["", "?logs=0", "?logs=false"])
def test_the_logs_key_is_there_and_null_for_all_others(house: House, query: str) -> None:
    job = _submit(house)
    house.advance(1)
    assert house.get(f"{SHORT}/{job}/status{query}").json()["logs"] is None


def test_a_queued_job_has_no_logs_yet(house: House) -> None:
    assert house.get(f"{SHORT}/{_submit(house)}/status?logs=1").json()["logs"] == []


METHOD_NOT_ALLOWED = aiohttp.web.HTTPMethodNotAllowed("GET", ["POST"]).text
"""What the queue's own web server says, by aiohttp itself."""
TAILS = [("GET", "/status"), ("GET", ""), ("PUT", "/cancel")]


@pytest.mark.parametrize("slash", ["", "/"], ids=["bare", "slash"])
def test_a_trailing_slash_is_the_same_place(house: House, slash: str) -> None:
    job = _submit(house)
    house.advance(3)
    plain = house.get(f"{SHORT}/{job}")
    assert house.get(f"{SHORT}/{job}/status{slash}?logs=1").json()["status"] == "COMPLETED"
    answer = house.get(f"{SHORT}/{job}{slash}")
    assert (answer.status_code, answer.content) == (200, plain.content)
    assert house.ask("PUT", f"{SHORT}/{job}/cancel{slash}").json() == {"status": "ALREADY_COMPLETED"}


@pytest.mark.parametrize("choice", ["app", "endpoint"])
@pytest.mark.parametrize(("method", "tail"), TAILS)
def test_a_job_below_the_whole_endpoint_is_405_unless_it_is_switched_so(
    houses: Callable[..., House], choice: str, method: str, tail: str
) -> None:
    house = houses(behaviours={"fal.poll_path": choice})
    job = _submit(house)
    house.advance(3)
    answer = house.ask(method, f"{SUBMIT}/requests/{job}{tail}")
    if choice == "app":
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    else:
        plain = house.ask(method, f"{SHORT}/{job}{tail}")
        assert (answer.status_code, answer.content) == (plain.status_code, plain.content)


@pytest.mark.parametrize("choice", ["app", "endpoint"])
@pytest.mark.parametrize("other", ["o1/image-to-video", "o3/pro", "requests/x"])
@pytest.mark.parametrize(("method", "tail"), TAILS)
def test_a_job_below_another_endpoint_is_never_found(
    houses: Callable[..., House], choice: str, other: str, method: str, tail: str
) -> None:
    house = houses(behaviours={"fal.poll_path": choice})
    answer = house.ask(method, f"/fal/queue/fal-ai/kling-video/{other}/requests/{_submit(house)}{tail}")
    assert answer.status_code == (405 if choice == "app" else 404)


@pytest.mark.parametrize(("choice", "status"), [("refused", 405), ("served", 200)])
def test_a_result_is_under_response_only_if_it_is_switched_so(
    houses: Callable[..., House], choice: str, status: int
) -> None:
    house = houses(behaviours={"fal.response_path": choice})
    job = _submit(house)
    house.advance(3)
    answer = house.get(f"{SHORT}/{job}/response")
    assert answer.status_code == status
    assert (answer.content == house.get(f"{SHORT}/{job}").content) is (status == 200)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", [SUBMIT, f"/fal/run/{ENDPOINT}", "/fal/queue/fal-ai/flux"])
def test_a_key_can_be_checked_with_a_method_that_an_endpoint_does_not_have(
    house: House, method: str, path: str
) -> None:
    """Programs do so, because it starts nothing: 401 is a bad key, 405 a good one."""
    assert house.ask(method, path).status_code == 405
    assert house.ask(method, path, "vidmock-invalid").status_code == 401


@pytest.mark.parametrize("seconds", [0, 1], ids=["queued", "running"])
def test_a_cancelled_job_is_completed_with_an_error(house: House, seconds: float) -> None:
    job = _submit(house)
    house.advance(seconds)
    answer = house.ask("PUT", f"{SHORT}/{job}/cancel")
    assert (answer.status_code, answer.json()) == (202, {"status": "CANCELLATION_REQUESTED"})
    status = house.get(f"{SHORT}/{job}/status")
    assert status.status_code == 200
    assert (status.json()["status"], status.json()["error_type"]) == ("COMPLETED", "client_cancelled")
    result = house.get(f"{SHORT}/{job}")
    assert (result.status_code, result.json()["error_type"]) == (499, "client_cancelled")
    assert result.headers["x-fal-error-type"] == "client_cancelled"
    assert house.world().ledger.spent == 0


def test_cancelling_what_has_ended_or_never_was(house: House) -> None:
    job = _submit(house)
    house.advance(3)
    ended, unknown = house.ask("PUT", f"{SHORT}/{job}/cancel"), house.ask("PUT", f"{SHORT}/nobody/cancel")
    assert (ended.status_code, ended.json()) == (400, {"status": "ALREADY_COMPLETED"})
    assert (unknown.status_code, unknown.json()) == (404, {"status": "NOT_FOUND"})


def _missing(name: str) -> dict[str, object]:
    return {"type": "missing", "loc": ["body", name], "msg": "Field required", "input": {}}


LENGTHS = "'3', '4', '5', '6', '7', '8', '9' or '10'"
NO_ANGLES = INPUT | {
    "elements": [{"frontal_image_url": "https://pictures.example/cat.png", "reference_image_urls": []}]
}
BAD: list[Any] = [
    pytest.param({}, [_missing("prompt")], id="missing"),
    pytest.param(
        {"prompt": 5},
        [{"type": "string_type", "loc": ["body", "prompt"], "msg": "Input should be a valid string", "input": 5}],
        id="type",
    ),
    pytest.param(
        INPUT | {"duration": 5},
        [
            {
                "type": "literal_error",
                "loc": ["body", "duration"],
                "msg": f"Input should be {LENGTHS}",
                "input": 5,
                "ctx": {"expected": LENGTHS},
            }
        ],
        id="enum",
    ),
    pytest.param(
        INPUT | {"image_urls": "x"},
        [{"type": "list_type", "loc": ["body", "image_urls"], "msg": "Input should be a valid list", "input": "x"}],
        id="list",
    ),
    pytest.param(
        NO_ANGLES,
        [
            {
                "loc": ["body"],
                "msg": "elementReferList: size must be between 1 and 3",
                "type": "input_value_error",
                "url": "https://docs.fal.ai/errors#input_value_error",
                "input": NO_ANGLES,
            }
        ],
        id="too few",
    ),
]


@pytest.mark.parametrize(("body", "detail"), BAD)
def test_the_queue_accepts_bad_input_and_says_so_with_the_result(house: House, body: object, detail: object) -> None:
    job = _submit(house, body)
    house.advance(1.5)
    status = house.get(f"{SHORT}/{job}/status")
    assert (status.status_code, status.json()["status"]) == (200, "COMPLETED")
    result = house.get(f"{SHORT}/{job}")
    assert (result.status_code, result.json()) == (422, {"detail": detail})
    assert result.headers["x-fal-billable-units"] == "0"
    assert house.world().ledger.spent == 0


@pytest.mark.parametrize(("body", "detail"), BAD)
def test_the_synchronous_call_refuses_bad_input_at_once(house: House, body: object, detail: object) -> None:
    answer = house.post(f"/fal/run/{ENDPOINT}", body)
    assert (answer.status_code, answer.json()) == (422, {"detail": detail})
    assert answer.headers["x-fal-billable-units"] == "0"
    assert house.world().jobs == {}


def test_too_many_inputs_together_are_one_error_of_the_app(house: House) -> None:
    body = INPUT | {"image_urls": ["https://pictures.example/cat.png"] * 8}
    (item,) = house.post(f"/fal/run/{ENDPOINT}", body).json()["detail"]
    assert (item["loc"], item["type"], item["input"]) == (["body"], "input_value_error", body)
    assert "7" in item["msg"]


def test_a_picture_that_is_none_is_told_when_it_is_to_be_fetched(house: House) -> None:
    (item,) = house.post(f"/fal/run/{ENDPOINT}", INPUT | {"image_urls": ["kite.png"]}).json()["detail"]
    assert item == {
        "loc": ["body", "image_urls", 0],
        "msg": "Failed to download the file. Please check if the URL is accessible and try again.",
        "type": "file_download_error",
        "url": "https://docs.fal.ai/errors#file_download_error",
        "input": "kite.png",
    }


def test_an_optional_list_may_be_null(house: House) -> None:
    job = _submit(house, INPUT | {"image_urls": None, "elements": None})
    house.advance(6)
    assert house.get(f"{SHORT}/{job}").status_code == 200


def test_an_empty_body_is_an_empty_input(house: House) -> None:
    answer = house.post(SUBMIT, content=b"", headers={"content-type": "application/json"})
    house.advance(3)
    assert house.get(f"{SHORT}/{answer.json()['request_id']}").json() == {"detail": [_missing("prompt")]}


def test_an_extra_field_is_ignored(house: House) -> None:
    job = _submit(house, INPUT | {"generate_audio": True})
    house.advance(3)
    assert house.get(f"{SHORT}/{job}").status_code == 200


@pytest.mark.parametrize("path", [SUBMIT, f"/fal/run/{ENDPOINT}"], ids=["queue", "run"])
@pytest.mark.parametrize(
    ("content", "place", "kind", "says"),
    [
        (b"{", [1], "json_invalid", "Expecting property name enclosed in double quotes"),
        (b'{"prompt": Infinity}', [11], "json_invalid", "Infinity is not JSON, which has no such number"),
        (b'{"prompt": "a", "prompt": "b"}', [16], "json_invalid", "the key 'prompt' appears twice in one object"),
        (b"[1]", [], "model_attributes_type", None),
        (b"null", [], "model_attributes_type", None),
    ],
    ids=["cut", "infinity", "twice", "array", "null"],
)
def test_a_body_that_is_no_json_object_is_refused_at_once(
    house: House, path: str, content: bytes, place: list[int], kind: str, says: str | None
) -> None:
    answer = house.post(path, content=content)
    assert answer.status_code == 422
    (item,) = answer.json()["detail"]
    assert (item["loc"], item["type"], item.get("ctx", {}).get("error")) == (["body", *place], kind, says)
    assert house.world().jobs == {}


def test_older_apps_word_a_body_that_is_no_json_as_pydantic_1_does(houses: Callable[..., House]) -> None:
    house = houses(behaviours={"fal.validation": "pydantic1"})
    (item,) = house.post(f"/fal/run/{ENDPOINT}", content=b'{"prompt": }').json()["detail"]
    assert item == {
        "loc": ["body", 11],
        "msg": "Expecting value: line 1 column 12 (char 11)",
        "type": "value_error.jsondecode",
        "ctx": {"msg": "Expecting value", "doc": '{"prompt": }', "pos": 11, "lineno": 1, "colno": 12},
    }


@pytest.mark.parametrize("header", ["Key id:secret", "key id:secret"])
def test_the_key_comes_as_key(house: House, header: str) -> None:
    _submit(house, key=None, headers={"authorization": header})
    assert len(house.world("id:secret").jobs) == 1


@pytest.mark.parametrize(
    ("header", "says"),
    [
        ("Bearer id:secret", "decode the issuer"),
        ("id:secret", "Expected '<key_id>:<key_secret>'"),
        ("Basic id:secret", "Invalid Key Authorization header format"),
    ],
)
def test_a_key_in_another_form_is_refused(house: House, header: str, says: str) -> None:
    answer = house.post(SUBMIT, INPUT, key=None, headers={"authorization": header})
    assert answer.status_code == 401
    assert says in answer.json()["detail"]


def test_only_a_token_comes_in_the_query(house: House) -> None:
    assert house.post(f"{SUBMIT}?fal_jwt_token=id:secret", INPUT, key=None).status_code == 401
    token = house.post("/fal/rest/tokens", {}).json()
    assert house.post(f"{SUBMIT}?fal_jwt_token={token}", INPUT, key=None).status_code == 200
    assert len(house.world().jobs) == 1


@pytest.mark.parametrize("key", [None, "vidmock-invalid"], ids=["missing", "refused"])
@pytest.mark.parametrize("path", [SUBMIT, f"/fal/run/{ENDPOINT}"], ids=["queue", "run"])
def test_a_submission_without_a_good_key_is_401(house: House, path: str, key: str | None) -> None:
    answer = house.post(path, INPUT, key)
    assert (answer.status_code, answer.json()) == (401, {"detail": "invalid key credentials"})


@pytest.mark.parametrize(("method", "tail"), [("GET", ""), ("GET", "/status"), ("PUT", "/cancel")])
def test_a_refused_key_is_refused_on_jobs_too(house: House, method: str, tail: str) -> None:
    answer = house.ask(method, f"{SHORT}/{_submit(house)}{tail}", "vidmock-invalid")
    assert (answer.status_code, answer.json()) == (401, {"detail": "invalid key credentials"})


@pytest.mark.parametrize("tail", ["", "/status"])
def test_an_unknown_job_is_404(house: House, tail: str) -> None:
    answer = house.get(f"{SHORT}/nobody{tail}")
    assert (answer.status_code, answer.json()["status"]) == (404, "NOT_FOUND")


def test_a_job_of_another_app_is_unknown(house: House) -> None:
    assert house.get(f"/fal/queue/fal-ai/flux/requests/{_submit(house)}/status").status_code == 404


@pytest.mark.parametrize("path", ["/fal/queue/fal-ai/kling-vido", "/fal/run/fal-ai/kling-vido"])
def test_an_unknown_model_is_404_in_the_words_that_fal_was_seen_to_use(house: House, path: str) -> None:
    answer = house.post(path, INPUT)
    assert answer.status_code == 404
    assert answer.json() == {"detail": "Application 'kling-vido' not found"}


@pytest.mark.parametrize(
    ("tail", "allowed"), [("/cancel", "PUT"), ("/status", "GET"), ("/status/stream", "GET"), ("", "GET")]
)
def test_a_post_to_a_job_is_told_the_right_method(house: House, tail: str, allowed: str) -> None:
    answer = house.post(f"/fal/queue/fal-ai/kling-video/requests/{_submit(house)}{tail}")
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
    assert answer.text == METHOD_NOT_ALLOWED


@pytest.mark.parametrize(
    ("method", "path"), [("DELETE", SUBMIT), ("GET", f"/fal/run/{ENDPOINT}"), ("POST", "/fal/media/files/b/lion/x")]
)
def test_a_wrong_method_is_405(house: House, method: str, path: str) -> None:
    answer = house.ask(method, path)
    assert answer.status_code == 405
    assert answer.headers["allow"]
    assert (answer.text, answer.headers["content-type"]) == (METHOD_NOT_ALLOWED, "text/plain; charset=utf-8")


def test_an_unknown_path_is_404(house: House) -> None:
    answer = house.get("/fal/media/nowhere")
    assert answer.status_code == 404
    assert "nowhere" in answer.json()["detail"]


def test_the_synchronous_call_answers_with_the_models_own_output(house: House) -> None:
    pending = house.begin("POST", f"/fal/run/{ENDPOINT}", json=INPUT)
    house.advance(2.999)
    assert not pending.done()
    house.advance(0.001)
    answer = house.finish(pending)
    job = answer.headers["x-fal-request-id"]
    assert (answer.status_code, set(answer.json())) == (200, {"video"})
    assert answer.content == house.get(f"{SHORT}/{job}").content


def test_under_a_stepped_clock_polling_the_result_alone_gets_there(houses: Callable[..., House]) -> None:
    """One real client never asks for the status."""
    house = houses(clock=Mode("step"))
    job = _submit(house)
    assert [house.get(f"{SHORT}/{job}").status_code for _ in range(3)] == [400, 400, 200]


def _announced(house: House) -> tuple[bytes, dict[str, Any], dict[str, str]]:
    (message,) = house.receiver.messages
    return message.body, json.loads(message.body), dict(message.headers)


def test_the_webhook_of_a_success_has_the_bytes_that_were_seen_live(house: House) -> None:
    house.world().clock.live_by(lambda: True)
    job = _submit(house, params={"fal_webhook": "http://receiver.test/hook"})
    house.advance(3)
    raw, body, headers = _announced(house)
    payload = house.get(f"{SHORT}/{job}").json()
    assert body == {
        "error": None,
        "gateway_request_id": job,
        "payload": payload,
        "request_id": job,
        "status": "OK",
    }
    assert raw == json.dumps(body, sort_keys=True).encode()
    assert raw.startswith(b'{"error": null, "gateway_request_id": "')
    assert headers["x-fal-webhook-request-id"] == job
    assert headers["x-fal-webhook-timestamp"] == "1767225603"
    assert headers["x-fal-webhook-user-id"]


def test_the_webhook_of_a_failure_carries_the_errors(house: House) -> None:
    job = _submit(house, {}, params={"fal_webhook": "http://receiver.test/hook"})
    house.advance(3)
    _, body, _ = _announced(house)
    assert (body["status"], body["error"]) == ("ERROR", "Unexpected status code: 422")
    assert body["payload"] == {"detail": [_missing("prompt")]} == house.get(f"{SHORT}/{job}").json()
