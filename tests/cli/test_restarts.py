"""A server is ended and started again in the middle of jobs, as by a reloader: the providers' own clients finish."""

from __future__ import annotations

import asyncio
import json
import queue
import signal
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import fal_client
import fal_client.client
import httpx
import pytest
import runpod  # type: ignore[import-untyped]  # the package ships no types
import runware
from tests.cli.test_state import CLIP, SECONDS, Restarted
from tests.clients.conftest import NODE

from vidmock.testing.local_server import LocalHTTPServer

TASK = {
    "taskType": "videoInference",
    "model": "klingai:kling@o1-standard",
    "positivePrompt": "a kite",
    "duration": 5,
    "width": 1280,
    "height": 720,
}
ENDED_WITH = {signal.SIGTERM: 0, signal.SIGKILL: -signal.SIGKILL, signal.SIGINT: 0}


class Reloaded(Restarted):
    """A server that is ended by any signal, and waited for, as a reloader does it."""

    def restart(self, by: signal.Signals) -> None:
        assert self._process
        self._process.send_signal(by)
        self._process.communicate(timeout=SECONDS)
        assert self._process.returncode == ENDED_WITH[by]
        self.start()

    def ask(self, method: str, path: str, body: object = None) -> Any:
        answer = httpx.request(method, f"{self.url}/_vidmock{path}", json=body, headers={"x-vidmock": "1"})
        assert answer.is_success, answer.text
        return answer.json()

    def states(self) -> dict[str, str]:
        """The state of each job, by its provider."""
        return {job["provider"]: job["state"] for job in self.ask("GET", "/jobs")["jobs"]}


class Receiver(BaseHTTPRequestHandler):
    """Takes webhooks, with the path that names their provider."""

    def do_POST(self) -> None:
        TOLD.put((self.path[1:], self.rfile.read(int(self.headers["content-length"])).decode()))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *words: object) -> None:
        """Say nothing."""


TOLD: queue.Queue[tuple[str, str]] = queue.Queue()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Reloaded]:
    server = Reloaded(tmp_path / "kept", tmp_path / "certificates")
    yield server
    server.kill()


async def runware_video(url: str, webhook: str) -> str:
    limits = {"timeout": 1000 * SECONDS, "poll_timeout": 1000 * SECONDS}
    # It asks again as often as a restart takes here, where other programs use the processors too.
    again = {"max_retries": 400, "retry_delay": 100, "retry_strategy": "linear"}
    async with runware.Runware(
        api_key="any", transport="rest", http_base_url=f"{url}/runware/v1", **limits, **again
    ) as client:
        (video,) = await client.run(TASK | {"webhookURL": webhook})
        return str(video["videoURL"])


def test_the_clients_of_all_providers_finish_though_the_server_is_ended_in_three_ways_meanwhile(
    server: Reloaded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fal_client.client, "QUEUE_URL_FORMAT", f"{server.url}/fal/queue/")
    monkeypatch.setattr(runpod, "endpoint_url_base", f"{server.url}/runpod/v2")
    server.ask("PUT", "/clock", {"mode": "manual"})
    with (
        LocalHTTPServer(Receiver) as receiver,
        ThreadPoolExecutor() as pool,
        subprocess.Popen(
            ["node", str(NODE / "aiflow_resumed.mjs"), server.url, f"{receiver.origin}/eachlabs"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as aiflow,
    ):
        runware_job = pool.submit(asyncio.run, runware_video(server.url, f"{receiver.origin}/runware"))
        fal = fal_client.SyncClient(key="any")
        fal_job = fal.submit(
            "fal-ai/kling-video/o1/reference-to-video",
            arguments={"prompt": "a kite"},
            webhook_url=f"{receiver.origin}/fal",
        )
        runpod_job = runpod.Endpoint("kling-video-o1-r2v", api_key="any").run(
            {
                "input": {"prompt": "a kite", "images": ["https://example.com/kite.png"]},
                "webhook": f"{receiver.origin}/runpod",
            }
        )
        assert aiflow.stdout
        made = json.loads(aiflow.stdout.readline())
        looks = 0
        while len(server.states()) < 4:
            looks += 1
            assert looks < 100 * SECONDS, "no job of runware's client"
            time.sleep(0.01)
        for by in ENDED_WITH:
            server.restart(by)
            assert server.states() == dict.fromkeys(("runpod", "runware", "fal", "eachlabs"), "queued")
        server.ask("POST", "/clock/advance", {"by": "15m"})
        videos = {
            "runware": runware_job.result(timeout=SECONDS),
            "fal": fal_job.get()["video"]["url"],
            "runpod": runpod_job.output(timeout=SECONDS)["video_url"],
        }
        # The client cannot be closed, and a socket left to the garbage collector is a warning, so an error here.
        fal._client.close()
        said, _ = aiflow.communicate("go on\n", timeout=SECONDS)
        seen = json.loads(said)
        assert (seen["id"], aiflow.returncode) == (made["predictionID"], 0)
        videos["eachlabs"] = seen["output"]
        told: dict[str, str] = {}
        while told.keys() != videos.keys():
            told |= dict([TOLD.get(timeout=SECONDS)])
    for provider, video in videos.items():
        assert CLIP in httpx.get(video).content[:16]
        assert video in told[provider], provider
    assert server.ask("GET", "/ledger")["total"]["jobs"] == 4
