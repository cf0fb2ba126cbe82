"""runpod-sdk and the AI SDK's RunPod provider, unmodified, in Node."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from operator import itemgetter
from typing import Any

import pytest

from vidmock.engine.world.settings import Settings
from vidmock.server.server import ThreadedServer

CLIP = "h264 1920x1080, 24/1 fps, 5.000 s, 120 frames"
SECONDS = 60
"""After which something hangs."""
Node = Callable[..., Any]


@pytest.fixture
def at_once() -> Iterator[ThreadedServer]:
    """A server that refuses invalid input at once, as the pages have it."""
    with ThreadedServer(Settings(seed=1, behaviours={"runpod.invalid_input": "at-once"})) as server:
        yield server


def test_a_job_is_followed_to_a_playable_video(stepped: ThreadedServer, node: Node, clip: Callable[[str], str]) -> None:
    found = node("runpod.mjs", stepped.url, "run")
    assert found["status"] == "IN_QUEUE"
    seen = found["seen"]
    # Node polls on two connections in turn, and each is shown every state.
    assert [state for state, _ in groupby(seen, itemgetter("status", "completed", "succeeded"))] == [
        ("IN_QUEUE", False, False),
        ("IN_PROGRESS", False, False),
        ("COMPLETED", True, True),
    ]
    assert {job["id"] for job in seen} == {found["id"]}
    assert clip(seen[-1]["output"]["video_url"]) == CLIP


def routes(server: ThreadedServer) -> list[str]:
    """Which of RunPod's operations were called, in their order."""
    calls = (exchange.target for exchange in server.engine.worlds.world("runpod-js-key").journal)
    return [target.split("?")[0].split("/")[4] for target in calls if "/v2/" in target]


def test_run_sync_waits_on_the_server(mock: ThreadedServer, node: Node, clip: Callable[[str], str]) -> None:
    job = node("runpod.mjs", mock.url, "runSync")
    assert (job["status"], job["succeeded"]) == ("COMPLETED", True)
    assert clip(job["output"]["result"]) == CLIP
    assert routes(mock) == ["runsync"]


def test_run_sync_goes_on_waiting_when_the_job_outlasts_the_held_answer(
    held: ThreadedServer, node: Node, clip: Callable[[str], str], pass_time: Callable[[str, float], None]
) -> None:
    clock = held.engine.worlds.world("runpod-js-key").clock
    with ThreadPoolExecutor() as threads:
        found = threads.submit(node, "runpod.mjs", held.url, "outlasted")
        for answered, seconds in (([], 1.0), (["runsync"], 2.0)):
            # Not before the client waits: a mock that did not hold its requests would be asked in a hot loop.
            held.run(once(lambda answered=answered: clock.awaited == 1 and routes(held) == answered))  # type: ignore[misc]  # mypy cannot infer a lambda with a default
            pass_time("runpod-js-key", seconds)
        job = found.result()
    assert (job["status"], job["succeeded"]) == ("COMPLETED", True)
    assert clip(job["output"]["result"]) == CLIP
    # The second is held for a second as well: its answer is of the end of that, and the third tells of the result.
    assert routes(held) == ["runsync", "status-sync", "status-sync"]


async def once(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(SECONDS):
        while not true():
            await asyncio.sleep(0.001)


def test_a_stream_ends_with_the_job(mock: ThreadedServer, node: Node) -> None:
    found = node("runpod.mjs", mock.url, "stream")
    assert found["chunks"] == []
    assert found["after"]["status"] == "COMPLETED"


def test_jobs_are_cancelled_and_purged(held: ThreadedServer, node: Node) -> None:
    found = node("runpod.mjs", held.url, "queue")
    assert found["health"]["jobs"]["inQueue"] == 2
    assert found["cancel"]["status"] == found["after"]["status"] == "CANCELLED"
    assert found["purge"] == {"removed": 1, "status": "completed"}
    assert found["gone"] == {"status": 404, "data": {"status": 404, "title": "Not Found", "detail": "job not found"}}


def test_failures_and_refusals_are_told_apart(mock: ThreadedServer, node: Node) -> None:
    found = node("runpod.mjs", mock.url, "failing")
    assert (found["job"]["status"], found["job"]["succeeded"]) == ("FAILED", False)
    assert found["job"]["error"].startswith("images: ")
    assert found["key"]["data"] == {"status": 401, "title": "Unauthorized", "detail": "invalid token"}
    assert found["endpoint"]["data"]["detail"] == "endpoint not found"


@pytest.mark.parametrize("scenario", ["generate", "pictured", "byName"])
def test_the_ai_sdk_generates_a_video(mock: ThreadedServer, node: Node, scenario: str) -> None:
    found = node("runpod-ai.mjs", mock.url, scenario)
    assert (found["type"], found["kind"], found["warnings"]) == ("video/mp4", "ftyp", [])
    (job,) = mock.engine.worlds.world("ai-key").jobs.values()
    assert job.id in json.dumps(found["providerMetadata"])
    assert job.input["images"] == ["https://example.com/kite.png"]
    if scenario == "generate":
        assert (job.input["duration"], job.input["aspect_ratio"], job.input["seed"]) == (3, "9:16", 7)
    if scenario == "pictured":
        assert job.input["image"].startswith("data:image/png;base64,")
        assert job.input["size"] == "1280*720"


def test_the_ai_sdk_tells_the_reason_of_a_failed_job_and_not_of_a_refusal(mock: ThreadedServer, node: Node) -> None:
    found = node("runpod-ai.mjs", mock.url, "failing")
    assert found["input"]["message"].startswith("Video generation failed: duration: ")
    # It knows no `detail`, which is where the service says why.
    assert (found["key"]["status"], found["key"]["message"]) == (401, "Unknown Runpod error")
    assert json.loads(found["key"]["body"])["detail"] == "invalid token"


def test_the_ai_sdk_tells_the_reason_of_a_refusal_in_the_pages_form(at_once: ThreadedServer, node: Node) -> None:
    found = node("runpod-ai.mjs", at_once.url, "failing")["input"]
    assert found["status"] == 400
    assert found["message"].startswith("duration: ")
