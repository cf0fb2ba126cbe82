"""fal's queue beyond one job: streams, places in line, time limits, retention, cancellation, tokens."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from vidmock.engine.faults.catalog import checked_rule
from vidmock.engine.faults.rules import Effect, FaultRule
from vidmock.engine.jobs.job import State
from vidmock.engine.jobs.timeline import Latency
from vidmock.engine.snapshot import snapshot
from vidmock.engine.time.mode import Mode

if TYPE_CHECKING:
    from tests.conftest import House

ENDPOINT = "fal-ai/kling-video/o1/reference-to-video"
SUBMIT = f"/fal/queue/{ENDPOINT}"
RUN = f"/fal/run/{ENDPOINT}"
JOBS = "/fal/queue/fal-ai/kling-video/requests"
INPUT: dict[str, Any] = {"prompt": "a kite over dunes"}


def submit(house: House, body: object = INPUT, **more: Any) -> str:
    answer = house.post(SUBMIT, body, **more)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["request_id"])


def events(text: str) -> list[Any]:
    """The events of a stream, comments as text."""
    return [
        json.loads(block.removeprefix("data: ")) if block.startswith("data: ") else block
        for block in text.removesuffix("\n\n").split("\n\n")
    ]


def stream(house: House, job: str, *seconds: float, query: str = "") -> list[Any]:
    """What the stream of *job* sends while *seconds* pass, one after the other."""
    pending = house.begin("GET", f"{JOBS}/{job}/status/stream{query}")
    for pause in seconds:
        house.advance(pause)
    answer = house.finish(pending)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert "content-length" not in answer.headers
    return events(answer.text)


def test_a_stream_tells_each_state_with_what_was_logged_since_and_ends_after_the_last(house: House) -> None:
    told = stream(house, submit(house), 1, 2, query="?logs=1")
    assert [event["status"] for event in told] == ["IN_QUEUE", "IN_PROGRESS", "COMPLETED"]
    logged = [[entry["message"] for entry in event["logs"]] for event in told]
    assert logged == [[], [f"Generating with {ENDPOINT}"], ["Done"]]
    assert [event.get("queue_position") for event in told] == [0, None, None]
    assert told[-1]["metrics"] == {"inference_time": 2.0}


def test_a_stream_without_logs_has_them_null(house: House) -> None:
    assert [event["logs"] for event in stream(house, submit(house), 1, 2)] == [None, None, None]


def test_a_silent_stream_is_kept_alive_every_15_seconds_of_the_clock(houses: Callable[..., House]) -> None:
    house = houses(latency=Latency(queue=(1.0, 1.0), run=(40.0, 40.0)))
    told = stream(house, submit(house), 1, 15, 15, 10)
    assert [event if isinstance(event, str) else event["status"] for event in told] == [
        "IN_QUEUE",
        "IN_PROGRESS",
        ": keep-alive",
        ": keep-alive",
        "COMPLETED",
    ]


def test_a_stream_ends_when_its_job_is_cancelled(house: House) -> None:
    job = submit(house)
    pending = house.begin("GET", f"{JOBS}/{job}/status/stream")
    house.ask("PUT", f"{JOBS}/{job}/cancel")
    told = events(house.finish(pending).text)
    assert [event["status"] for event in told] == ["IN_QUEUE", "COMPLETED"]
    assert told[-1]["error_type"] == "client_cancelled"


def test_a_stream_under_a_stepped_clock_goes_on_by_itself(houses: Callable[..., House]) -> None:
    house = houses(clock=Mode("step"))
    told = stream(house, submit(house))
    assert [event["status"] for event in told] == ["IN_QUEUE", "IN_PROGRESS", "COMPLETED"]


def test_the_stream_of_a_stuck_job_under_a_stepped_clock_ends(houses: Callable[..., House]) -> None:
    house = houses(clock=Mode("step"))
    house.world().faults.add(checked_rule(FaultRule("before", Effect("stuck"))))
    told = stream(house, submit(house))
    assert [event["status"] for event in told] == ["IN_QUEUE", "COMPLETED"]


def test_the_place_in_line_counts_those_before_that_still_wait(house: House) -> None:
    first, second, third = (submit(house) for _ in range(3))

    def places() -> list[int | None]:
        asked = (house.get(f"{JOBS}/{job}/status").json() for job in (first, second, third))
        return [status.get("queue_position") for status in asked]

    assert places() == [0, 1, 2]
    house.ask("PUT", f"{JOBS}/{second}/cancel")
    assert places() == [0, None, 1]
    house.advance(1)
    assert places() == [None, None, None]


def test_another_key_and_another_endpoint_are_not_in_line(house: House) -> None:
    house.post(SUBMIT, INPUT, "other-key")
    house.post("/fal/queue/fal-ai/fast-sdxl", INPUT)
    assert house.get(f"{JOBS}/{submit(house)}/status").json()["queue_position"] == 0


@pytest.mark.parametrize(("most", "status"), [(0, 429), (1, 429), (2, 200)])
def test_a_longer_queue_than_the_caller_takes_is_429_and_nothing_is_submitted(
    house: House, most: int, status: int
) -> None:
    submit(house)
    submit(house)
    answer = house.post(f"{SUBMIT}?fal_max_queue_length={most}", INPUT)
    assert answer.status_code == status
    assert len(house.world().jobs) == (3 if status == 200 else 2)


@pytest.mark.parametrize("value", ["-1", "1.5", "", "many", "9" * 5000, "٣"], ids=range(6))
def test_a_queue_length_that_is_no_number_is_400(house: House, value: str) -> None:
    answer = house.post(SUBMIT, INPUT, params={"fal_max_queue_length": value})
    assert (answer.status_code, answer.json()["error_type"]) == (400, "bad_request")


@pytest.mark.parametrize("name", ["X-Fal-Request-Timeout", "X-Fal-Request-Start-Timeout"])
@pytest.mark.parametrize("value", ["", "soon", "0", "0.1", "-5", "nan", "inf", "1e999"])
@pytest.mark.parametrize("path", [SUBMIT, RUN], ids=["queue", "run"])
def test_a_start_timeout_that_cannot_be_kept_is_400(house: House, path: str, name: str, value: str) -> None:
    answer = house.post(path, INPUT, headers={name: value})
    assert (answer.status_code, answer.json()["error_type"]) == (400, "bad_request")
    assert house.world().jobs == {}


def test_a_job_that_starts_in_time_is_not_timed_out(house: House) -> None:
    job = submit(house, headers={"x-fal-request-timeout": "1.5"})
    house.advance(3)
    assert house.get(f"{JOBS}/{job}").status_code == 200


def test_the_synchronous_call_times_out_while_it_waits(house: House) -> None:
    pending = house.begin("POST", RUN, json=INPUT, headers={"x-fal-request-timeout": "0.5"})
    house.advance(0.5)
    answer = house.finish(pending)
    assert (answer.status_code, answer.headers["x-fal-request-timeout-type"]) == (504, "user")
    assert house.world().ledger.spent == 0


def test_a_long_result_is_kept_for_six_minutes_only(house: House) -> None:
    job = submit(house, {"prompt": "a kite", "duration": "5" * 11_000})
    house.advance(1.5 + 359)
    assert len(house.get(f"{JOBS}/{job}").content) > 10 * 1024
    house.advance(1)
    assert house.get(f"{JOBS}/{job}").status_code == 404


def test_recent_logs_forget_what_is_older_than_their_window(houses: Callable[..., House]) -> None:
    house = houses(behaviours={"fal.logs": "recent"}, latency=Latency(queue=(1.0, 1.0), run=(50.0, 50.0)))
    job = submit(house)
    seen = []
    for seconds in (2, 40, 10):
        house.advance(seconds)
        logs = house.get(f"{JOBS}/{job}/status?logs=1").json()["logs"]
        seen.append([entry["message"] for entry in logs])
    assert seen == [[f"Generating with {ENDPOINT}"], [], ["Done"]]


@pytest.mark.parametrize(
    ("life", "header", "good", "gone"),
    [
        ("forever", None, 10**9, None),
        ("7d", None, 7 * 86400, 7 * 86400 + 1),
        ("forever", {"expiration_duration_seconds": 60}, 59, 60),
        ("7d", {"expiration_duration_seconds": 10**7}, 10**7 - 1, 10**7),
        ("7d", {"initial_acl": {"default": "hide"}}, 7 * 86400, 7 * 86400 + 1),
    ],
)
def test_an_output_is_served_as_long_as_was_asked(
    houses: Callable[..., House], life: str, header: object, good: float, gone: float | None
) -> None:
    house = houses(behaviours={"fal.media_life": life})
    headers = {"x-fal-object-lifecycle-preference": json.dumps(header)} if header else {}
    job = submit(house, headers=headers)
    house.advance(3)
    url = house.get(f"{JOBS}/{job}").json()["video"]["url"]
    house.advance(good - 0.5)
    assert house.get(url, None).status_code == 200
    if gone is not None:
        house.advance(gone - good + 0.5)
        assert house.get(url, None).status_code == 404


@pytest.mark.parametrize(
    "header",
    ["{", "5", "null", *(f'{{"expiration_duration_seconds": {value}}}' for value in ("0", '"1h"', "true", "1e300"))],
)
def test_a_lifecycle_that_makes_no_sense_is_400(house: House, header: str) -> None:
    answer = house.post(SUBMIT, INPUT, headers={"x-fal-object-lifecycle-preference": header})
    assert (answer.status_code, answer.json()["error_type"]) == (400, "bad_request")


def test_the_queue_is_never_full_but_synchronous_calls_are_limited_where_asked(houses: Callable[..., House]) -> None:
    house = houses(behaviours={"fal.concurrency": "2"})
    for _ in range(3):
        submit(house)
    house.advance(1)
    answer = house.post(RUN, INPUT)
    assert (answer.status_code, answer.json()["error_type"]) == (429, "concurrent_requests_limit")
    assert answer.headers["x-fal-needs-retry"] == "1"
    house.advance(2)
    pending = house.begin("POST", RUN, json=INPUT)
    house.advance(3)
    assert house.finish(pending).status_code == 200


def positions(house: House, jobs: list[str]) -> list[int | str]:
    """Of each job, its place in the queue, or else its status."""
    told = [house.get(f"{JOBS}/{job}/status").json() for job in jobs]
    return [body.get("queue_position", body["status"]) for body in told]


def test_no_more_synchronous_calls_are_let_through_at_once_than_the_limit(houses: Callable[..., House]) -> None:
    house = houses(behaviours={"fal.concurrency": "2"})
    calls = [house.begin("POST", RUN, json=INPUT) for _ in range(3)]
    house.advance(3)
    assert [house.finish(call).status_code for call in calls] == [200, 200, 429]


def test_a_queue_has_as_many_at_work_as_may_be_in_their_order(houses: Callable[..., House]) -> None:
    house = houses(behaviours={"fal.concurrency": "2"})
    jobs = [submit(house) for _ in range(5)]
    assert positions(house, jobs) == [0, 1, 2, 3, 4]
    seen = []
    for _ in range(7):
        house.advance(1)
        seen.append(positions(house, jobs))
    working, done = "IN_PROGRESS", "COMPLETED"
    assert seen == [
        [working, working, 0, 1, 2],
        [working, working, 0, 1, 2],
        [done, done, working, working, 0],
        [done, done, working, working, 0],
        [done, done, done, done, working],
        [done, done, done, done, working],
        [done] * 5,
    ]


def test_who_waits_moves_up_when_a_place_is_free_sooner_or_later(houses: Callable[..., House]) -> None:
    house = houses(behaviours={"fal.concurrency": "2", "fal.cancel_running": "stops"})
    jobs = [submit(house) for _ in range(5)]
    house.advance(1.5)
    house.ask("PUT", f"{JOBS}/{jobs[0]}/cancel")
    assert positions(house, jobs)[1:] == ["IN_PROGRESS", "IN_PROGRESS", 0, 1]
    house.world().faults.add(checked_rule(FaultRule("poll", Effect("slow", {"seconds": 60.0}), job=jobs[1], times=1)))
    assert positions(house, jobs)[1] == "IN_PROGRESS"
    house.advance(2)
    assert positions(house, jobs)[1:] == ["IN_PROGRESS", "COMPLETED", "IN_PROGRESS", 0]


def test_nobody_is_overtaken_where_all_may_work_at_once(houses: Callable[..., House]) -> None:
    house = houses(latency=Latency(queue=(0.0, 9.0), run=(2.0, 2.0)))
    jobs = [submit(house) for _ in range(12)]
    begun = [house.world().jobs[job].since(State.RUNNING) for job in jobs]
    assert begun == sorted(begun, key=lambda start: start or 0.0)
    assert len({*begun}) > 1


def test_a_job_that_is_stuck_holds_up_nobody(house: House) -> None:
    jobs = [submit(house, {"prompt": "a kite [[vidmock: stuck]]"}), submit(house)]
    house.advance(3)
    assert positions(house, jobs) == [0, "COMPLETED"]


def test_a_job_that_waits_longer_than_it_may_fails(houses: Callable[..., House]) -> None:
    house = houses(behaviours={"fal.concurrency": "2"})
    for _ in range(2):
        submit(house)
    job = house.post(SUBMIT, INPUT, headers={"x-fal-request-start-timeout": "2"}).json()["request_id"]
    house.advance(2)
    assert house.get(f"{JOBS}/{job}/status").json()["error_type"] == "request_timeout"


FAILURES = [
    ("internal", 500, "internal_server_error", None),
    ("moderated", 422, "content_policy_violation", None),
    ("upstream", 500, "downstream_service_error", None),
    ("upstream_timeout", 504, "generation_timeout", None),
    ("download", 422, "file_download_error", None),
    ("no_media", 422, "no_media_generated", None),
    ("image_too_small", 422, "image_too_small", None),
    ("runner_disconnected", 503, None, "runner_disconnected"),
    ("runner_incomplete_response", 502, None, "runner_incomplete_response"),
    ("startup_timeout", 504, None, "startup_timeout"),
]


@pytest.mark.parametrize(
    ("code", "status", "model", "infrastructure"), FAILURES, ids=[failure[0] for failure in FAILURES]
)
def test_a_failure_is_worded_as_fal_does(
    house: House, code: str, status: int, model: str | None, infrastructure: str | None
) -> None:
    rule = FaultRule("before", Effect("fail", {"code": code, "message": "it went wrong"}), times=1)
    house.world().faults.add(checked_rule(rule))
    job = submit(house)
    house.advance(3)
    result, shown = house.get(f"{JOBS}/{job}"), house.get(f"{JOBS}/{job}/status").json()
    assert result.status_code == status
    assert result.headers["x-fal-needs-retry"] == ("1" if status >= 500 else "false")
    assert result.headers.get("x-fal-error-type") == infrastructure
    if infrastructure:
        assert result.json() == {"detail": "it went wrong", "error_type": infrastructure}
        assert (shown["error"], shown["error_type"]) == ("it went wrong", infrastructure)
        assert "x-fal-request-timeout-type" not in result.headers
    else:
        (item,) = result.json()["detail"]
        assert (item["type"], item["msg"]) == (model, "it went wrong")
        assert "error" not in shown
    assert house.world().ledger.spent == 0


def test_the_status_of_a_downstream_error_is_a_switch(houses: Callable[..., House]) -> None:
    house = houses(behaviours={"fal.downstream_status": "400"})
    house.world().faults.add(checked_rule(FaultRule("before", Effect("fail", {"code": "upstream"}))))
    job = submit(house)
    house.advance(3)
    assert house.get(f"{JOBS}/{job}").status_code == 400


@pytest.mark.parametrize(
    ("effect", "status", "kind"),
    [
        ("upstream_timeout", 504, "request_timeout"),
        ("unavailable", 503, "runner_scheduling_failure"),
        ("internal", 500, "internal_error"),
    ],
)
def test_a_refusal_at_submission_is_worded_as_fal_does(house: House, effect: str, status: int, kind: str) -> None:
    house.world().faults.add(checked_rule(FaultRule("before", Effect(effect))))
    answer = house.post(SUBMIT, INPUT)
    body = answer.json()
    assert answer.status_code == status
    assert kind in (body.get("error_type"), body["detail"][0]["type"] if isinstance(body["detail"], list) else None)


PICTURE = "https://pictures.example/cat.png"


@pytest.mark.parametrize("given", [{"prompt": "a kite"}, {"prompt": "a kite", "image_urls": [PICTURE]}])
@pytest.mark.parametrize("whole", ["whole", "field"])
def test_refused_content_blames_the_pictures_or_else_the_prompt(
    houses: Callable[..., House], given: dict[str, Any], whole: str
) -> None:
    house = houses(behaviours={"fal.refused_input": whole})
    house.world().faults.add(checked_rule(FaultRule("before", Effect("moderated"))))
    job = submit(house, given)
    house.advance(3)
    assert "error" not in house.get(f"{JOBS}/{job}/status").json()
    answer = house.get(f"{JOBS}/{job}")
    blamed = [*given][-1]
    assert answer.status_code == 422
    assert answer.json() == {
        "detail": [
            {
                "loc": ["body", blamed],
                "msg": "The content could not be processed because it contained material flagged by a content checker.",
                "type": "content_policy_violation",
                "url": "https://docs.fal.ai/errors#content_policy_violation",
                "input": given if whole == "whole" else given[blamed],
            }
        ]
    }
    assert answer.headers["x-fal-billable-units"] == "0"


def test_every_error_names_its_request(house: House) -> None:
    asked = (("GET", f"{JOBS}/nobody"), ("POST", "/fal/queue/fal-ai/none"), ("PATCH", SUBMIT), ("GET", "/fal/media/x"))
    names = {house.ask(method, path).headers["x-fal-request-id"] for method, path in asked}
    assert len(names) == len(asked)


HOSTILE = ["%0d%0ax:y", "%00", "..%2f..", "%ff%fe", "a" * 5000, "%F0%9F%AA%81", "'\"<>", "status", "{job}"]


@pytest.mark.parametrize("job", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize(("method", "tail"), [("GET", ""), ("GET", "/status/stream"), ("PUT", "/cancel")])
def test_a_hostile_id_is_just_unknown(house: House, job: str, method: str, tail: str) -> None:
    answer = house.ask(method, f"{JOBS}/{job}{tail}")
    # An id with slashes in it is another path, which only takes submissions.
    elsewhere = "%2f" in job
    assert answer.status_code == (405 if elsewhere else 404)
    assert answer.text == "405: Method Not Allowed" if elsewhere else answer.json()


@pytest.mark.parametrize("header", ["", "Key", "Key ", "Basic !", "Key \x80"], ids=range(5))
def test_a_hostile_key_is_never_a_failure_of_ours(house: House, header: str) -> None:
    answer = house.post(SUBMIT, INPUT, key=None, headers={"authorization": header.encode("latin-1")})
    assert answer.status_code in (200, 401)


def test_any_content_type_is_read_as_json(house: House) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "nonsense"):
        assert house.post(SUBMIT, content=b'{"prompt": "a"}', headers={"content-type": kind}).status_code == 200
    form = house.post(SUBMIT, files={"prompt": b"a kite"})
    assert (form.status_code, form.json()["detail"][0]["loc"]) == (422, ["body", 0])


@pytest.mark.parametrize("seconds", [1, 3600])
def test_a_browser_token_stands_for_its_key_until_it_ends(house: House, seconds: int) -> None:
    job = submit(house)
    token = house.post("/fal/rest/tokens/", {"token_expiration": seconds}).json()
    assert house.get(f"{JOBS}/{job}/status?fal_jwt_token={token}", None).status_code == 202
    assert house.post(f"{SUBMIT}?fal_jwt_token={token}", INPUT, None).status_code == 200
    assert len(house.world().jobs) == 2
    house.advance(seconds)
    assert house.post(f"{SUBMIT}?fal_jwt_token={token}", INPUT, None).status_code == 401


@pytest.mark.parametrize(
    "body", [{"token_expiration": 0}, {"token_expiration": 3601}, {"token_expiration": True}, {"allowed_apps": "x"}]
)
def test_a_token_on_impossible_terms_is_422(house: House, body: object) -> None:
    assert house.post("/fal/rest/tokens", body).status_code == 422


def test_models_that_are_files_only_answer_in_their_own_form(house: House) -> None:
    """Nothing in the code knows these models: their files say what they take and what they answer with."""
    pending = house.begin("POST", "/fal/run/fal-ai/fast-sdxl", json={"prompt": "a cat", "seed": 42})
    house.advance(3)
    answer = house.finish(pending).json()
    (picture,) = answer.pop("images")
    assert answer == {"seed": 42, "prompt": "a cat"}
    assert (picture["width"], picture["height"], picture["content_type"]) == (1024, 1024, "image/png")
    assert house.get(picture["url"], None).content.startswith(b"\x89PNG")
    assert house.post("/fal/run/fal-ai/fast-sdxl", {"prompt": 5}).status_code == 422


def test_a_seed_that_was_not_sent_is_drawn(house: House) -> None:
    pending = house.begin("POST", "/fal/run/fal-ai/fast-sdxl", json={"prompt": "a cat"})
    house.advance(3)
    assert isinstance(house.finish(pending).json()["seed"], int)


def test_a_model_that_streams_grows_its_answer(house: House) -> None:
    pending = house.begin("POST", "/fal/run/fal-ai/any-llm/stream", json={"prompt": "a joke"})
    house.advance(3)
    told = events(house.finish(pending).text)
    assert len(told) > 2
    assert [event["partial"] for event in told] == [True] * (len(told) - 1) + [False]
    assert all(later["output"].startswith(event["output"]) for event, later in pairwise(told))
    assert house.post("/fal/run/fal-ai/any-llm/stream", {}).status_code == 422


@pytest.mark.parametrize(
    ("choice", "statuses"), [("refused", (401, 401, 401, 401)), ("accepted", (202, 400, 200, 202))]
)
def test_without_a_key_nothing_is_told_or_done_unless_it_is_switched_so(
    houses: Callable[..., House], choice: str, statuses: tuple[int, ...]
) -> None:
    house = houses(behaviours={"fal.anonymous": choice})
    job = submit(house)
    calls = [("GET", "/status"), ("GET", ""), ("GET", "/status/stream"), ("PUT", "/cancel")]
    asked = [house.begin(method, f"{JOBS}/{job}{tail}", None) for method, tail in calls]
    assert tuple(house.finish(each).status_code for each in asked) == statuses
    assert house.post(SUBMIT, INPUT, None).status_code == (200 if choice == "accepted" else 401)


def test_what_is_not_there_is_not_there_without_a_key_either(house: House) -> None:
    """It is looked up before anybody asks who may have it."""
    assert house.get(f"{JOBS}/nobody/status", None).status_code == 404
    assert house.post("/fal/queue/fal-ai/nothing", INPUT, None).status_code == 404
    assert house.get(f"{JOBS}/nobody/status", "vidmock-invalid").status_code == 401


def test_an_expired_token_is_not_taken_for_no_key_at_all(houses: Callable[..., House]) -> None:
    house = houses(behaviours={"fal.anonymous": "accepted"})
    token = house.post("/fal/rest/tokens", {"token_expiration": 1}).json()
    house.advance(1)
    assert house.post(f"{SUBMIT}?fal_jwt_token={token}", INPUT, None).status_code == 401


@pytest.mark.parametrize(
    ("choice", "names"),
    [
        ("both", {"x-fal-needs-retry": "1", "x-fal-retryable": "true"}),
        ("needs_retry", {"x-fal-needs-retry": "1"}),
        ("retryable", {"x-fal-retryable": "true"}),
    ],
)
def test_whether_to_try_again_is_in_the_header_of_the_edition(
    houses: Callable[..., House], choice: str, names: dict[str, str]
) -> None:
    house = houses(behaviours={"fal.retry_header": choice})
    answer = house.post(f"{SUBMIT}?fal_max_queue_length=0", INPUT)
    assert answer.status_code == 200
    answer = house.post(f"{SUBMIT}?fal_max_queue_length=0", INPUT)
    assert {name: value for name, value in answer.headers.items() if "retr" in name} == names


def test_a_body_that_is_too_large_is_413(house: House) -> None:
    answer = house.post(SUBMIT, content=b" " * (100 * 2**20 + 1))
    assert (answer.status_code, answer.json()["error_type"]) == (413, "bad_request")


APPS = {
    "the alias": (["kling-video"], 200),
    "one of two": (["flux", "kling-video"], 200),
    "all": (None, 200),
    "another": (["flux"], 403),
    "none": ([], 403),
    "the application's id": (["fal-ai/kling-video"], 403),
    "the endpoint's id": ([ENDPOINT], 403),
}


@pytest.mark.parametrize("what", APPS)
def test_a_browsers_token_is_good_for_the_applications_that_it_was_made_for(house: House, what: str) -> None:
    """With the whole path in ``allowed_apps``, fal gives a token that then opens nothing."""
    apps, status = APPS[what]
    token = house.post("/fal/rest/tokens", {} if apps is None else {"allowed_apps": apps}).json()
    bearer = {"authorization": f"Bearer {token}"}
    submitted = house.post(f"{SUBMIT}?fal_jwt_token={token}", INPUT, None)
    assert submitted.status_code == status
    job = submit(house)
    for method, tail in (("GET", "/status"), ("GET", ""), ("PUT", "/cancel"), ("GET", "/status/stream")):
        answer = house.ask(method, f"{JOBS}/{job}{tail}", None, headers=bearer)
        assert (answer.status_code == 403) is (status == 403)
    run = house.begin("POST", RUN, None, json=INPUT, headers=bearer)
    house.advance(3)
    assert house.finish(run).status_code == status
    if status == 403:
        assert submitted.json() == {"detail": "Forbidden"}
        assert house.post(f"{RUN}/stream", INPUT, None, headers=bearer).status_code == 403


@pytest.mark.parametrize(
    "path", ["/fal/rest/tokens", "/fal/rest/storage/auth/token", "/fal/rest/storage/upload/initiate"]
)
def test_a_browsers_token_for_an_application_opens_nothing_else(house: House, path: str) -> None:
    token = house.post("/fal/rest/tokens", {"allowed_apps": ["kling-video"]}).json()
    assert house.post(path, {}, None, headers={"authorization": f"Bearer {token}"}).status_code == 403


def test_the_applications_of_a_token_can_be_ignored(houses: Callable[..., House]) -> None:
    house = houses(behaviours={"fal.allowed_apps": "ignored"})
    token = house.post("/fal/rest/tokens", {"allowed_apps": ["flux"]}).json()
    assert house.post(f"{SUBMIT}?fal_jwt_token={token}", INPUT, None).status_code == 200


def test_a_path_that_is_misspelt_is_told_the_nearest_of_all_that_there_are(house: House) -> None:
    answer = house.post("/fal/queue/fal-ai/kling-video/o1/referense-to-video", {"prompt": "a kite"})
    meant = "fal-ai/kling-video/o1/reference-to-video"
    assert f"Did you mean '{meant}'?" in answer.headers["x-vidmock-notice"]


@pytest.mark.parametrize("path", ["", "/o9", "/v2.1/standard/text-to-video"])
def test_a_path_that_an_application_does_not_have_costs_nothing_and_is_told_of(house: House, path: str) -> None:
    answer = house.post(f"/fal/queue/fal-ai/kling-video{path}", {"prompt": "a kite"})
    assert answer.status_code == 200
    assert f"fal has no model 'fal-ai/kling-video{path}' here" in answer.headers["x-vidmock-notice"]
    house.advance(0.2)
    (job,) = house.world().jobs.values()
    assert job.failure
    assert (str(job.cost), job.outputs, job.failure.reason) == ("0", (), f"Path {path or '/'} not found")
    assert [exchange.submitted for exchange in house.world().journal] == [()], "no model was asked for"
    result = house.get(f"/fal/queue/fal-ai/kling-video/requests/{job.id}")
    assert (result.status_code, result.json()) == (404, {"detail": f"Path {path or '/'} not found"})
    before = snapshot.save_world(house.app.engine, house.world())
    house.run(_loaded(house, before))
    assert snapshot.save_world(house.app.engine, house.world()) == before


async def _loaded(house: House, document: Any) -> None:
    snapshot.load_world(house.app.engine, document)


def test_nor_does_it_stream_one(house: House) -> None:
    answer = house.post("/fal/run/fal-ai/kling-video/o9/stream", {"prompt": "a kite"})
    assert (answer.status_code, answer.json()) == (404, {"detail": "Path /o9 not found"})
