"""Eachlabs' further routes and switches: executions, the webhook log, files, limits, and the four kinds of errors."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft4Validator

from vidmock.engine.jobs.timeline import Latency
from vidmock.engine.time.mode import Mode

if TYPE_CHECKING:
    import httpx
    from tests.conftest import House

BASE = "/eachlabs/v1"
SLUG = "kling-o1-video-to-video-reference"
INPUT: dict[str, Any] = {"prompt": "a kite over dunes", "video_url": "https://clips.example/walk.mp4"}
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
HOOK = "http://receiver.test/hook"
STRANGER = "7d1f0c52-3a75-4a52-9f0e-2b8f4f3f8a11"


def _make(house: House, key: str = "a-key", **more: Any) -> httpx.Response:
    return house.post(f"{BASE}/prediction", {"model": SLUG, "input": INPUT} | more, key)


def _create(house: House, **more: Any) -> str:
    answer = _make(house, **more)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["predictionID"])


def _poll(house: House, job: str) -> Any:
    return house.get(f"{BASE}/prediction/{job}").json()


def _upload(house: House, data: bytes = b"a clip", content_type: str = "video/mp4", **more: Any) -> dict[str, Any]:
    answer = house.post(f"{BASE}/upload/presign", {"content_type": content_type} | more)
    assert answer.status_code == 200, answer.text
    signed: dict[str, Any] = answer.json()
    headers = {"content-type": content_type, **signed["required_headers"]}
    put = house.ask("PUT", signed["presigned_url"], None, content=data, headers=headers)
    assert put.status_code == 200, put.text
    return signed


# Errors


@pytest.mark.parametrize(
    ("family", "unknown", "invalid", "key"),
    [
        (
            "page",
            {"status": "error", "message": "Model not found", "error": "Model not found"},
            {"status": "error", "message": "Invalid input for model", "error": "Invalid input for model"},
            {"status": "error", "message": "Invalid or missing API key", "error": "Invalid or missing API key"},
        ),
        (
            "guide",
            {"error": "Model not found"},
            {"error": "Invalid input for model"},
            {"error": "Invalid or missing API key"},
        ),
        (
            "gateway",
            {"status": 404, "error": "model not found"},
            {"status": 400, "error": "invalid input for model"},
            {"status": 401, "error": "invalid or missing api key"},
        ),
        ("empty", {"status": 404, "error": "model not found"}, {}, {}),
    ],
)
def test_errors_come_in_four_families(
    houses: Callable[..., House], family: str, unknown: object, invalid: object, key: object
) -> None:
    house = houses(behaviours={"eachlabs.errors": family})

    def body(answer: httpx.Response) -> object:
        return {name: value for name, value in answer.json().items() if name != "details"}

    assert body(_make(house, model="nobody")) == unknown
    assert body(_make(house, input={})) == invalid
    assert body(_make(house, key="vidmock-invalid")) == key
    assert body(house.get(f"{BASE}/prediction/x", None)) == key
    unreadable = house.post(f"{BASE}/prediction", content=b"{")
    assert (unreadable.status_code, unreadable.json() == {}) == (422, family == "empty")


@pytest.mark.parametrize("path", ["prediction/nobody", "models", "model", "nowhere", "executions"])
def test_the_request_id_is_echoed_on_every_answer(house: House, path: str) -> None:
    answer = house.get(f"{BASE}/{path}", headers={"X-Request-Id": "mine-1"})
    assert answer.headers["x-request-id"] == "mine-1"


def test_a_request_without_an_id_is_given_one(house: House) -> None:
    ids = [house.get(f"{BASE}/{path}").headers["x-request-id"] for path in ("models", "nowhere", "executions")]
    assert len(set(ids)) == 3
    assert all(re.fullmatch(UUID, found) for found in ids)


def test_of_two_keys_a_good_one_is_enough(house: House) -> None:
    body = {"model": SLUG, "input": INPUT}
    for one, other in (("good", "vidmock-invalid"), ("vidmock-invalid", "good")):
        headers = {"x-api-key": one, "authorization": f"Bearer {other}"}
        assert house.post(f"{BASE}/prediction", body, None, headers=headers).status_code == 200
    assert len(house.world("good").jobs) == 2
    both = {"x-api-key": "vidmock-invalid", "authorization": "Bearer vidmock-invalid"}
    assert house.post(f"{BASE}/prediction", body, None, headers=both).status_code == 401


# Predictions


@pytest.mark.parametrize("word", ["created", "starting", "processing"])
def test_the_first_status_is_a_switch(houses: Callable[..., House], word: str) -> None:
    house = houses(behaviours={"eachlabs.first_status": word})
    job = _create(house)
    assert _poll(house, job)["status"] == word
    house.advance(1)
    assert _poll(house, job)["status"] == "processing"


@pytest.mark.parametrize("word", ["error", "failed"])
def test_a_prediction_can_fail_late_with_the_reason_in_its_output(houses: Callable[..., House], word: str) -> None:
    house = houses(behaviours={"eachlabs.invalid_input": "later", "eachlabs.failed_status": word})
    job = _create(house, input={"prompt": "no clip"}, webhook_url=HOOK)
    house.advance(3)
    body = _poll(house, job)
    output = body["output"]
    assert (body["status"], body["metrics"]) == (word, {"predict_time": 1.5, "cost": 0})
    assert (output["status"], output["success"], output["retryable"]) == ("ERROR", False, False)
    assert (output["error_code"], output["classification"]) == ("INPUT_VALIDATION_ERROR", {"category": "VALIDATION"})
    assert (output["execution_id"], output["model_slug"]) == (job, SLUG)
    assert "video_url" in output["error_message"]
    assert (body["message"], body["details"]) == ("Execution failed", output["error_message"])
    (message,) = house.receiver.messages
    reason = [{"id": "", "status": "", "output": "", "error": output["error_message"]}]
    assert json.loads(message.body) == {
        "exec_id": job,
        "flow_id": None,
        "status": "failed",
        "output": reason,
        "error": "",
    }
    assert house.world().ledger.spent == 0


@pytest.mark.parametrize(
    ("choice", "keys"),
    [
        ("captured", {"id", "input", "status", "output", "logs", "metrics", "urls"}),
        ("page", {"status", "predictionID", "output", "metrics"}),
    ],
)
def test_the_keys_of_a_prediction_are_a_switch(houses: Callable[..., House], choice: str, keys: set[str]) -> None:
    house = houses(behaviours={"eachlabs.body": choice})
    assert set(_poll(house, _create(house))) == keys


@pytest.mark.parametrize("done", [True, False], ids=["succeeded", "failed"])
@pytest.mark.parametrize("form", ["page", "older"])
def test_the_webhooks_body_is_a_switch(houses: Callable[..., House], form: str, done: bool) -> None:
    house = houses(behaviours={"eachlabs.webhook_body": form, "eachlabs.invalid_input": "later"})
    given = INPUT if done else {"prompt": "no clip"}
    job = _create(house, input=given, webhook_url=HOOK)
    house.advance(3)
    (message,) = house.receiver.messages
    body, polled = json.loads(message.body), _poll(house, job)
    if form == "older":
        assert body == {name: polled[name] for name in ("id", "status", "output", "input", "metrics")}
    else:
        word, output = ("succeeded", polled["output"]) if done else ("failed", None)
        error = "" if done else polled["details"]
        assert body == {"exec_id": job, "status": word, "output": output, "error": error}


def test_the_older_webhook_schedule_is_a_switch(houses: Callable[..., House]) -> None:
    house = houses(behaviours={"eachlabs.webhook_retries": "growing"})
    house.receiver.statuses = [500]
    _create(house, webhook_url=HOOK)
    house.advance(5000)
    (delivery,) = house.world().outbox
    assert [attempt.at - delivery.attempts[0].at for attempt in delivery.attempts] == [0, 30, 150, 750]


@pytest.mark.parametrize(
    ("switch", "make", "expected"),
    [
        ("created_code=201", lambda house: _make(house).status_code, 201),
        (
            "cancel_status=cancelled",
            lambda house: house.post(f"{BASE}/prediction/{_create(house)}/cancel").json()["status"],
            "cancelled",
        ),
        ("cancel_unknown=500", lambda house: house.post(f"{BASE}/prediction/{STRANGER}/cancel").status_code, 500),
        ("delete_unknown=204", lambda house: house.ask("DELETE", f"{BASE}/files/{STRANGER}").status_code, 204),
    ],
    ids=["created", "cancel word", "cancel unknown", "delete unknown"],
)
def test_small_contradictions_are_switches(
    houses: Callable[..., House], switch: str, make: Callable[[House], object], expected: object
) -> None:
    name, _, value = switch.partition("=")
    assert make(houses(behaviours={f"eachlabs.{name}": value})) == expected


@pytest.mark.parametrize(
    ("body", "status"),
    [({"model": SLUG, "input": INPUT}, 400), ({"model": "nobody", "input": INPUT}, 404), ({}, 400)],
    ids=["this model", "no model", "nothing"],
)
def test_this_model_is_not_run_at_once(house: House, body: object, status: int) -> None:
    answer = house.post(f"{BASE}/prediction/run", body)
    assert answer.status_code == status
    assert house.world().jobs == {}
    assert house.post(f"{BASE}/prediction/run", body, None).status_code == 401
    assert house.post(f"{BASE}/prediction/run", content=b"{").status_code == 422


# Limits


def test_ten_predictions_at_once_and_a_slot_is_free_when_one_ends(house: House) -> None:
    jobs = [_create(house) for _ in range(10)]
    house.advance(1)
    answer = _make(house)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "2")
    details = answer.json().pop("details")
    assert answer.json() == {"status": 429, "error": "too many requests", "details": details}
    assert "limited to 10 concurrent executions" in details
    assert len(house.world().jobs) == 10
    assert _make(house, key="another").status_code == 200
    house.post(f"{BASE}/prediction/{jobs[0]}/cancel")
    assert _make(house).status_code == 200
    assert _make(house).status_code == 429
    house.advance(2)
    assert _make(house).status_code == 200


def test_a_hundred_predictions_a_minute(houses: Callable[..., House]) -> None:
    # Powers of two, so that the seconds add up exactly.
    house = houses(latency=Latency((0.0, 0.0), (0.125, 0.125)))
    for _ in range(100):
        _create(house)
        house.advance(0.125)
    answer = _make(house)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "48")
    house.advance(47.5)
    assert _make(house).status_code == 200


def test_what_is_refused_for_another_reason_does_not_count(house: House) -> None:
    assert {_make(house, input={}).status_code for _ in range(150)} == {400}
    assert _make(house).status_code == 200


@pytest.mark.parametrize(("story", "at_once"), [("page", 10), ("balance", 10), ("plan", 2), ("off", 30)])
def test_the_limits_are_a_switch(houses: Callable[..., House], story: str, at_once: int) -> None:
    house = houses(behaviours={"eachlabs.limits": story})
    assert [_make(house).status_code for _ in range(30)].count(200) == at_once


def test_the_smallest_plan_makes_ten_a_minute(houses: Callable[..., House]) -> None:
    house = houses(behaviours={"eachlabs.limits": "plan"}, latency=Latency((0.0, 0.0), (0.1, 0.1)))
    codes = []
    for _ in range(11):
        codes.append(_make(house).status_code)
        house.advance(0.1)
    assert codes == [200] * 10 + [429]


def test_a_stepped_clock_counts_no_rate(houses: Callable[..., House]) -> None:
    house = houses(clock=Mode("step"))
    for _ in range(120):
        job = _create(house)
        assert [_poll(house, job)["status"] for _ in range(3)] == ["created", "processing", "success"]


# Executions and the webhook log


def test_executions_are_listed_newest_first(house: House) -> None:
    first = _create(house)
    house.advance(3)
    second = _create(house)
    house.advance(1)
    body = house.get(f"{BASE}/executions").json()
    assert (body["total_count"], body["total_capped"], body["limit"], body["offset"]) == (2, False, 20, 0)
    assert [row["id"] for row in body["executions"]] == [second, first]
    running, done = body["executions"]
    assert (running["status"], running["completed_at"], running["output"]) == ("processing", None, None)
    assert done == {
        "id": first,
        "model": SLUG,
        "requested_model": None,
        "status": "success",
        "execution_cost": 0.84,
        "run_time": 3.0,
        "created_at": "2026-01-01T00:00:00.000000Z",
        "started_at": "2026-01-01T00:00:01.000000Z",
        "completed_at": "2026-01-01T00:00:03.000000Z",
        "output": _poll(house, first)["output"],
        "workflow_id": None,
        "workflow_execution_id": None,
    }
    assert house.get(f"{BASE}/executions", "another").json()["executions"] == []
    assert house.get(f"{BASE}/executions", None).status_code == 401


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", 3),
        ("status=success", 1),
        ("status=error", 1),
        ("status=created", 1),
        ("status=starting", 0),
        (f"model={SLUG}", 3),
        ("model=nobody", 0),
        ("limit=2", 2),
        ("offset=2", 1),
        ("from=2026-01-01T00:00:03Z", 1),
        ("to=2026-01-01T00:00:02", 2),
        ("status=success,error", 2),
        ("status=", 3),
        ("error_classification=invalid_user_input", 1),
        ("error_classification=execution_timeout,invalid_user_input", 1),
        ("error_classification=content_moderation", 0),
        ("workflow_id=wf_abc123", 0),
        ("workflow_execution_id=wf_exec_abc123", 0),
    ],
)
def test_executions_are_filtered(houses: Callable[..., House], query: str, found: int) -> None:
    house = houses(behaviours={"eachlabs.invalid_input": "later"})
    _create(house)
    _create(house, input={})
    house.advance(3)
    _create(house)
    assert len(house.get(f"{BASE}/executions?{query}").json()["executions"]) == found


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=101",
        "limit=x",
        "offset=-1",
        "status=processing",
        "from=yesterday",
        "to=0001-01-01T00:00+23:00",
    ],
)
def test_a_filter_that_makes_no_sense_is_refused(house: House, query: str) -> None:
    answer = house.get(f"{BASE}/executions?{query}")
    assert answer.status_code == 400
    assert answer.json()["error"].startswith(f"invalid {query.partition('=')[0]} parameter")


def test_the_webhook_log_has_each_delivery_and_each_attempt(house: House) -> None:
    house.receiver.statuses = [500, None, 204]
    job = _create(house, webhook_url=HOOK, webhook_secret="s3cret")
    assert house.get(f"{BASE}/webhooks/{job}").status_code == 404
    house.advance(3)

    def attempts() -> list[tuple[Any, ...]]:
        rows = house.get(f"{BASE}/webhooks/{job}").json()["attempts"]
        return [(row["status"], row["status_code"], row["error_message"]) for row in rows]

    refused = ("FAILED", 500, "the receiver answered 500")
    assert attempts() == [refused, ("PENDING", None, "")]
    lost = ("FAILED", None, "connection refused")
    house.advance(10)
    assert attempts() == [refused, lost, ("PENDING", None, "")]
    house.advance(10)
    assert attempts() == [refused, lost, ("SUCCESS", 204, "")]

    body = house.get(f"{BASE}/webhooks").json()
    (entry,) = body.pop("webhooks")
    assert body == {"limit": 50, "offset": 0, "total_count": 1}
    assert entry == {
        "execution_id": job,
        "url": HOOK,
        "request": house.receiver.messages[0].body.decode(),
        "headers": {"content-type": "application/json", "x-webhook-secret": "s3cret"},
        "source": "api-gateway",
        "created_at": "2026-01-01T00:00:03.000000Z",
    }
    assert house.get(f"{BASE}/webhooks?offset=1").json()["webhooks"] == []
    assert house.get(f"{BASE}/webhooks", "another").json()["webhooks"] == []
    assert house.get(f"{BASE}/webhooks/{job}", "another").status_code == 404


def test_three_refusals_are_the_end(house: House) -> None:
    house.receiver.statuses = [500]
    job = _create(house, webhook_url=HOOK)
    house.advance(1000)
    rows = house.get(f"{BASE}/webhooks/{job}").json()["attempts"]
    assert [row["status"] for row in rows] == ["FAILED"] * 3


@pytest.mark.parametrize(
    ("path", "status", "error"),
    [
        ("webhooks/x", 400, "invalid execution_id"),
        (f"webhooks/{STRANGER}", 404, "webhook not found"),
        ("webhooks?limit=101", 400, "invalid limit parameter"),
    ],
)
def test_the_log_says_what_is_wrong(house: House, path: str, status: int, error: str) -> None:
    answer = house.get(f"{BASE}/{path}")
    assert (answer.status_code, answer.json()) == (status, {"error": error})


# Files


def test_a_file_is_put_fetched_and_used_as_input(house: House) -> None:
    house.world().clock.live_by(lambda: True)
    signed = _upload(house, b"some clip")
    assert set(signed) == {"id", "presigned_url", "public_url", "expires_at", "required_headers"}
    assert re.fullmatch(UUID, signed["id"])
    assert signed["expires_at"] == "2026-06-30T00:00:00.000000Z"
    url = signed["public_url"]
    assert url == f"http://mock.test/eachlabs/media/uploads/{signed['id']}.mp4"
    fetched = house.get(url, None, headers={"range": "bytes=5-"})
    assert (fetched.status_code, fetched.content, fetched.headers["content-type"]) == (206, b"clip", "video/mp4")

    given = INPUT | {"video_url": url, "elements": [{"frontal_image_url": url}], "image_urls": [url]}
    job = _create(house, input=given)
    assert _poll(house, job)["input"] == given


def test_a_result_is_an_input_like_any_other(house: House) -> None:
    first = _create(house)
    house.advance(3)
    second = _create(house, input=INPUT | {"video_url": _poll(house, first)["output"]})
    house.advance(3)
    assert _poll(house, second)["status"] == "success"


@pytest.mark.parametrize(
    "url",
    [
        "http://mock.test/eachlabs/media/uploads/7d1f0c52-3a75-4a52-9f0e-2b8f4f3f8a11.mp4",
        "http://mock.test/uploads/x.mp4",
        "http://[/eachlabs/media/uploads/x",
    ],
    ids=["unknown", "elsewhere", "broken"],
)
def test_a_url_of_ours_that_leads_nowhere_is_as_private_as_it_looks(house: House, url: str) -> None:
    assert _make(house, input=INPUT | {"video_url": url}).status_code == 400


def test_a_client_by_the_real_name_sees_real_names(house: House) -> None:
    answer = house.post("https://api.eachlabs.ai/v1/upload/presign", {"content_type": "image/png"})
    assert answer.json()["public_url"] == f"https://cdn-us.eachlabs.ai/uploads/{answer.json()['id']}.png"


@pytest.mark.parametrize(
    ("content_type", "suffix"),
    [
        ("video/quicktime", "mov"),
        ("IMAGE/JPG; charset=binary", "jpg"),
        ("image/heic", "heic"),
        ("audio/wav", "wav"),
        ("application/octet-stream", "bin"),
    ],
)
def test_a_file_has_the_suffix_of_its_type(house: House, content_type: str, suffix: str) -> None:
    answer = house.post(f"{BASE}/upload/presign", {"content_type": content_type}).json()
    assert answer["public_url"].endswith(f"/{answer['id']}.{suffix}")


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, "content_type is required"),
        ({"content_type": ""}, "content_type is required"),
    ],
    ids=["nothing", "empty"],
)
def test_a_file_needs_a_type(house: House, body: object, error: str) -> None:
    answer = house.post(f"{BASE}/upload/presign", body)
    assert (answer.status_code, answer.json()) == (400, {"error": error})


@pytest.mark.parametrize(
    ("asked", "ends"), [(1, "2026-01-01T00:01:00.000000Z"), (10**10, "2027-01-01T00:00:00.000000Z")]
)
def test_the_life_of_a_file_is_clamped(house: House, asked: int, ends: str) -> None:
    house.world().clock.live_by(lambda: True)
    assert _upload(house, expires_in_seconds=asked)["expires_at"] == ends


@pytest.mark.parametrize(
    "body",
    [
        {"content_type": 5},
        {"content_type": "a/b", "file_type": {}},
        {"content_type": "a/b", "expires_in_seconds": True},
        [],
    ],
)
def test_a_presign_of_the_wrong_form_is_refused(house: House, body: object) -> None:
    assert house.post(f"{BASE}/upload/presign", body).status_code == 400


def test_a_signed_url_is_good_for_what_was_signed_and_a_quarter_of_an_hour(house: House) -> None:
    signed = house.post(f"{BASE}/upload/presign", {"content_type": "video/mp4"}).json()
    url = signed["presigned_url"]

    required = signed["required_headers"]

    def put(where: str, kind: str = "video/mp4", **more: str) -> int:
        headers = {"content-type": kind} | required | more
        return house.ask("PUT", where, None, content=b"x", headers=headers).status_code

    assert house.ask("PUT", url, None, content=b"x", headers={"content-type": "video/mp4"}).status_code == 403
    assert put(url, **dict.fromkeys(required, "another")) == 403

    assert put(url.replace("signature=", "signature=0")) == 403
    assert put(signed["public_url"]) == 403
    assert put(url, "image/png") == 403
    assert house.get(signed["public_url"], None).status_code == 404
    assert put(url) == put(url) == 200
    house.advance(15 * 60)
    assert put(url) == 403
    assert house.get(signed["public_url"], None).content == b"x"


def test_a_file_is_gone_when_its_time_is_over(house: House) -> None:
    url = _upload(house, expires_in_seconds=60)["public_url"]
    house.advance(59)
    assert house.get(url, None).status_code == 200
    house.advance(1)
    assert house.get(url, None).status_code == 404
    assert _make(house, input=INPUT | {"video_url": url}).status_code == 400


def test_a_file_beyond_the_limit_is_refused(house: House) -> None:
    signed = house.post(f"{BASE}/upload/presign", {"content_type": "video/mp4"}).json()
    headers = {"content-type": "video/mp4", **signed["required_headers"]}
    answer = house.ask("PUT", signed["presigned_url"], None, content=bytes(100 * 10**6 + 1), headers=headers)
    assert answer.status_code == 413


def test_a_file_that_was_not_put_yet_cannot_be_deleted(house: House) -> None:
    signed = house.post(f"{BASE}/upload/presign", {"content_type": "video/mp4"}).json()
    answer = house.ask("DELETE", f"{BASE}/files/{signed['id']}")
    assert (answer.status_code, answer.json()) == (409, {"error": "conflict"})


def test_executions_reach_90_days_back(house: House) -> None:
    _create(house)
    house.advance(90 * 24 * 3600)
    assert len(house.get(f"{BASE}/executions").json()["executions"]) == 1
    house.advance(1)
    assert house.get(f"{BASE}/executions").json()["executions"] == []
    assert len(house.get(f"{BASE}/executions?from=2026-01-01").json()["executions"]) == 1


def test_a_filter_that_there_is_not_is_told_those_that_there_are(house: House) -> None:
    for query, known in (("status=error,done", "success, error"), ("error_classification=TIMEOUT", "internal_error")):
        answer = house.get(f"{BASE}/executions?{query}")
        assert answer.status_code == 400
        assert known in answer.json()["error"]


def test_a_file_is_deleted_by_its_owner_once(house: House) -> None:
    signed = _upload(house)
    path = f"{BASE}/files/{signed['id']}"
    assert house.ask("DELETE", path, "another").status_code == 404
    answer = house.ask("DELETE", path)
    assert (answer.status_code, answer.content) == (204, b"")
    assert house.get(signed["public_url"], None).status_code == 404
    headers = {"content-type": "video/mp4"}
    assert house.ask("PUT", signed["presigned_url"], None, content=b"x", headers=headers).status_code == 403
    assert house.ask("DELETE", path).status_code == 404
    answer = house.ask("DELETE", f"{BASE}/files/x")
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid argument"})
    assert house.ask("DELETE", path, None).status_code == 401


@pytest.mark.parametrize("file", ["x.mp4", f"{STRANGER}.mp4", "..%2f..%2fetc", "%00"])
def test_an_unknown_file_is_404(house: House, file: str) -> None:
    assert house.get(f"/eachlabs/media/uploads/{file}", None).status_code == 404


def test_a_deep_input_is_refused_and_not_a_crash(house: House) -> None:
    deep = "[" * 900 + "]" * 900
    text = json.dumps({"model": SLUG, "input": INPUT | {"elements": "@"}}).replace('"@"', deep)
    assert house.post(f"{BASE}/prediction", content=text.encode()).status_code in (400, 422)


# Models


def test_a_model_is_described_as_openapi(house: House) -> None:
    answer = house.get(f"{BASE}/models/{SLUG}/schemas/openapi")
    document = answer.json()
    assert (answer.status_code, document["openapi"]) == (200, "3.0.3")
    assert document["servers"] == [{"url": "http://mock.test/eachlabs"}]
    schema = document["components"]["schemas"]["Input"]
    assert schema["properties"]["duration"]["enum"] == ["5", "10"]
    assert schema == house.get(f"{BASE}/model?slug={SLUG}").json()["request_schema"]
    Draft4Validator.check_schema(schema)
    assert Draft4Validator(schema).is_valid(INPUT)
    assert not Draft4Validator(schema).is_valid(INPUT | {"duration": 5})
    assert "x-" not in json.dumps(list(schema["properties"]["video_url"]))
    assert house.get(f"{BASE}/models/nobody/schemas/openapi").status_code == 404
    assert house.get(f"{BASE}/models/{SLUG}/schemas/openapi", None).status_code == 401
