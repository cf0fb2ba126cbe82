"""What these tests share: a mock on a manual clock whose jobs take 15 minutes, and how its providers are asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from vidmock import MockServer

MODEL = "fal-ai/kling-video/o1/reference-to-video"


@pytest.fixture
def mock() -> Iterator[MockServer]:
    """Jobs wait for 90 s and run for 810 s, when somebody lets them."""
    with MockServer(seed=1, clock="manual", latency="15m") as server:
        yield server


@pytest.fixture
def ask(mock: MockServer) -> Iterator[Callable[..., httpx.Response]]:
    """One request over the in-process transport: ``ask("POST", url, key="a-key", json=…)``."""
    client = httpx.Client(transport=mock.transport(), timeout=10)

    def request(method: str, url: str, key: str = "a-key", **more: Any) -> httpx.Response:
        return client.request(method, url, headers={"Authorization": f"Key {key}"}, **more)

    with client:
        yield request


@pytest.fixture
def submit(mock: MockServer, ask: Callable[..., httpx.Response]) -> Callable[..., str]:
    """Submits to fal and gives the job's id: ``submit("a kite", key="a-key", fal_webhook=url)``."""

    def submit(prompt: str = "a kite", key: str = "a-key", **params: str) -> str:
        answer = ask("POST", f"{mock.fal.queue_url}/{MODEL}", key, json={"prompt": prompt}, params=params)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["request_id"])

    return submit


@pytest.fixture
def result(mock: MockServer, ask: Callable[..., httpx.Response]) -> Callable[..., httpx.Response]:
    """The answer to asking for a job's result."""

    def result(job: str, key: str = "a-key") -> httpx.Response:
        return ask("GET", f"{mock.fal.queue_url}/fal-ai/kling-video/requests/{job}", key)

    return result
