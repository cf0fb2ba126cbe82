"""RunPod's queue endpoints on the wire: state by state, error by error."""

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

BASE = "/runpod/v2/kling-video-o1-r2v"
INPUT: dict[str, Any] = {"prompt": "a kite over dunes", "images": ["https://pictures.example/cat.png"]}
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"


def _run(house: House, route: str = "run", **more: Any) -> Any:
    answer = house.post(f"{BASE}/{route}", {"input": INPUT} | more)
    assert answer.status_code == 200
    return answer.json()


def _status(house: House, job: str) -> Any:
    answer = house.get(f"{BASE}/status/{job}")
    assert answer.status_code == 200
    return answer.json()


def _refused(answer: httpx.Response, status: int, title: str, detail: str) -> None:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert set(body) == {"status", "title", "detail"}
    assert (body["status"], body["title"]) == (status, title)
    assert re.search(detail, body["detail"])


def test_a_job_from_submission_to_its_video(house: House) -> None:
    accepted = _run(house)
    assert set(accepted) == {"id", "status"}
    assert re.fullmatch(f"{UUID}-u1", accepted["id"])
    assert accepted["status"] == "IN_QUEUE"
    job = accepted["id"]

    assert _status(house, job) == {"id": job, "status": "IN_QUEUE"}
    house.advance(1)
    running = _status(house, job)
    assert running == {"delayTime": 1000, "id": job, "status": "IN_PROGRESS", "workerId": running["workerId"]}
    assert re.fullmatch("[a-z0-9]{14}", running["workerId"])
    house.advance(2)
    done = _status(house, job)
    url = done["output"]["video_url"]
    assert done == running | {
        "executionTime": 2000,
        "output": {"cost": 0.56, "result": url, "video_url": url},
        "status": "COMPLETED",
    }
    assert list(done) == sorted(done)
    assert all(isinstance(done[key], int) for key in ("delayTime", "executionTime"))
    assert house.get(url, key=None).content[4:8] == b"ftyp"


@pytest.mark.parametrize(("seconds", "cost"), [(3, 0.336), (5, 0.56), (10, 1.12)])
def test_the_cost_is_the_documented_one_without_binary_dust(house: House, seconds: int, cost: float) -> None:
    job = _run(house, input=INPUT | {"duration": seconds})["id"]
    house.advance(3)
    assert f'"cost":{cost}' in house.get(f"{BASE}/status/{job}").text


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_status_can_be_asked_for_by_get_and_post(house: House, method: str) -> None:
    job = _run(house)["id"]
    assert house.ask(method, f"{BASE}/status/{job}").json()["status"] == "IN_QUEUE"


@pytest.mark.parametrize("header", ["Bearer a-key", "bearer a-key", "a-key"])
def test_the_key_comes_with_or_without_bearer(house: House, header: str) -> None:
    answer = house.post(f"{BASE}/run", {"input": INPUT}, key=None, headers={"authorization": header})
    assert answer.status_code == 200
    assert list(house.world("a-key").jobs) == [answer.json()["id"]]


@pytest.mark.parametrize("header", ["Key a-key", "Basic a-key"])
def test_a_key_in_another_form_is_refused(house: House, header: str) -> None:
    answer = house.post(f"{BASE}/run", {"input": INPUT}, key=None, headers={"authorization": header})
    assert answer.status_code == 401


@pytest.mark.parametrize("slashes", ["/runpod/v2//kling-video-o1-r2v/run", "//runpod/v2/kling-video-o1-r2v//run/"])
def test_repeated_and_trailing_slashes_are_tolerated(house: House, slashes: str) -> None:
    assert house.post(f"http://mock.test{slashes}", {"input": INPUT}).status_code == 200


@pytest.mark.parametrize("extra", [{"policy": {"ttl": 10000}}, {"s3Config": {}}, {"webhookV2": "x"}, {"whatever": 1}])
def test_other_envelope_keys_are_dropped(house: House, extra: dict[str, Any]) -> None:
    assert _run(house, **extra)["status"] == "IN_QUEUE"


def test_an_unknown_input_key_is_ignored(house: House) -> None:
    job = _run(house, input=INPUT | {"size": "1280*720"})["id"]
    house.advance(3)
    assert _status(house, job)["status"] == "COMPLETED"


