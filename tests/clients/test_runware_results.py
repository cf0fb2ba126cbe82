"""Results that come one after another: each of Runware's own clients waits for the last, over each transport."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import runware

from vidmock import MockServer
from vidmock.engine.time.mode import Mode
from vidmock.engine.world.settings import Settings
from vidmock.server.server import ThreadedServer
from vidmock.testing.records import JournalHandle

KEY = "runware-key"
TASK: dict[str, Any] = {
    # Without it the client asks schemas.runware.ai what kind of task the model takes.
    "taskType": "videoInference",
    "model": "klingai:kling@o1-standard",
    "positivePrompt": "a red kite over dunes",
    "width": 1280,
    "height": 720,
    "duration": 5,
    "numberResults": 4,
}
# Milliseconds, so that a broken server fails the test and does not hold it for the client's 20 minutes.
LIMITS = {"timeout": 600_000, "poll_timeout": 600_000, "max_retries": 0}
LEGACY = Path(__file__).parents[1] / ".venvs" / "runware-0.5.24" / "bin" / "python"
SECONDS = 120
"""What a client's whole program may take; only a hanging one needs more."""


@pytest.fixture
def stepped() -> Iterator[ThreadedServer]:
    """A server on which each poll finds a task one result further."""
    with ThreadedServer(Settings(seed=1, clock=Mode("step"))) as server:
        yield server


def finished(bodies: list[bytes]) -> list[int]:
    """How many results were finished in each answer that had any items of a poll, one after another."""
    items = [json.loads(body).get("data", []) for body in bodies if body.startswith(b'{"data"')]
    return [sum(item["status"] == "success" for item in found) for found in items if found and "status" in found[0]]


def bodies_of(server: ThreadedServer) -> list[bytes]:
    return [exchange.response_body for exchange in server.engine.worlds.world(KEY).journal]


@pytest.mark.parametrize("transport", ["rest", "websocket"])
def test_runware_sdk_waits_for_all_of_them(transport: str) -> None:
    with MockServer(seed=1, clock="manual") as mock:
        mock.faults.add("spread", seconds=60)

        async def work() -> Any:
            places = {
                "rest": {"http_base_url": f"{mock.url}/runware/v1"},
                "websocket": {"ws_base_url": mock.url.replace("http", "ws") + "/runware/v1"},
            }
            async with runware.Runware(api_key=KEY, transport=transport, **places[transport], **LIMITS) as client:
                return await client.run(TASK)

        with mock.world(KEY).virtual_time():
            items = asyncio.run(work())
        journal: JournalHandle = mock.journal
        seen = finished([exchange.response_body for exchange in journal])
        assert len({item["videoUUID"] for item in items}) == 4
        assert {item["status"] for item in items} == {"success"}
        assert seen == sorted(seen)
        assert {0, 4} < {*seen}, "none of its polls has met a task of which only some results are there"
        mock.assert_no_waste()


def test_its_predecessor_waits_for_all_of_them(stepped: ThreadedServer) -> None:
    command = [str(LEGACY), str(Path(__file__).with_name("runware_legacy.py"))]
    pace = {"RUNWARE_VIDEO_POLLING_DELAY": "10", "RUNWARE_VIDEO_INITIAL_TIMEOUT": "60000", "NO_PROXY": "127.0.0.1"}
    done = subprocess.run(
        [*command, stepped.url.replace("http", "ws") + "/runware/v1", KEY, "generate"],
        env=os.environ | pace,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    videos = json.loads(done.stdout)["videos"]
    assert len({identity for _, identity, *_ in videos}) == 2
    assert {*finished(bodies_of(stepped))} == {0, 1, 2}


def test_sdk_js_waits_for_all_of_them(stepped: ThreadedServer, node: Callable[..., Any]) -> None:
    made = node("runware.mjs", stepped.url.replace("http", "ws") + "/runware/v1", KEY, "generate")
    assert len({video["videoUUID"] for video in made}) == 2
    assert {video["status"] for video in made} == {"success"}
    assert {*finished(bodies_of(stepped))} == {0, 1, 2}
