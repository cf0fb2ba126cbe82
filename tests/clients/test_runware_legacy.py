"""runware 0.5.24, the client before runware-sdk, unmodified, over its WebSocket; in an environment of its own."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.clients.conftest import probed

from vidmock.server.server import ThreadedServer

HOME = Path(__file__).parents[1] / ".venvs" / "runware-0.5.24"
PYTHON = HOME / "bin" / "python"
PROGRAM = Path(__file__).with_name("runware_legacy.py")
TASK_ID = "6f5b1f0a-8d0e-4a4e-9c53-0d5a4f6f2b11"
HD = "h264 1280x720, 24/1 fps, 5.000 s, 120 frames"
SECONDS = 120
"""What the client's whole program may take; only a hanging one needs more than three."""
MISSING = f"run `python3 -m venv {HOME} && {PYTHON} -m pip install runware==0.5.24` first"
# Milliseconds. By default it waits 3 s between polls, and half a minute for an answer, which a busy machine may take.
PACE = {"RUNWARE_VIDEO_POLLING_DELAY": "100", "RUNWARE_VIDEO_INITIAL_TIMEOUT": "60000"}


@pytest.fixture
def run(mock: ThreadedServer) -> Callable[..., Any]:
    """Plays a scenario of ``runware_legacy.py`` and reads what it found: ``run(scenario)``."""
    assert PYTHON.exists(), MISSING

    def play(scenario: str, key: str = "runware-key") -> Any:
        command = [str(PYTHON), str(PROGRAM), mock.url.replace("http", "ws") + "/runware/v1", key, scenario]
        local = {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
        done = subprocess.run(
            command, env=os.environ | PACE | local, capture_output=True, text=True, timeout=SECONDS, check=False
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return play


def test_two_videos_are_made_and_play(run: Callable[..., Any], clip: Callable[[str], str]) -> None:
    found = run("generate")
    assert found["taken"] == ["IAsyncTaskResponse", TASK_ID]
    assert [clip(url) for url, *_ in found["videos"]] == [HD] * 2
    assert [more for _, _, *more in found["videos"]] == [[0.42, "success"]] * 2


def test_a_picture_of_the_disk_is_uploaded_and_becomes_the_first_frame(
    run: Callable[..., Any], clip: Callable[[str], str]
) -> None:
    found = run("frames")
    assert found["stored"].endswith(".png")
    assert clip(found["video"]) == HD


def test_a_tasks_details_are_read_back(run: Callable[..., Any]) -> None:
    found = run("details")
    assert "a red kite over dunes" in found["request"]
    assert found["video"] in found["response"]


@pytest.mark.parametrize(
    ("scenario", "code", "said"),
    [
        ("invalid", "unsupportedDuration", "5 or 10"),
        ("duplicate", "conflictTaskUUID", "already exists"),
        ("failed", "invalidProviderContent", ""),
    ],
)
def test_an_error_reaches_the_caller_with_its_code(
    run: Callable[..., Any], scenario: str, code: str, said: str
) -> None:
    found = run(scenario)
    assert (found["kind"], found["code"]) == ("RunwareAPIError", code)
    assert said in found["message"]


def test_a_connection_that_breaks_on_the_way_is_made_again(
    run: Callable[..., Any], clip: Callable[[str], str], mock: ThreadedServer
) -> None:
    assert clip(run("dropped")["video"]) == HD
    assert mock.engine.worlds.world("runware-key").ledger.jobs == 1


def test_pictures_are_made(run: Callable[..., Any], tmp_path: Path) -> None:
    found = run("pictures")
    assert [more for _, _, *more in found] == [[0.0019, False]] * 2
    assert len({picture for _, picture, *_ in found}) == 2
    sizes = [probed(url, tmp_path, "stream=codec_name,width,height")[1]["streams"] for url, *_ in found]
    assert sizes == [[{"codec_name": "png", "width": 512, "height": 512}]] * 2


def test_a_refused_key_ends_in_an_error_and_not_in_a_storm(run: Callable[..., Any], mock: ThreadedServer) -> None:
    found = run("refused", "vidmock-invalid")
    assert found["kind"] == "ConnectionError"
    assert "Invalid API key" in found["message"]
    assert mock.engine.worlds.world("").journal.seen < 10