@pytest.mark.parametrize(
    ("wrong", "names"),
    [
        ({"prompt": "x"}, "images"),
        (INPUT | {"duration": 11}, "duration: .*10"),
        (INPUT | {"duration": "5"}, "duration"),
        (INPUT | {"images": []}, "images"),
        (INPUT | {"aspect_ratio": "4:3"}, "aspect_ratio: .*16:9"),
    ],
    ids=["no images", "too long", "string duration", "no image", "bad shape"],
)
def test_bad_input_is_accepted_and_fails_a_moment_later_for_nothing(
    house: House, wrong: dict[str, object], names: str
) -> None:
    job = _run(house, input=wrong)["id"]
    house.advance(1)
    assert _status(house, job)["status"] == "IN_PROGRESS"
    house.advance(0.5)
    failed = _status(house, job)
    assert set(failed) == {"delayTime", "error", "executionTime", "id", "status", "workerId"}
    assert (failed["status"], failed["executionTime"]) == ("FAILED", 500)
    assert re.search(names, failed["error"])
    assert house.world().ledger.spent == 0


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        (b"", "Expecting value"),
        (b"{", "line 1, column 2"),
        (b'{"input": {"prompt": NaN}}', r"NaN is not JSON.*line 1, column 22"),
        (b'{"input": {},\n "input": {}}', r"'input' appears twice.*line 2, column 2"),
        (b'{"input": "\xff"}', "not UTF-8"),
        (b"[]", "must be a JSON object, not an array"),
        (b"{}", "'input' is missing"),
        (b'{"input": null}', "'input' must be an object, not null"),
        (b'{"input": []}', "'input' must be an object, not an array"),
        (b'{"input": {}, "webhook": 5}', "'webhook' must be a string, not an integer"),
    ],
    ids=["empty", "cut", "nan", "twice", "bytes", "array", "no input", "null", "input array", "hook"],
)
@pytest.mark.parametrize("route", ["run", "runsync"])
def test_a_body_that_is_no_request_is_refused_at_once(house: House, route: str, content: bytes, detail: str) -> None:
    _refused(house.post(f"{BASE}/{route}", content=content), 400, "Bad Request", detail)
    assert house.world().jobs == {}


@pytest.mark.parametrize("route", ["run", "runsync"])
def test_missing_and_refused_keys(house: House, route: str) -> None:
    body = {"input": INPUT}
    _refused(house.post(f"{BASE}/{route}", body, key=None), 401, "Unauthorized", "no token provided")
    _refused(house.post(f"{BASE}/{route}", body, key="vidmock-invalid"), 401, "Unauthorized", "token")


@pytest.mark.parametrize("route", ["status/x", "cancel/x", "health"])
def test_every_route_needs_a_key(house: House, route: str) -> None:
    method = "POST" if route.startswith("cancel") else "GET"
    _refused(house.ask(method, f"{BASE}/{route}", key=None), 401, "Unauthorized", "no token provided")
    _refused(house.ask(method, f"{BASE}/{route}", key="vidmock-invalid"), 401, "Unauthorized", "token")


@pytest.mark.parametrize("key", ["a-key", None], ids=["with key", "without"])
@pytest.mark.parametrize("route", ["run", "runsync", "status/x", "cancel/x", "health"])
def test_an_unknown_endpoint_is_404_even_without_a_key(house: House, route: str, key: str | None) -> None:
    method = "GET" if route.startswith(("status", "health")) else "POST"
    body = {"json": {"input": INPUT}} if method == "POST" else {}
    answer = house.ask(method, f"/runpod/v2/nobody/{route}", key, **body)
    _refused(answer, 404, "Not Found", "^endpoint not found$")


@pytest.mark.parametrize(("method", "route"), [("GET", "status"), ("POST", "status"), ("POST", "cancel")])
def test_an_unknown_job_is_404(house: House, method: str, route: str) -> None:
    _refused(house.ask(method, f"{BASE}/{route}/nobody-u1"), 404, "Not Found", "^job not found$")


def test_another_providers_job_is_unknown_here(house: House) -> None:
    other = house.post("/fal/queue/fal-ai/kling-video/o1/reference-to-video", {"prompt": "x"}).json()["request_id"]
    _refused(house.get(f"{BASE}/status/{other}"), 404, "Not Found", "^job not found$")


@pytest.mark.parametrize(
    ("method", "route"), [("GET", "run"), ("PUT", "runsync"), ("DELETE", "status/x"), ("GET", "cancel/x")]
)
def test_a_wrong_method_is_405(house: House, method: str, route: str) -> None:
    _refused(house.ask(method, f"{BASE}/{route}"), 405, "Method Not Allowed", f"{method} is not allowed")


