"""Fixtures of the tests with the providers' own clients: servers, a check of videos, a runner of Node programs."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from vidmock.engine.jobs.timeline import Latency
from vidmock.engine.time.mode import Mode
from vidmock.engine.world.settings import Settings
from vidmock.server.server import ThreadedServer

NODE = Path(__file__).parents[1] / "node"
CLIENT_SECONDS = 120
"""The time limit of a client's program, which needs three seconds unless it hangs."""


@pytest.fixture
def held() -> Iterator[ThreadedServer]:
    """A server whose time stands still until ``pass_time``: a job is queued for 1 s and runs for 2 s."""
    settings = Settings(seed=1, clock=Mode("manual"), latency=Latency(queue=(1.0, 1.0), run=(2.0, 2.0)))
    with ThreadedServer(settings) as server:
        yield server


@pytest.fixture
def stepped() -> Iterator[ThreadedServer]:
    """A server on which each poll of a job shows its next state."""
    with ThreadedServer(Settings(seed=1, clock=Mode("step"))) as server:
        yield server


@pytest.fixture
def pass_time(held: ThreadedServer) -> Callable[[str, float], None]:
    """Lets seconds pass on the ``held`` server, for one API key: ``pass_time(key, seconds)``."""

    def advance(key: str, seconds: float) -> None:
        async def work() -> None:
            await held.engine.worlds.world(key).clock.advance(seconds)

        held.run(work())

    return advance


def probed(url: str, folder: Path, entries: str) -> tuple[httpx.Response, Any]:
    """The answer to a download of *url*, and what ffprobe says of *entries* of the file, decoded whole."""
    answer = httpx.get(url, trust_env=False)
    assert answer.status_code == 200, answer.text
    file = folder / url.rsplit("/", 1)[1]
    file.write_bytes(answer.content)
    command = ["ffprobe", "-v", "error", "-count_frames", "-show_entries", entries, "-of", "json", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=CLIENT_SECONDS)
    assert not done.stderr, done.stderr
    return answer, json.loads(done.stdout)


@pytest.fixture
def clip(tmp_path: Path) -> Callable[[str], str]:
    """Downloads and decodes a whole video, and describes it: ``h264 1920x1080, 24/1 fps, 5.000 s, 120 frames``."""

    def look(url: str) -> str:
        entries = "stream=codec_name,width,height,avg_frame_rate,nb_read_frames:format=duration"
        _, found = probed(url, tmp_path, entries)
        (picture,) = found["streams"]
        return (
            f"{picture['codec_name']} {picture['width']}x{picture['height']}, {picture['avg_frame_rate']} fps, "
            f"{float(found['format']['duration']):.3f} s, {picture['nb_read_frames']} frames"
        )

    return look


@pytest.fixture
def node() -> Callable[..., Any]:
    """Runs a program of tests/node and returns the last line of its output, as JSON: ``node(program, *arguments)``."""
    assert shutil.which("node"), "the JavaScript clients need Node 20 or newer"
    assert (NODE / "node_modules").is_dir(), "run `npm install --no-package-lock` in tests/node first"

    def run(program: str, *arguments: str) -> Any:
        command = ["node", str(NODE / program), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=CLIENT_SECONDS)
        assert done.returncode == 0, done.stderr
        # Some clients print too: aiflow logs each of its requests.
        return json.loads(done.stdout.splitlines()[-1])

    return run
