"""Worlds of a test, a module and a run; webhooks that a test receives; snapshots and forks; a marker without a mock."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Run = Callable[..., pytest.RunResult]

CLIENT = """
import time, httpx, pytest

MODEL = "fal-ai/kling-video/o1/reference-to-video"

def submit(mock, **query):
    with httpx.Client(trust_env=False) as client:
        url = f"{mock.fal.queue_url}/{MODEL}"
        headers = {"Authorization": f"Key {mock.key}"}
        return client.post(url, json={"prompt": "a kite"}, headers=headers, params=query).json()

def finish(mock, job):
    headers = {"Authorization": f"Key {mock.key}"}
    with httpx.Client(trust_env=False, headers=headers) as client:
        for _ in range(10_000):
            if client.get(job["status_url"]).json()["status"] == "COMPLETED":
                return client.get(job["response_url"]).json()["video"]["url"]
            time.sleep(1)
"""


def test_a_world_of_a_module_is_paid_for_once_and_its_time_passes_only_where_it_is_used(run: Run) -> None:
    program = (
        CLIENT
        + """
pytestmark = pytest.mark.vidmock(latency="15m")

@pytest.fixture(scope="module")
def video(vidmock_module):
    began = time.time()
    url = finish(vidmock_module, submit(vidmock_module))
    assert time.time() - began >= 900
    return url

def test_first(vidmock_module, video):
    assert len(vidmock_module.jobs) == 1

def test_second(vidmock_module, video):
    vidmock_module.assert_charged_once()
    began = time.time()
    time.sleep(3600)
    assert 3600 <= time.time() - began < 3700

def test_without_it(video=None):
    assert time.__class__.__name__ == "module"

def test_of_its_own(vidmock):
    assert not vidmock.jobs
    assert finish(vidmock, submit(vidmock))

def test_third(vidmock_module, vidmock):
    assert finish(vidmock, submit(vidmock))
    assert len(vidmock_module.jobs) == 1 == len(vidmock.jobs)

def test_of_the_run(vidmock_session):
    assert finish(vidmock_session, submit(vidmock_session))
    assert len(vidmock_session.jobs) == 1
"""
    )
    run(program, timeout=60).assert_outcomes(passed=6)


def test_the_worlds_of_tests_are_labelled_with_their_ids(run: Run) -> None:
    program = """
import httpx, pytest

@pytest.mark.parametrize("long", [pytest.param("x", id="x" * 400), pytest.param("<b>", id="<b>")])
def test_of_its_own(vidmock, vidmock_module, long):
    with httpx.Client(trust_env=False) as client:
        worlds = client.get(f"{vidmock.url}/_vidmock/worlds").json()["worlds"]
    own, module = (world["label"] for world in sorted(worlds, key=lambda world: "vidmock_module:" in world["label"]))
    assert module == "vidmock_module:test_the_worlds_of_tests_are_labelled_with_their_ids.py"
    if long == "<b>":
        assert own == f"{module.partition(':')[2]}::test_of_its_own[<b>]"
    else:
        assert own == "…" + 298 * "x" + "]"
"""
    run(program, timeout=60).assert_outcomes(passed=2)


def test_the_story_of_a_wider_world_is_told_of_a_test_that_fails(run: Run) -> None:
    result = run(
        CLIENT
        + """
def test_fails(vidmock_module):
    submit(vidmock_module)
    assert False
"""
    )
    result.stdout.fnmatch_lines(["*seed 0, key vidmock:*", "*is charged $0.56*"])


def test_a_marker_that_changes_nothing_is_told(run: Run) -> None:
    program = """
import pytest

@pytest.mark.vidmock(latency="15m")
def test_forgotten():
    pass

@pytest.mark.vidmock(live=True)
def test_live():
    pass

@pytest.mark.vidmock(seed=3)
def test_asked_for_later(request):
    request.getfixturevalue("vidmock")
"""
    result = run(program)
    result.assert_outcomes(passed=3, warnings=1)
    result.stdout.fnmatch_lines(["*changes nothing here: test_forgotten has no mock. Give it the fixture vidmock*"])


def test_an_app_with_another_key_is_told_soon(run: Run) -> None:
    result = run(
        CLIENT
        + """
from vidmock import WaitingForEver

def test_other(vidmock, vidmock_server):
    other = vidmock_server.world("the-apps-own")
    job = submit(other)
    with pytest.raises(WaitingForEver, match="the app must use vidmock.key"):
        finish(other, job)
    assert len(other.journal) < 15
"""
    )
    result.assert_outcomes(passed=1)


def test_webhooks_come_in_with_their_signatures_judged(run: Run) -> None:
    program = (
        CLIENT
        + """
import json
from vidmock import NoWebhook

def test_signed(vidmock, vidmock_hook):
    job = submit(vidmock, fal_webhook=vidmock_hook.url)
    came = vidmock_hook.wait()
    assert came.job == job["request_id"] == came.json()["request_id"]
    assert came.signed and came.path == "/webhook" and came.headers["content-type"] == "application/json"
    assert len(vidmock_hook) == 1 and [*vidmock_hook] == [vidmock_hook[0]]

