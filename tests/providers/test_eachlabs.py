"""Eachlabs' prediction API on the wire."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from vidmock.engine.time.mode import Mode

if TYPE_CHECKING:
    import httpx
    from tests.conftest import House

BASE = "/eachlabs/v1"
SLUG = "kling-o1-video-to-video-reference"
INPUT: dict[str, Any] = {"prompt": "a kite over dunes", "video_url": "https://clips.example/walk.mp4"}
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"


def _create(house: House, **more: Any) -> str:
    answer = house.post(f"{BASE}/prediction", {"model": SLUG, "input": INPUT} | more)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["predictionID"])


def _poll(house: House, job: str) -> Any:
    answer = house.get(f"{BASE}/prediction/{job}")
    assert answer.status_code == 200
    return answer.json()


def _refused(answer: httpx.Response, status: int, message: str, details: str = "") -> None:
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert set(body) == {"status", "message", "details", "error"}
    assert (body["status"], body["message"], body["error"]) == ("error", message, message)
    assert re.search(details, body["details"])


@pytest.mark.parametrize("slash", ["", "/"], ids=["bare", "slash"])
def test_a_prediction_from_creation_to_its_video(house: House, slash: str) -> None:
    answer = house.post(f"{BASE}/prediction{slash}", {"model": SLUG, "input": INPUT})
    accepted = answer.json()
    job = accepted["predictionID"]
    assert (answer.status_code, answer.history) == (200, [])
    assert re.fullmatch(UUID, job)
    assert accepted == {"status": "success", "message": "Prediction created successfully", "predictionID": job}

    url = f"http://mock.test{BASE}/prediction/{job}"
    created = {
        "id": job,
        "predictionID": job,
        "input": INPUT,
        "status": "created",
        "output": None,
        "logs": None,
        "metrics": {"predict_time": 0, "cost": 0},
        "urls": {"get": url, "cancel": f"{url}/cancel"},
    }
    assert _poll(house, job) == created
    house.advance(1)
    assert _poll(house, job) == created | {"status": "processing"}
    house.advance(2)
    done = _poll(house, job + slash)
    output = done["output"]
    assert done == created | {
        "status": "success",
        "output": output,
        "metrics": {"predict_time": 3.0, "cost": 0.84},
    }
    assert re.fullmatch(rf"http://mock\.test/eachlabs/media/uploads/{UUID}\.mp4", output)
    assert house.get(output, key=None).content[4:8] == b"ftyp"


@pytest.mark.parametrize(("duration", "cost"), [("5", 0.84), ("10", 1.68)])
def test_the_cost_follows_the_duration(house: House, duration: str, cost: float) -> None:
    job = _create(house, input=INPUT | {"duration": duration})
    house.advance(3)
    assert _poll(house, job)["metrics"]["cost"] == cost


@pytest.mark.parametrize(
    "headers", [{"X-API-Key": "k"}, {"x-api-key": "k"}, {"Authorization": "Bearer k"}], ids=["upper", "lower", "bearer"]
)
def test_the_key_comes_in_either_header(house: House, headers: dict[str, str]) -> None:
    answer = house.post(f"{BASE}/prediction", {"model": SLUG, "input": INPUT}, key=None, headers=headers)
    assert answer.status_code == 200
    assert len(house.world("k").jobs) == 1


@pytest.mark.parametrize("header", ["k", "Key k", "Basic k"])
def test_a_key_in_another_form_is_refused(house: House, header: str) -> None:
    headers = {"authorization": header}
    answer = house.post(f"{BASE}/prediction", {"model": SLUG, "input": INPUT}, key=None, headers=headers)
    _refused(answer, 401, "Invalid or missing API key")
    both = headers | {"x-api-key": "k"}
    answer = house.post(f"{BASE}/prediction", {"model": SLUG, "input": INPUT}, key=None, headers=both)
    assert answer.status_code == 200


@pytest.mark.parametrize("key", [None, "vidmock-invalid"], ids=["missing", "refused"])
@pytest.mark.parametrize(("method", "route"), [("POST", ""), ("GET", "/x"), ("POST", "/x/cancel")])
def test_every_prediction_route_needs_a_good_key(house: House, method: str, route: str, key: str | None) -> None:
    answer = house.ask(method, f"{BASE}/prediction{route}", key, json={"model": SLUG, "input": INPUT})
    _refused(answer, 401, "Invalid or missing API key")


@pytest.mark.parametrize("more", [{"version": "0.0.1"}, {"version": 1}, {"extra": [1]}, {"webhook_url": None}])
def test_keys_that_mean_nothing_any_more_are_ignored(house: House, more: dict[str, object]) -> None:
    assert _create(house, **more)


def test_an_unknown_input_key_is_ignored_and_echoed(house: House) -> None:
    job = _create(house, input=INPUT | {"enable_safety_checker": False})
    assert _poll(house, job)["input"]["enable_safety_checker"] is False


@pytest.mark.parametrize(
    ("wrong", "details"),
    [
        ({}, "prompt: .*video_url: "),
        (INPUT | {"duration": 5}, 'duration: .*"5"'),
        (INPUT | {"video_url": "http://localhost/x.mp4"}, "video_url: "),
        (INPUT | {"video_url": "data:video/mp4;base64,AAAA"}, "video_url: "),
        (INPUT | {"image_urls": ["https://pictures.example/1.png"] * 3, "elements": [{}, {}]}, "4"),
    ],
    ids=["empty", "number", "localhost", "data", "together"],
)
def test_bad_input_is_refused_at_once(house: House, wrong: dict[str, Any], details: str) -> None:
    answer = house.post(f"{BASE}/prediction", {"model": SLUG, "input": wrong})
    _refused(answer, 400, "Invalid input for model", details)
    assert house.world().jobs == {}


@pytest.mark.parametrize(
    ("body", "message", "details"),
    [
        ({"input": INPUT}, "model field is required", "'model' is missing"),
        ({"model": 5, "input": INPUT}, "model field is invalid", "must be a string, not an integer"),
        ({"model": SLUG}, "input field is required", "'input' is missing"),
        ({"model": SLUG, "input": None}, "input field is invalid", "not null"),
        ({"model": SLUG, "input": [INPUT]}, "input field is invalid", "not an array"),
        ({"model": SLUG, "input": json.dumps(INPUT)}, "input field is invalid", "not a string"),
        ({"model": SLUG, "input": INPUT, "webhook_url": 5}, "webhook_url field is invalid", "not an integer"),
        ({"model": SLUG, "input": INPUT, "webhook_secret": {}}, "webhook_secret field is invalid", "not an object"),
        ([1], "body field is invalid", "not an array"),
    ],
    ids=["no model", "model", "no input", "null", "array", "string", "hook", "secret", "body"],
)
def test_a_wrong_envelope_is_refused(house: House, body: object, message: str, details: str) -> None:
    _refused(house.post(f"{BASE}/prediction", body), 400, message, details)


def test_an_unknown_model_is_404(house: House) -> None:
    answer = house.post(f"{BASE}/prediction", {"model": "kling-o1-video-to-video", "input": INPUT})
    _refused(answer, 404, "Model not found", f"Did you mean '{SLUG}'")


@pytest.mark.parametrize(
    ("content", "details"),
    [(b"", "line 1"), (b"{", "line 1"), (b'{"model": NaN}', "NaN"), (b'{"a": 1, "a": 2}', "'a' appears twice")],
    ids=["empty", "cut", "nan", "twice"],
)
def test_a_body_that_is_not_json_is_422(house: House, content: bytes, details: str) -> None:
    _refused(house.post(f"{BASE}/prediction", content=content), 422, "The body is not valid JSON", details)


@pytest.mark.parametrize(("method", "tail"), [("GET", ""), ("POST", "/cancel")])
def test_an_unknown_prediction_is_404(house: House, method: str, tail: str) -> None:
    _refused(house.ask(method, f"{BASE}/prediction/nobody{tail}"), 404, "Prediction not found")


@pytest.mark.parametrize(("method", "route"), [("PUT", "prediction"), ("DELETE", "prediction/x"), ("POST", "models")])
def test_a_wrong_method_is_405(house: House, method: str, route: str) -> None:
    _refused(house.ask(method, f"{BASE}/{route}"), 405, "Method not allowed", method)


def test_an_unknown_path_is_404(house: House) -> None:
    _refused(house.get(f"{BASE}/nowhere"), 404, "Not found", "nowhere")


@pytest.mark.parametrize("seconds", [0, 1], ids=["queued", "running"])
@pytest.mark.parametrize("headers", [{}, {"content-type": "application/json"}], ids=["bare", "empty json"])
def test_a_prediction_is_cancelled_while_it_waits_or_runs(
    house: House, seconds: float, headers: dict[str, str]
) -> None:
    job = _create(house, webhook_url="http://receiver.test/")
    house.advance(seconds)
    answer = house.post(f"{BASE}/prediction/{job}/cancel", headers=headers)
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "success",
        "message": "Prediction canceled successfully",
        "predictionID": job,
    }
    house.advance(10)
    body = _poll(house, job)
    assert (body["status"], body["output"], body["metrics"]["cost"]) == ("cancelled", None, 0)
    assert house.receiver.messages == []
    assert house.world().ledger.spent == 0


def test_cancelling_what_has_ended_is_refused(house: House) -> None:
    job = _create(house)
    house.advance(3)
    _refused(house.post(f"{BASE}/prediction/{job}/cancel"), 400, "Prediction has already finished")
    assert _poll(house, job)["status"] == "success"


@pytest.mark.parametrize("secret", [None, "", "s3cret"], ids=["none", "empty", "given"])
def test_the_webhook_has_its_own_words_and_the_secret_verbatim(house: House, secret: str | None) -> None:
    job = _create(house, webhook_url="http://receiver.test/hook", webhook_secret=secret)
    house.advance(3)
    (message,) = house.receiver.messages
    assert json.loads(message.body) == {
        "exec_id": job,
        "flow_id": None,
        "status": "succeeded",
        "output": _poll(house, job)["output"],
        "error": "",
    }
    headers = dict(message.headers)
    assert headers.pop("x-webhook-secret", None) == (secret or None)
    assert headers == {"content-type": "application/json"}


def test_an_empty_webhook_url_means_none(house: House) -> None:
    _create(house, webhook_url="")
    house.advance(3)
    assert house.receiver.messages == []


@pytest.mark.parametrize("key", [None, "k"], ids=["without key", "with key"])
def test_the_models_are_listed_as_a_bare_array(house: House, key: str | None) -> None:
    (model,) = (each for each in house.get(f"{BASE}/models", key).json() if each["slug"] == SLUG)
    assert set(model) == {"title", "slug", "version", "output_type", "request_schema"}
    assert (model["slug"], model["output_type"]) == (SLUG, "video")
    assert model["request_schema"]["required"] == ["prompt", "video_url"]
    assert house.get(f"{BASE}/model?slug={SLUG}", key).json() == model


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("limit=1", 1),
        ("limit=500", 3),
        ("offset=0", 3),
        ("offset=1", 2),
        ("name=KLING", 3),
        ("name=o1-video", 1),
        ("name=sora", 0),
    ],
)
def test_the_list_is_paged_and_searched(house: House, query: str, found: int) -> None:
    assert len(house.get(f"{BASE}/models?{query}", None).json()) == found


@pytest.mark.parametrize("name", ["limit", "offset"])
@pytest.mark.parametrize("value", ["x", "-1", "1.5", "", "9" * 5000], ids=["word", "minus", "float", "empty", "huge"])
def test_a_bad_page_is_refused(house: House, name: str, value: str) -> None:
    answer = house.get(f"{BASE}/models?{name}={value}", None)
    assert (answer.status_code, answer.json()) == (400, {"error": f"invalid {name} parameter"})


@pytest.mark.parametrize("limit", ["0", "501"])
def test_the_limit_has_bounds(house: House, limit: str) -> None:
    assert house.get(f"{BASE}/models?limit={limit}", None).status_code == 400


@pytest.mark.parametrize(
    ("query", "status", "error"),
    [
        ("", 400, "slug parameter is required"),
        ("?slug=", 400, "slug parameter is required"),
        ("?slug=nobody", 404, "Failed to fetch model: model not found"),
    ],
    ids=["none", "empty", "unknown"],
)
def test_one_model_needs_a_slug_that_exists(house: House, query: str, status: int, error: str) -> None:
    answer = house.get(f"{BASE}/model{query}", None)
    assert (answer.status_code, answer.json()) == (status, {"error": error})


def test_under_a_stepped_clock_each_poll_is_one_state_further(houses: Callable[..., House]) -> None:
    house = houses(clock=Mode("step"))
    job = _create(house)
    assert [_poll(house, job)["status"] for _ in range(3)] == ["created", "processing", "success"]
