"""Fixtures of the Python handles' tests: a mock with a manual clock and jobs of 15 minutes, and requests to it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import httpx
import pytest

from vidmock import MockServer

MODEL = "fal-ai/kling-video/o1/reference-to-video"


class Receiver(HTTPServer):
    """Receives webhooks: calls *on_post*, then answers with *statuses* in turn, keeping to the last one."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Take)
        self.url = f"http://127.0.0.1:{self.server_port}/hook"
        self.statuses = [200]
        self.paths: list[str] = []
        self.bodies: list[bytes] = []
        self.on_post: Callable[[str], object] = lambda path: None


class _Take(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        receiver = self.server
        assert isinstance(receiver, Receiver)
        receiver.paths.append(self.path)
        receiver.bodies.append(self.rfile.read(int(self.headers["content-length"])))
        status = receiver.statuses.pop(0) if len(receiver.statuses) > 1 else receiver.statuses[0]
        receiver.on_post(self.path)
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None: ...


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A webhook receiver on a free port."""
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.005,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def mock() -> Iterator[MockServer]:
    """A mock with a manual clock, whose jobs wait for 90 s and run for 810 s."""
    with MockServer(seed=1, clock="manual", latency="15m") as server:
        yield server


@pytest.fixture
def ask(mock: MockServer) -> Iterator[Callable[..., httpx.Response]]:
    """Sends a request over the in-process transport: ``ask("POST", url, key="a-key", json=…)``."""
    client = httpx.Client(transport=mock.transport(), timeout=60)

    def request(method: str, url: str, key: str = "a-key", **more: Any) -> httpx.Response:
        return client.request(method, url, headers={"Authorization": f"Key {key}"}, **more)

    with client:
        yield request


@pytest.fixture
def submit(mock: MockServer, ask: Callable[..., httpx.Response]) -> Callable[..., str]:
    """Submits to fal and returns the job's id: ``submit("a kite", key="a-key", fal_webhook=url)``."""

    def submit(prompt: str = "a kite", key: str = "a-key", **params: str) -> str:
        answer = ask("POST", f"{mock.fal.queue_url}/{MODEL}", key, json={"prompt": prompt}, params=params)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["request_id"])

    return submit


@pytest.fixture
def result(mock: MockServer, ask: Callable[..., httpx.Response]) -> Callable[..., httpx.Response]:
    """Asks fal for a job's result, and returns the answer."""

    def result(job: str, key: str = "a-key") -> httpx.Response:
        return ask("GET", f"{mock.fal.queue_url}/fal-ai/kling-video/requests/{job}", key)

    return result