def test_an_unknown_path_is_404_in_the_same_form(house: House) -> None:
    _refused(house.get(f"{BASE}/nowhere/at/all"), 404, "Not Found", "nowhere")


@pytest.mark.parametrize("seconds", [0, 1], ids=["queued", "running"])
@pytest.mark.parametrize("body", [{}, {"content": b"", "headers": {"content-type": "application/json"}}, {"json": {}}])
def test_a_job_is_cancelled_while_it_waits_or_runs(house: House, seconds: float, body: dict[str, Any]) -> None:
    job = _run(house)["id"]
    house.advance(seconds)
    answer = house.ask("POST", f"{BASE}/cancel/{job}", **body)
    assert (answer.status_code, answer.json()) == (200, {"id": job, "status": "CANCELLED"})
    house.advance(10)
    assert _status(house, job) == {"id": job, "status": "CANCELLED"}
    assert house.world().ledger.spent == 0


def test_cancelling_what_has_ended_changes_nothing(house: House) -> None:
    job = _run(house)["id"]
    house.advance(3)
    done = _status(house, job)
    answer = house.post(f"{BASE}/cancel/{job}")
    assert (answer.status_code, answer.json()) == (200, done)
    assert _status(house, job) == done


def test_runsync_answers_when_the_job_has_ended(house: House) -> None:
    pending = house.begin("POST", f"{BASE}/runsync", json={"input": INPUT})
    house.advance(2.999)
    assert not pending.done()
    house.advance(0.001)
    body = house.finish(pending).json()
    assert body["status"] == "COMPLETED"
    assert re.fullmatch(f"sync-{UUID}-u1", body["id"])
    assert body == _status(house, body["id"])


@pytest.mark.parametrize(("wait", "status"), [("90000", "COMPLETED"), ("1000", "IN_PROGRESS")])
def test_runsync_answers_of_the_moment_at_which_its_wait_was_over(house: House, wait: str, status: str) -> None:
    pending = house.begin("POST", f"{BASE}/runsync?wait={wait}", json={"input": INPUT})
    house.advance(3600)  # A result is kept for a minute.
    answer = house.finish(pending)
    assert (answer.status_code, answer.json()["status"]) == (200, status)
    assert house.get(f"{BASE}/status/{answer.json()['id']}").status_code == 404


@pytest.mark.parametrize(
    ("wait", "after", "status"),
    [("1000", 1.0, "IN_PROGRESS"), ("2500", 2.5, "IN_PROGRESS"), ("5", 1.0, "IN_PROGRESS"), ("x", 3.0, "COMPLETED")],
    ids=["least", "running", "raised to the least", "not a number"],
)
def test_runsync_answers_without_the_result_when_the_job_outlasts_the_wait(
    house: House, wait: str, after: float, status: str
) -> None:
    pending = house.begin("POST", f"{BASE}/runsync?wait={wait}", json={"input": INPUT})
    house.advance(after)
    answer = house.finish(pending)
    body = answer.json()
    assert (answer.status_code, body["status"], "output" in body) == (200, status, status == "COMPLETED")
    house.advance(3)
    assert _status(house, body["id"])["status"] == "COMPLETED"


def test_runsync_can_end_before_any_worker_has_looked(houses: Callable[..., House]) -> None:
    from vidmock.engine.jobs.timeline import Latency

    house = houses(latency=Latency((5.0, 5.0), (1.0, 1.0)))
    pending = house.begin("POST", f"{BASE}/runsync?wait=1000", json={"input": INPUT})
    house.advance(1)
    body = house.finish(pending).json()
    assert body == {"id": body["id"], "status": "IN_QUEUE"}


@pytest.mark.parametrize(("wait", "seconds"), [("", 90), ("300000", 300), ("900000", 300), ("9" * 5000, 300)])
def test_the_longest_wait_is_bounded(houses: Callable[..., House], wait: str, seconds: float) -> None:
    from vidmock.engine.jobs.timeline import Latency

    house = houses(latency=Latency((1.0, 1.0), (10_000.0, 10_000.0)))
    pending = house.begin("POST", f"{BASE}/runsync" + (f"?wait={wait}" if wait else ""), json={"input": INPUT})
    house.advance(seconds - 0.5)
    assert not pending.done()
    house.advance(1)
    assert house.finish(pending).json()["status"] == "IN_PROGRESS"


