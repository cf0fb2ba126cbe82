"""Clients that ask for HTTP/2 over plain HTTP by themselves: Java's own one with its defaults, and curl --http2."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from vidmock.server.server import ThreadedServer

JOB = Path(__file__).parents[1] / "java" / "Job.java"
ENDPOINT = "/runpod/v2/kling-video-o1-r2v"
BODY = {"input": {"prompt": "a kite", "images": ["https://pictures.example/kite.png"]}}


def test_java_makes_a_video_by_its_base_url(mock: ThreadedServer) -> None:
    done = subprocess.run(
        ["java", str(JOB), mock.url + ENDPOINT],
        capture_output=True,
        text=True,
        timeout=300,
        env=os.environ | {"RUNPOD_API_KEY": "java"},
    )
    assert done.stderr == ""
    url, status, size, version = done.stdout.split()
    assert url.startswith(f"{mock.url}/runpod/media/")
    assert (status, version) == ("200", "HTTP_1_1")
    assert int(size) > 5000
    world = mock.engine.worlds.world("java")
    assert [world.jobs[job].prompt for job in world.jobs] == ["a kite"]


def test_curl_with_http2_sends_its_body(mock: ThreadedServer) -> None:
    headers = ("--header", "Authorization: Bearer k", "--header", "Content-Type: application/json")
    asked = (*headers, "--data", json.dumps(BODY), f"{mock.url}{ENDPOINT}/runsync")
    done = subprocess.run(
        ["curl", "--http2", "--silent", "--show-error", "--noproxy", "*", *asked],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert json.loads(done.stdout)["status"] == "COMPLETED", done.stderr