def test_answers(vidmock, vidmock_hook):
    vidmock_hook.answer(503, times=2)
    vidmock_hook.answer(None, times=1)
    submit(vidmock, fal_webhook=vidmock_hook.url)
    vidmock_hook.wait(4)
    (delivery,) = vidmock.webhooks
    assert [attempt.status for attempt in delivery.attempts] == [503, 503, None, 200]

@pytest.mark.parametrize(("effect", "arguments"), [("webhook_forged", {}), ("webhook_unsigned", {})])
def test_forged(vidmock, vidmock_hook, effect, arguments):
    vidmock.faults.add(effect, **arguments)
    submit(vidmock, fal_webhook=vidmock_hook.url)
    assert vidmock_hook.wait().signed is False

def test_none(vidmock, vidmock_hook):
    with pytest.raises(NoWebhook, match="no webhook came to http"):
        vidmock_hook.wait(within="1h")

def test_secret(vidmock, vidmock_hook):
    body = {
        "model": "kling-o1-video-to-video-reference",
        "input": {"prompt": "a kite", "video_url": "https://clips.example/walk.mp4"},
        "webhook_url": vidmock_hook.url, "webhook_secret": "s3same",
    }
    headers = {"X-API-Key": vidmock.key}
    answer = httpx.post(f"{vidmock.eachlabs.url}/prediction", json=body, headers=headers, trust_env=False)
    assert vidmock_hook.wait().signed is True
"""
    )
    run(program, timeout=60).assert_outcomes(passed=6)


def test_webhooks_go_straight_into_an_app(run: Run) -> None:
    program = (
        CLIENT
        + """
import asyncio

def make_app(seen):
    async def app(scope, receive, send):
        message = await receive()
        seen.append((scope["path"], message["body"], asyncio.get_running_loop()))
        await send({"type": "http.response.start", "status": 202, "headers": []})
        await send({"type": "http.response.body", "body": b""})
    return app

def test_blocking(vidmock, vidmock_hook):
    seen = []
    vidmock_hook.deliver_to(make_app(seen))
    submit(vidmock, fal_webhook=vidmock_hook.url + "/fal")
    vidmock_hook.wait()
    vidmock.clock.run_until_idle()
    assert [path for path, body, loop in seen] == ["/webhook/fal"]
    assert vidmock.webhooks[0].attempts[0].status == 202

def test_in_the_loop_of_the_test(vidmock, vidmock_hook):
    async def main():
        seen = []
        vidmock_hook.deliver_to(make_app(seen))
        submit(vidmock, fal_webhook=vidmock_hook.url)
        await asyncio.to_thread(vidmock_hook.wait)
        await asyncio.sleep(1)
        assert seen[0][2] is asyncio.get_running_loop()
    asyncio.run(main())

def test_a_broken_app(vidmock, vidmock_hook):
    async def app(scope, receive, send):
        raise RuntimeError("no database")
    vidmock_hook.deliver_to(app)
    submit(vidmock, fal_webhook=vidmock_hook.url)
    vidmock_hook.wait(2)
    assert vidmock.webhooks[0].attempts[0].status == 500
"""
    )
    run(program, timeout=60).assert_outcomes(passed=3)


def test_a_world_goes_back_to_a_snapshot_and_forks(run: Run) -> None:
    program = (
        CLIENT
        + """
import json
from vidmock import BadRequest

@pytest.mark.vidmock(any_model=True)
def test_back(vidmock):
    first = finish(vidmock, submit(vidmock))
    before = json.loads(json.dumps(vidmock.snapshot()))
    later = finish(vidmock, submit(vidmock))
    assert len(vidmock.jobs) == 2
    vidmock.restore(before)
    assert len(vidmock.jobs) == 1
    assert finish(vidmock, submit(vidmock)) == later
    assert str(vidmock.ledger.spent) == "1.12"
    answer = httpx.post(f"{vidmock.fal.queue_url}/fal-ai/some/model", json={"prompt": "x"},
        headers={"Authorization": f"Key {vidmock.key}"}, trust_env=False)
    assert answer.status_code == 200  # the world's own models are there still

def test_fork(vidmock, vidmock_server):
    job = submit(vidmock)
    fork = vidmock.fork("a-fork")
    fork.clock.advance("1h")
    assert str(fork.jobs.one().state) == "succeeded"
    assert str(vidmock.jobs.one().state) != "succeeded"
    with pytest.raises(BadRequest, match="no jobs yet"):
        vidmock.fork("a-fork")
    vidmock_server.close("a-fork")

def test_of_nothing_known(vidmock, vidmock_server):
    vidmock_server.world("another", vidmock_server.settings)
    with pytest.raises(BadRequest, match="which world"):
        vidmock_server.snapshot()
    with pytest.raises(BadRequest, match="no snapshot"):
        vidmock.restore({"form": "x"})
"""
    )
    run(program, timeout=60).assert_outcomes(passed=3)