def test_runsync_under_a_scaled_clock(houses: Callable[..., House]) -> None:
    from vidmock.engine.jobs.timeline import Latency

    # The wait is over in 50 ms and the slow job in hours; the quick one's result is kept for half a minute.
    # No machine is too busy to look in between.
    slow = houses(clock=Mode("scaled", 100.0), latency=Latency((0.0, 0.0), (1e6, 1e6)))
    quick = houses(clock=Mode("scaled", 2.0), latency=Latency((0.0, 0.0), (0.02, 0.02)))
    day = {"executionTimeout": 86_400_000}
    outlasting = slow.post(f"{BASE}/runsync?wait=5000", {"input": INPUT, "policy": day}).json()
    assert outlasting["status"] == "IN_PROGRESS"
    assert quick.post(f"{BASE}/runsync", {"input": INPUT}).json()["status"] == "COMPLETED"


def test_runsync_says_failed_and_cancelled_with_200(house: House) -> None:
    failing = house.begin("POST", f"{BASE}/runsync", json={"input": {"prompt": "x"}})
    cancelled = house.begin("POST", f"{BASE}/runsync", json={"input": INPUT})
    (job,) = [job.id for job in house.world().jobs.values() if job.failure is None]
    house.post(f"{BASE}/cancel/{job}")
    house.advance(3)
    answers = [house.finish(failing), house.finish(cancelled)]
    assert [(answer.status_code, answer.json()["status"]) for answer in answers] == [
        (200, "FAILED"),
        (200, "CANCELLED"),
    ]


def test_health_adds_up(house: House) -> None:
    for _ in range(2):
        _run(house)
    cancelled = _run(house)["id"]
    _run(house, input={"prompt": "x"})
    house.post(f"{BASE}/cancel/{cancelled}")
    house.advance(1)
    _run(house)
    body = house.get(f"{BASE}/health").json()
    assert body["jobs"] == {"completed": 0, "failed": 0, "inProgress": 3, "inQueue": 1, "retried": 0}
    assert body["workers"]["running"] == 3
    house.advance(10)
    body = house.get(f"{BASE}/health").json()
    assert body["jobs"] == {"completed": 3, "failed": 1, "inProgress": 0, "inQueue": 0, "retried": 0}
    assert body["workers"] == dict.fromkeys(("initializing", "running", "throttled", "unhealthy"), 0) | {
        "idle": 1,
        "ready": 1,
    }


@pytest.mark.parametrize("wrong", [False, True], ids=["completed", "failed"])
def test_the_webhook_is_the_status_with_input_and_webhook(house: House, wrong: bool) -> None:
    given = {"prompt": "x"} if wrong else INPUT
    job = _run(house, input=given, webhook="http://receiver.test/hook")["id"]
    house.advance(3)
    (message,) = house.receiver.messages
    assert json.loads(message.body) == _status(house, job) | {"input": given, "webhook": "http://receiver.test/hook"}
    assert dict(message.headers)["content-type"] == "application/json"
    assert dict(message.headers)["user-agent"] == "Go-http-client/2.0"


def test_an_empty_webhook_is_none(house: House) -> None:
    _run(house, webhook="")
    house.advance(3)
    assert house.receiver.messages == []


def test_under_a_stepped_clock_each_poll_is_one_state_further(houses: Callable[..., House]) -> None:
    house = houses(clock=Mode("step"))
    job = _run(house)["id"]
    assert [_status(house, job)["status"] for _ in range(3)] == ["IN_QUEUE", "IN_PROGRESS", "COMPLETED"]


def test_a_picture_that_the_ai_sdk_sends_as_image_can_count_as_one_of_images(houses: Callable[..., House]) -> None:
    given = {"prompt": "a kite", "image": "https://example.com/kite.png"}
    for choice, ends in (("ignored", "FAILED"), ("taken", "COMPLETED")):
        house = houses(behaviours={"runpod.image": choice})
        job = house.post("/runpod/v2/kling-video-o1-r2v/run", {"input": given}).json()["id"]
        house.advance(60)
        assert house.get(f"/runpod/v2/kling-video-o1-r2v/status/{job}").json()["status"] == ends
    both = given | {"images": ["https://example.com/a.png"]}
    house = houses(behaviours={"runpod.image": "taken"})
    house.post("/runpod/v2/kling-video-o1-r2v/run", {"input": both})
    (made,) = house.world().jobs.values()
    assert made.input == both
