"""RunPod's further routes: waiting, streams, retries, purges, time limits, rate limits, and the worker model."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vidmock.engine.faults.catalog import checked_rule
from vidmock.engine.faults.rules import Effect, FaultRule
from vidmock.engine.jobs.job import State
from vidmock.engine.jobs.timeline import Latency
from vidmock.engine.service.engine import Engine
from vidmock.engine.service.submission import Submission
from vidmock.engine.service.webhook_sender import WebhookSender
from vidmock.engine.time.mode import Mode
from vidmock.engine.webhooks.delivery import ReceiverAnswer
from vidmock.engine.world.registry import WorldRegistry
from vidmock.engine.world.settings import Settings
from vidmock.providers.runpod.dialect import RunPodDialect
from vidmock.providers.runpod.workers import health_body
from vidmock.schema.catalog import find_model

if TYPE_CHECKING:
    import httpx
    from tests.conftest import House

    from vidmock.engine.webhooks.delivery import Message

BASE = "/runpod/v2/kling-video-o1-r2v"
INPUT: dict[str, Any] = {"prompt": "a kite over dunes", "images": ["https://pictures.example/cat.png"]}
SLOW = Latency(queue=(1.0, 1.0), run=(1000.0, 1000.0))


def _run(house: House, route: str = "run", key: str = "a-key", **more: Any) -> str:
    answer = house.post(f"{BASE}/{route}", {"input": INPUT} | more, key)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])


def _status(house: House, job: str, query: str = "") -> Any:
    return house.get(f"{BASE}/status/{job}{query}").json()


def _gone(answer: httpx.Response) -> bool:
    return (answer.status_code, answer.json().get("detail")) == (404, "job not found")


def test_who_waits_is_answered_as_of_the_end_that_a_busy_machine_notices_late(houses: Callable[..., House]) -> None:
    house = houses(clock=Mode("scaled", 1.0), latency=Latency(queue=(100.0, 100.0), run=(100.0, 100.0)))
    pending = house.begin("POST", f"{BASE}/runsync?wait=300000", json={"input": INPUT})
    clock = house.world().clock

    async def notice() -> None:
        # The result is kept for 60 s after 200; nobody looked at the clock in between.
        clock._anchor -= 1000
        clock._ring()

    house.run(notice())
    answer = house.finish(pending)
    assert (answer.status_code, answer.json().get("status")) == (200, "COMPLETED")
    assert _gone(house.get(f"{BASE}/status/{answer.json()['id']}"))


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_status_sync_answers_when_the_job_has_ended(house: House, method: str) -> None:
    job = _run(house)
    pending = house.begin(method, f"{BASE}/status-sync/{job}")
    house.advance(2.999)
    assert not pending.done()
    house.advance(0.001)
    assert house.finish(pending).json() == _status(house, job)


def test_status_sync_is_held_for_the_wait_and_no_longer(houses: Callable[..., House]) -> None:
    house = houses(latency=SLOW)
    job = _run(house)
    pending = house.begin("GET", f"{BASE}/status-sync/{job}?wait=1500")
    house.advance(1.499)
    assert not pending.done()
    house.advance(0.001)
    assert house.finish(pending).json()["status"] == "IN_PROGRESS"


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(("query", "held"), [("", 10.0), ("?wait=2000", 2.0), ("?wait=1", 1.0), ("?wait=60000", 10.0)])
def test_a_read_of_a_stream_is_held_and_always_has_its_list(
    houses: Callable[..., House], method: str, query: str, held: float
) -> None:
    house = houses(latency=SLOW)
    job = _run(house)
    pending = house.begin(method, f"{BASE}/stream/{job}{query}")
    house.advance(held - 0.001)
    assert not pending.done()
    house.advance(0.001)
    assert house.finish(pending).json() == {"status": "IN_PROGRESS", "stream": []}


def test_a_stream_ends_with_the_job(house: House) -> None:
    job = _run(house)
    pending = house.begin("GET", f"{BASE}/stream/{job}")
    house.advance(3)
    assert house.finish(pending).json() == {"status": "COMPLETED", "stream": []}
    assert house.get(f"{BASE}/stream/{job}").json() == {"status": "COMPLETED", "stream": []}


def test_a_stream_can_be_a_bare_array(houses: Callable[..., House]) -> None:
    house = houses(behaviours={"runpod.stream": "array"})
    job = _run(house)
    house.advance(3)
    assert house.get(f"{BASE}/stream/{job}").json() == []


@pytest.mark.parametrize("route", ["status-sync", "stream"])
def test_a_job_that_is_purged_while_somebody_waits_is_gone(house: House, route: str) -> None:
    job = _run(house)
    pending = house.begin("GET", f"{BASE}/{route}/{job}")
    assert house.post(f"{BASE}/purge-queue").json() == {"removed": 1, "status": "completed"}
    assert _gone(house.finish(pending))


@pytest.mark.parametrize("body", [{}, {"content": b"", "headers": {"content-type": "application/json"}}, {"json": {}}])
def test_a_purge_takes_the_queued_jobs_of_this_key_alone(house: House, body: dict[str, Any]) -> None:
    running = _run(house)
    house.advance(1)
    queued, other = [_run(house), _run(house)], _run(house, key="another")
    answer = house.ask("POST", f"{BASE}/purge-queue", **body)
    assert (answer.status_code, answer.json()) == (200, {"removed": 2, "status": "completed"})
    assert all(_gone(house.get(f"{BASE}/status/{job}")) for job in queued)
    assert _status(house, running)["status"] == "IN_PROGRESS"
    assert house.get(f"{BASE}/status/{other}", "another").json()["status"] == "IN_QUEUE"
    assert house.post(f"{BASE}/purge-queue").json()["removed"] == 0
    house.advance(2)
    assert house.world().ledger.spent == house.world().jobs[running].cost


def test_a_purge_takes_the_queued_jobs_where_no_ended_job_is_kept(houses: Callable[..., House]) -> None:
    house = houses(keep_jobs=0)
    jobs = [_run(house), _run(house)]
    assert house.post(f"{BASE}/purge-queue").json() == {"removed": 2, "status": "completed"}
    assert all(_gone(house.get(f"{BASE}/status/{job}")) for job in jobs)
    assert house.world().ledger.spent == 0


def test_purged_jobs_can_stay_as_cancelled(houses: Callable[..., House]) -> None:
    house = houses(behaviours={"runpod.purged": "cancelled"})
    job = _run(house)
    house.post(f"{BASE}/purge-queue")
    assert _status(house, job) == {"id": job, "status": "CANCELLED"}


def test_a_failed_job_is_run_again_under_its_id(house: House) -> None:
    job = _run(house, input={"prompt": "no pictures"}, webhook="http://receiver.test/")
    house.advance(1.5)
    assert "retries" not in _status(house, job)
    house.advance(10)
    answer = house.post(f"{BASE}/retry/{job}")
    assert (answer.status_code, answer.json()) == (200, {"id": job, "status": "IN_QUEUE"})
    house.advance(1)
    running = _status(house, job)
    assert (running["status"], running["retries"], running["delayTime"]) == ("IN_PROGRESS", 1, 1000)
    house.advance(0.5)
    failed = _status(house, job)
    assert (failed["status"], failed["retries"]) == ("FAILED", 1)
    assert len(house.receiver.messages) == 2
    assert house.get(f"{BASE}/health").json()["jobs"]["retried"] == 1


@pytest.mark.parametrize(("seconds", "state"), [(0, "IN_QUEUE"), (1, "IN_PROGRESS"), (3, "COMPLETED")])
def test_only_a_failed_job_is_run_again(house: House, seconds: float, state: str) -> None:
    job = _run(house)
    house.advance(seconds)
    answer = house.post(f"{BASE}/retry/{job}")
    assert (answer.status_code, answer.json()["title"]) == (400, "Bad Request")
    assert state in answer.json()["detail"]
    assert _status(house, job)["status"] == state


def test_an_empty_input_finds_no_worker(house: House) -> None:
    job = _run(house, input={}, webhook="http://receiver.test/")
    house.advance(39.9)
    assert _status(house, job) == {"id": job, "status": "IN_QUEUE"}
    house.advance(0.1)
    failed = {"error": "job timed out after 1 retries", "id": job, "retries": 1, "status": "FAILED"}
    assert _status(house, job) == failed
    (message,) = house.receiver.messages
    assert json.loads(message.body) == failed | {"input": {}, "webhook": "http://receiver.test/"}


def test_a_job_fails_when_its_execution_timeout_is_over(houses: Callable[..., House]) -> None:
    house = houses(latency=SLOW)
    short, usual = _run(house, policy={"executionTimeout": 5000}), _run(house)
    house.advance(6)
    failed = _status(house, short)
    assert (failed["status"], failed["error"]) == ("FAILED", "executionTimeout exceeded")
    assert (failed["delayTime"], failed["executionTime"]) == (1000, 5000)
    house.advance(594.9)
    assert _status(house, usual)["status"] == "IN_PROGRESS"
    house.advance(0.1)
    assert _status(house, usual)["error"] == "executionTimeout exceeded"
    assert house.world().ledger.spent == 0


def test_an_execution_timeout_can_be_a_timed_out(houses: Callable[..., House]) -> None:
    house = houses(latency=SLOW, behaviours={"runpod.timeout": "timed_out"})
    job = _run(house, policy={"executionTimeout": 5000})
    house.advance(6)
    assert _status(house, job) == {"error": "executionTimeout exceeded", "id": job, "status": "TIMED_OUT"}
    assert house.post(f"{BASE}/retry/{job}").json() == {"id": job, "status": "IN_QUEUE"}
    house.advance(5.9)
    assert _status(house, job)["status"] == "IN_PROGRESS"
    house.advance(0.1)
    assert _status(house, job)["status"] == "TIMED_OUT"


def test_a_job_is_gone_when_its_time_to_live_is_over(houses: Callable[..., House]) -> None:
    house = houses(latency=SLOW)
    job = _run(house, policy={"ttl": 10000}, webhook="http://receiver.test/")
    pending = house.begin("GET", f"{BASE}/status-sync/{job}")
    house.advance(9.9)
    assert _status(house, job)["status"] == "IN_PROGRESS"
    house.advance(0.1)
    assert _gone(house.finish(pending))
    assert _gone(house.get(f"{BASE}/status/{job}"))
    assert house.receiver.messages == []
    assert house.world().ledger.spent == 0


def _failed(house: House) -> str:
    house.world().faults.add(checked_rule(FaultRule("before", Effect("fail"), operation="submit")))
    job = _run(house)
    house.advance(3)
    assert _status(house, job)["status"] == "FAILED"
    return job


def test_a_retry_can_be_refused_and_nothing_is_done(house: House) -> None:
    job = _failed(house)
    house.world().faults.add(checked_rule(FaultRule("before", Effect("rate_limit"), operation="retry", times=1)))
    assert house.post(f"{BASE}/retry/{job}").status_code == 429
    assert (_status(house, job)["status"], house.world().ledger.jobs) == ("FAILED", 1)
    assert house.post(f"{BASE}/retry/{job}").status_code == 200


def test_the_answer_to_a_retry_can_be_lost_after_it_was_charged(house: House) -> None:
    job = _failed(house)
    house.world().faults.add(checked_rule(FaultRule("after", Effect("edge_page"), operation="retry", times=1)))
    assert house.post(f"{BASE}/retry/{job}").status_code == 502
    assert (_status(house, job)["status"], house.world().ledger.jobs) == ("IN_QUEUE", 2)


def test_a_retry_can_fail_again(house: House) -> None:
    job = _failed(house)
    house.world().faults.add(checked_rule(FaultRule("before", Effect("fail", {"code": "moderated"}), job=job)))
    house.post(f"{BASE}/retry/{job}")
    house.advance(3)
    assert _status(house, job)["error"] != "the generation failed"
    assert house.world().ledger.spent == 0


@pytest.mark.parametrize(("effect", "sent"), [("webhook_repeated=3", 4), ("webhook_lost", 1)])
def test_what_a_prompt_asks_for_strikes_a_job_once_though_it_is_retried(house: House, effect: str, sent: int) -> None:
    asks = {"prompt": f"a kite [[vidmock: {effect}]]", "images": INPUT["images"]}
    job = _run(house, input=asks, webhook="http://receiver.test/")
    assert house.post(f"/_vidmock/jobs/{job}/outcome", {"effect": "fail"}).status_code == 200
    assert house.post(f"{BASE}/retry/{job}").status_code == 200
    house.advance(100)
    assert _status(house, job)["status"] == "COMPLETED"
    assert len(house.world().outbox) == sent


def test_a_retry_does_not_prolong_the_time_to_live(house: House) -> None:
    job = _run(house, input={"prompt": "no pictures"}, policy={"ttl": 10000})
    house.advance(9)
    assert house.post(f"{BASE}/retry/{job}").status_code == 200
    house.advance(0.9)
    assert _status(house, job)["status"] == "IN_QUEUE"
    house.advance(0.1)
    assert _gone(house.get(f"{BASE}/status/{job}"))


@pytest.mark.parametrize(
    ("policy", "says"),
    [
        ({"executionTimeout": 4999}, "executionTimeout.*5000"),
        ({"executionTimeout": 604800001}, "executionTimeout.*604800000"),
        ({"ttl": 9999}, "ttl.*10000"),
        ({"ttl": 10**30}, "ttl"),
        ({"ttl": 10000.5}, "'ttl' must be an integer, not a number"),
        ({"ttl": True}, "must be an integer, not a boolean"),
        ({"ttl": "10000"}, "not a string"),
        ({"lowPriority": 1}, "'lowPriority' must be a boolean"),
        ([], "'policy' must be an object"),
    ],
    ids=["short run", "long run", "short life", "huge", "fraction", "boolean", "string", "priority", "array"],
)
def test_a_policy_out_of_bounds_is_refused(house: House, policy: object, says: str) -> None:
    answer = house.post(f"{BASE}/run", {"input": INPUT, "policy": policy})
    assert answer.status_code == 400
    assert re.search(says, answer.json()["detail"])
    assert house.world().jobs == {}


def test_a_policy_out_of_bounds_can_be_brought_to_the_nearest(houses: Callable[..., House]) -> None:
    house = houses(latency=SLOW, behaviours={"runpod.policy": "clamp"})
    job = _run(house, policy={"executionTimeout": 1, "ttl": 10**30})
    house.advance(5.9)
    assert _status(house, job)["status"] == "IN_PROGRESS"
    house.advance(0.1)
    assert _status(house, job)["error"] == "executionTimeout exceeded"


@pytest.mark.parametrize(
    ("route", "switches", "seconds"),
    [("run", {}, 1800), ("runsync", {}, 60), ("runsync", {"runpod.runsync_retention": "300"}, 300)],
    ids=["run", "runsync", "switched"],
)
def test_a_result_is_kept_for_a_while_and_its_video_for_a_week(
    houses: Callable[..., House], route: str, switches: dict[str, str], seconds: float
) -> None:
    house = houses(behaviours=switches)
    pending = house.begin("POST", f"{BASE}/{route}", json={"input": INPUT})
    house.advance(3)
    job = house.finish(pending).json()["id"]
    url = _status(house, job)["output"]["video_url"]
    house.advance(seconds - 0.1)
    assert _status(house, job)["status"] == "COMPLETED"
    house.advance(0.1)
    assert _gone(house.get(f"{BASE}/status/{job}"))
    assert house.get(url, key=None).status_code == 200
    house.advance(7 * 24 * 3600)
    assert house.get(url, key=None).status_code == 404


def test_ttl_on_status_says_how_long_the_result_is_kept(house: House) -> None:
    job = _run(house)
    assert _status(house, job, "?ttl=5000")["status"] == "IN_QUEUE"
    house.advance(7.9)
    assert _status(house, job)["status"] == "COMPLETED"
    house.advance(0.1)
    assert _gone(house.get(f"{BASE}/status/{job}"))


@pytest.mark.parametrize("ttl", ["", "x", "-1", "0", "1.5", "٣"])
def test_a_ttl_that_is_none_changes_nothing(house: House, ttl: str) -> None:
    job = _run(house)
    assert _status(house, job, f"?ttl={ttl}")["status"] == "IN_QUEUE"
    house.advance(1800)
    assert _status(house, job)["status"] == "COMPLETED"


@pytest.mark.parametrize(("route", "mebibytes"), [("run", 10), ("runsync", 20)])
def test_a_body_beyond_the_limit_is_refused(house: House, route: str, mebibytes: int) -> None:
    frame = len(json.dumps({"input": {"prompt": ""}}))
    fits = json.dumps({"input": {"prompt": "x" * (mebibytes * 2**20 - frame)}}).encode()
    pending = house.begin("POST", f"{BASE}/{route}", content=fits)
    while not house.world().jobs:
        # So large a body is read beside the loop.
        house.run(asyncio.sleep(0))
    house.advance(3)
    assert house.finish(pending).status_code == 200
    for body in (fits + b" ", fits + b" " * 90 * 2**20):
        answer = house.post(f"{BASE}/{route}", content=body)
        assert (answer.status_code, answer.json()) == (
            400,
            {
                "status": 400,
                "title": "Bad Request",
                "detail": f"bad request: body: exceeded max body size of {mebibytes}MiB",
            },
        )


def test_invalid_input_can_be_refused_at_once(houses: Callable[..., House]) -> None:
    house = houses(behaviours={"runpod.invalid_input": "at-once"})
    for route, form in (("run", "-u1"), ("runsync", "-u1")):
        answer = house.post(f"{BASE}/{route}", {"input": {"prompt": "no pictures"}})
        body = answer.json()
        assert (answer.status_code, set(body), body["status"]) == (400, {"error", "id", "status"}, "FAILED")
        assert body["id"].endswith(form)
        assert body["id"].startswith("sync-") == (route == "runsync")
        assert "images" in body["error"]
    assert house.world().jobs == {}


def test_the_reason_can_come_in_the_upstreams_words(houses: Callable[..., House]) -> None:
    house = houses(behaviours={"runpod.invalid_error": "upstream"})
    job = _run(house, input={"prompt": "no pictures"})
    house.advance(2)
    failed = _status(house, job)
    assert failed["output"] == {"status": "error"}
    text, _, upstream = failed["error"].partition("400, ")
    assert text == "Error submitting task: "
    assert json.loads(upstream)["code"] == 400


@pytest.mark.parametrize(
    ("choice", "keys"),
    [("both", {"cost", "result", "video_url"}), ("result", {"cost", "result"}), ("video_url", {"cost", "video_url"})],
)
def test_the_url_is_under_either_key_or_both(houses: Callable[..., House], choice: str, keys: set[str]) -> None:
    house = houses(behaviours={"runpod.output": choice})
    job = _run(house)
    house.advance(3)
    assert set(_status(house, job)["output"]) == keys


def test_the_documented_webhook_schedule_is_a_switch(houses: Callable[..., House]) -> None:
    house = houses(behaviours={"runpod.webhook_retries": "documented"})
    house.receiver.statuses = [500]
    _run(house, webhook="http://receiver.test/")
    house.advance(100)
    (delivery,) = house.world().outbox
    assert [attempt.at - delivery.attempts[0].at for attempt in delivery.attempts] == [0, 10, 20]


def test_a_cancelled_job_is_announced(house: House) -> None:
    job = _run(house, webhook="http://receiver.test/", s3Config={"accessSecret": "s3cret"})
    house.post(f"{BASE}/cancel/{job}")
    house.advance(0)
    (message,) = house.receiver.messages
    assert json.loads(message.body) == {
        "id": job,
        "input": INPUT,
        "status": "CANCELLED",
        "webhook": "http://receiver.test/",
    }


@pytest.mark.parametrize(
    ("method", "route", "count"),
    [("POST", "purge-queue", 2), ("POST", "cancel/nobody", 100), ("GET", "status/nobody", 2000)],
)
def test_each_operation_has_its_own_rate(house: House, method: str, route: str, count: int) -> None:
    house.world()  # A key that was never used has no limits to count against: to look makes no world.
    for _ in range(count):
        assert house.ask(method, f"{BASE}/{route}").status_code != 429
    answer = house.ask(method, f"{BASE}/{route}")
    assert (answer.status_code, answer.json()["title"]) == (429, "Too Many Requests")
    assert answer.headers["retry-after"] == "10"
    assert house.ask(method, f"{BASE}/{route}", "another").status_code != 429
    assert house.get(f"{BASE}/health").status_code == 200
    house.advance(10)
    assert house.ask(method, f"{BASE}/{route}").status_code != 429


def test_rates_can_be_switched_off(houses: Callable[..., House]) -> None:
    house = houses(behaviours={"runpod.limits": "off"})
    assert {house.post(f"{BASE}/purge-queue").status_code for _ in range(5)} == {200}


def test_so_many_requests_are_held_at_once_and_no_more(houses: Callable[..., House]) -> None:
    house = houses(latency=SLOW)
    held = [house.begin("POST", f"{BASE}/runsync", json={"input": INPUT}) for _ in range(400)]
    answer = house.post(f"{BASE}/runsync", {"input": INPUT})
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
    house.advance(90)
    assert {house.finish(pending).status_code for pending in held} == {200}
    one_more = house.begin("POST", f"{BASE}/runsync", json={"input": INPUT})
    house.advance(90)
    assert house.finish(one_more).status_code == 200


@pytest.mark.parametrize(
    ("method", "route"),
    [
        ("GET", "status-sync/x"),
        ("POST", "stream/x"),
        ("POST", "retry/x"),
        ("POST", "purge-queue"),
    ],
)
def test_the_endpoint_the_key_and_the_job_are_looked_for_in_this_order(house: House, method: str, route: str) -> None:
    nowhere = house.ask(method, f"/runpod/v2/nobody/{route}", None).json()
    assert (nowhere["status"], nowhere["detail"]) == (404, "endpoint not found")
    nobody = house.ask(method, f"{BASE}/{route}", None).json()
    assert (nobody["status"], nobody["detail"]) == (401, "no token provided")
    if route.endswith("/x"):
        assert _gone(house.ask(method, f"{BASE}/{route}"))


@pytest.mark.parametrize("tail", ["status/%00", "status/..%2f..", "cancel/" + "x" * 5000, "status/%ff%fe", "stream/ü"])
def test_a_hostile_id_is_an_unknown_one(house: House, tail: str) -> None:
    method = "POST" if tail.startswith("cancel") else "GET"
    assert house.ask(method, f"{BASE}/{tail}").status_code == 404


EVENTS = st.lists(
    st.one_of(
        st.floats(0.0, 4.0).map(lambda seconds: ("pass", seconds)),
        st.sampled_from([("run", 0.0), ("run", 1.0), ("cancel", 0.0), ("purge", 0.0), ("retry", 0.0)]),
    ),
    max_size=25,
)


@settings(max_examples=60)
@given(events=EVENTS, seed=st.integers(0, 9))
def test_jobs_times_and_workers_add_up(events: list[tuple[str, float]], seed: int) -> None:
    async def unheard(message: Message, timeout: float) -> ReceiverAnswer:
        return ReceiverAnswer(200)

    async def story() -> None:
        made = Settings(seed=seed, clock=Mode("manual"), latency=Latency((0.0, 3.0), (0.5, 9.0)))
        announcers: dict[str, RunPodDialect] = {}
        engine = Engine(WorldRegistry(made), WebhookSender(announcers, unheard))
        dialect = announcers["runpod"] = RunPodDialect(engine)
        world, model = engine.worlds.world("k"), find_model("runpod", "kling-video-o1-r2v")
        submitted = purged = 0
        for what, number in events:
            now = world.clock.now()
            if what == "pass":
                await world.clock.advance(number)
            elif what == "run":
                given = INPUT if number else {"prompt": "no pictures"}
                engine.submit(Submission(world, model, given, "http://x", lenient=True, notes={"lowPriority": False}))
                submitted += 1
            elif what == "cancel" and (active := list(world.jobs.unfinished())):
                engine.cancel(world, active[0])
            elif what == "purge":
                for job in list(world.jobs.unfinished()):
                    if job.state(now) is State.QUEUED:
                        engine.drop(world, job)
                        purged += 1
            elif what == "retry":
                for job in [job for job in world.jobs.values() if job.state(now) is State.FAILED]:
                    engine.retry(world, job)
            now = world.clock.now()
            jobs = list(world.jobs.values())
            found = health_body(world.jobs.census("runpod", model.id), now)
            cancelled = sum(job.state(now) is State.CANCELLED for job in jobs)
            counted = sum(found["jobs"][name] for name in ("completed", "failed", "inProgress", "inQueue"))
            assert counted + cancelled + purged == submitted
            shown = [dialect.body(world, job, now) for job in jobs]
            at_work = {body["workerId"] for body in shown if body["status"] == "IN_PROGRESS"}
            assert found["workers"]["running"] == len(at_work) == found["jobs"]["inProgress"]
            assert found["workers"]["initializing"] <= found["jobs"]["inQueue"]
            assert sum(found["workers"].values()) >= 1
            assert found["jobs"]["retried"] == sum(job.attempt - 1 for job in jobs)
            assert all(body.get("retries", 0) in (0, job.attempt - 1) for job, body in zip(jobs, shown, strict=True))
            for job, body in zip(jobs, shown, strict=True):
                if "executionTime" in body:
                    spent = round((job.ends - job.created) * 1000)
                    assert body["delayTime"] + body["executionTime"] == spent
                    assert min(body["delayTime"], body["executionTime"]) >= 0

    asyncio.run(story())
