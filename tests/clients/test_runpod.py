"""The runpod package, unmodified: both of its endpoints, and how little they say when a job fails."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import aiohttp
import pytest
import requests
import runpod  # type: ignore[import-untyped]  # the package ships no types

from vidmock.engine.jobs.timeline import Latency
from vidmock.engine.time.mode import Mode
from vidmock.engine.world.settings import Settings
from vidmock.server.server import ThreadedServer

ENDPOINT = "kling-video-o1-r2v"
KEY = "runpod-key"
SECONDS = 60
"""How long a client may wait for what should come within two; only a broken server needs it."""
GOOD: dict[str, Any] = {"prompt": "a red kite over dunes", "images": ["https://example.com/kite.png"]}
BAD: dict[str, Any] = {"prompt": "a red kite over dunes", "images": []}

Point = Callable[..., Any]


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Point:
    """Makes endpoints of a server: ``endpoint(mock)``, or ``endpoint(mock, api_key=…, endpoint_id=…)``."""

    def make(mock: ThreadedServer, api_key: str = KEY, endpoint_id: str = ENDPOINT) -> Any:
        monkeypatch.setattr(runpod, "endpoint_url_base", f"{mock.url}/runpod/v2")
        return runpod.Endpoint(endpoint_id, api_key=api_key)

    return make


def test_a_job_goes_through_every_state_to_a_playable_video(
    held: ThreadedServer, endpoint: Point, pass_time: Callable[[str, float], None], clip: Callable[[str], str]
) -> None:
    job = endpoint(held).run(GOOD)
    states = [job.status()]
    for _ in range(2):
        pass_time(KEY, 1.5)
        states.append(job.status())
    assert states == ["IN_QUEUE", "IN_PROGRESS", "COMPLETED"]
    output = job.output()
    assert output["cost"] == 0.56
    assert output["result"] == output["video_url"]
    assert clip(output["video_url"]) == "h264 1920x1080, 24/1 fps, 5.000 s, 120 frames"


def test_output_waits_for_a_job_that_is_under_way(
    mock: ThreadedServer, endpoint: Point, clip: Callable[[str], str]
) -> None:
    output = endpoint(mock).run({"input": GOOD | {"duration": 3, "aspect_ratio": "9:16"}}).output(timeout=SECONDS)
    assert clip(output["video_url"]) == "h264 1080x1920, 24/1 fps, 3.000 s, 72 frames"


def test_run_sync_answers_with_the_output(mock: ThreadedServer, endpoint: Point, clip: Callable[[str], str]) -> None:
    output = endpoint(mock).run_sync(GOOD | {"aspect_ratio": "1:1"})
    assert clip(output["video_url"]) == "h264 1440x1440, 24/1 fps, 5.000 s, 120 frames"


def test_run_sync_goes_on_polling_when_the_job_outlasts_the_held_answer(endpoint: Point) -> None:
    settings = Settings(seed=1, clock=Mode("manual"), latency=Latency(queue=(1.0, 1.0), run=(99.0, 99.0)))
    with ThreadedServer(settings) as mock, ThreadPoolExecutor() as threads:
        world = mock.engine.worlds.world(KEY)
        answer = threads.submit(endpoint(mock).run_sync, GOOD, timeout=SECONDS)
        # The answer is held for 90 s, and the client's first look at the job is right after it.
        mock.run(once(lambda: bool(world.jobs)))
        mock.run(world.clock.advance(90.0))
        mock.run(once(lambda: len(world.journal) == 2))
        mock.run(world.clock.advance(10.0))
        assert answer.result()["cost"] == 0.56
        statuses = [json.loads(exchange.response_body)["status"] for exchange in world.journal]
        assert statuses == ["IN_PROGRESS", "IN_PROGRESS", "COMPLETED"]


async def once(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(SECONDS):
        while not true():
            await asyncio.sleep(0.001)


def test_a_cancelled_job_has_no_output(held: ThreadedServer, endpoint: Point) -> None:
    job = endpoint(held).run(GOOD)
    assert job.cancel() == {"id": job.job_id, "status": "CANCELLED"}
    assert (job.status(), job.output()) == ("CANCELLED", None)


def test_health_counts_jobs_and_workers(
    held: ThreadedServer, endpoint: Point, pass_time: Callable[[str, float], None]
) -> None:
    target = endpoint(held)
    target.run(GOOD)
    pass_time(KEY, 1.5)
    target.run(GOOD)
    health = target.health()
    assert health["jobs"] == {"completed": 0, "failed": 0, "inProgress": 1, "inQueue": 1, "retried": 0}
    assert health["workers"]["running"] == 1


def test_an_invalid_input_is_taken_and_fails_with_the_reason_only_in_the_raw_status(
    held: ThreadedServer, endpoint: Point, pass_time: Callable[[str, float], None]
) -> None:
    target = endpoint(held)
    job = target.run(BAD)
    pass_time(KEY, 4.0)
    # The client drops the error: neither status nor output tells why.
    assert (job.status(), job.output()) == ("FAILED", None)
    raw = target.rp_client.get(f"{ENDPOINT}/status/{job.job_id}")
    assert raw["error"].startswith("images: ")


def test_run_sync_gives_nothing_for_an_invalid_input(mock: ThreadedServer, endpoint: Point) -> None:
    assert endpoint(mock).run_sync(BAD) is None


@pytest.mark.parametrize(
    ("code", "output"),
    [
        ("internal", None),
        ("no_media", None),
        ("moderated", {"status": "error"}),
        ("upstream", {"status": "error"}),
        ("upstream_timeout", {"status": "error"}),
    ],
)
def test_the_output_of_a_failed_job_is_that_of_the_raw_status(
    held: ThreadedServer, endpoint: Point, pass_time: Callable[[str, float], None], code: str, output: object
) -> None:
    target = endpoint(held)
    job = target.run(GOOD | {"prompt": f"a kite [[vidmock: fail code={code}]]"})
    pass_time(KEY, 4.0)
    assert (job.status(), job.output()) == ("FAILED", output)
    assert target.rp_client.get(f"{ENDPOINT}/status/{job.job_id}").get("output") == output


def test_run_sync_gives_the_output_of_a_job_that_the_model_turned_down(mock: ThreadedServer, endpoint: Point) -> None:
    assert endpoint(mock).run_sync(GOOD | {"prompt": "a kite [[vidmock: fail code=moderated]]"}) == {"status": "error"}


def test_a_refused_key_raises(mock: ThreadedServer, endpoint: Point) -> None:
    with pytest.raises(RuntimeError, match="401 Unauthorized"):
        endpoint(mock, api_key="vidmock-invalid").run(GOOD)


@pytest.mark.parametrize(
    ("code", "raised", "said"),
    [
        ("invalid-token", RuntimeError, "401 Unauthorized"),
        ("429", requests.HTTPError, "429"),
        ("body-too-large", requests.HTTPError, "400"),
        ("524", requests.HTTPError, "524"),
    ],
)
def test_an_error_that_is_asked_for_by_its_code_raises(
    mock: ThreadedServer, endpoint: Point, code: str, raised: type[Exception], said: str
) -> None:
    with pytest.raises(raised, match=said):
        endpoint(mock).run(GOOD | {"prompt": f"a kite [[vidmock: error={code}]]"})


def test_an_unknown_endpoint_raises(mock: ThreadedServer, endpoint: Point) -> None:
    with pytest.raises(requests.HTTPError, match="404") as caught:
        endpoint(mock, endpoint_id="kling-video-o2").run(GOOD)
    assert caught.value.response is not None
    assert caught.value.response.json() == {"status": 404, "title": "Not Found", "detail": "endpoint not found"}


def test_the_asyncio_endpoint_runs_waits_cancels_and_fails(
    held: ThreadedServer, endpoint: Point, pass_time: Callable[[str, float], None], clip: Callable[[str], str]
) -> None:
    endpoint(held)

    async def work() -> str:
        async with aiohttp.ClientSession() as session:
            target = runpod.AsyncioEndpoint(ENDPOINT, session, api_key=KEY)
            job, doomed, failing = [await target.run(wanted) for wanted in (GOOD, GOOD, BAD)]
            assert await doomed.cancel() == {"id": doomed.job_id, "status": "CANCELLED"}
            waiting = asyncio.create_task(job.output(timeout=SECONDS))
            assert await job.status() == "IN_QUEUE"
            pass_time(KEY, 4.0)
            output = await waiting
            assert [await each.status() for each in (job, doomed, failing)] == ["COMPLETED", "CANCELLED", "FAILED"]
            assert await failing.output(timeout=SECONDS) is None
            assert (await target.health())["jobs"]["completed"] == 1
            # It looks at no status code: a refusal shows as a missing id.
            with pytest.raises(KeyError, match="id"):
                await runpod.AsyncioEndpoint(ENDPOINT, session, api_key="vidmock-invalid").run(GOOD)
            return str(output["video_url"])

    assert clip(asyncio.run(work())) == "h264 1920x1080, 24/1 fps, 5.000 s, 120 frames"
