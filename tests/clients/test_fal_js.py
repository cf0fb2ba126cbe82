"""@fal-ai/client, unmodified, pointed at the mock with a request middleware."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby
from typing import Any

import pytest

from vidmock.server.server import ThreadedServer

MODEL = "fal-ai/kling-video/o1/reference-to-video"
FULL_HD = "h264 1920x1080, 24/1 fps, 5.000 s, 120 frames"
DURATION_ERROR = {
    "type": "literal_error",
    "loc": ["body", "duration"],
    "msg": "Input should be '3', '4', '5', '6', '7', '8', '9' or '10'",
    "input": 5,
    "ctx": {"expected": "'3', '4', '5', '6', '7', '8', '9' or '10'"},
}


def test_subscribe_reports_states_and_logs_and_ends_with_a_playable_video(
    stepped: ThreadedServer, node: Callable[..., Any], clip: Callable[[str], str]
) -> None:
    found = node("fal.mjs", stepped.url, "subscribe")
    started = f"Generating with {MODEL}"
    # Node polls on two connections in turn, and each is shown every state.
    assert [update for update, _ in groupby(found["updates"])] == [
        {"status": "IN_QUEUE", "logs": []},
        {"status": "IN_PROGRESS", "logs": [started]},
        {"status": "COMPLETED", "logs": [started, "Done"]},
    ]
    assert found["enqueued"] == [found["requestId"]]
    assert clip(found["data"]["video"]["url"]) == FULL_HD


def test_the_queue_is_followed_step_by_step(
    stepped: ThreadedServer, node: Callable[..., Any], clip: Callable[[str], str]
) -> None:
    found = node("fal.mjs", stepped.url, "queue")
    assert [status for status, _ in groupby(found["statuses"])] == ["IN_QUEUE", "IN_PROGRESS", "COMPLETED"]
    assert clip(found["data"]["video"]["url"]) == FULL_HD
    assert all(url.startswith(f"{stepped.url}/fal/queue/fal-ai/kling-video/requests/") for url in found["urls"])


def test_run_waits_for_the_video(mock: ThreadedServer, node: Callable[..., Any], clip: Callable[[str], str]) -> None:
    found = node("fal.mjs", mock.url, "run")
    assert clip(found["video"]["url"]) == "h264 1080x1920, 24/1 fps, 3.000 s, 72 frames"


def test_a_cancelled_request_completes_with_an_error(held: ThreadedServer, node: Callable[..., Any]) -> None:
    found = node("fal.mjs", held.url, "cancel")
    assert (found["status"]["status"], found["status"]["error_type"]) == ("COMPLETED", "client_cancelled")
    assert (found["result"]["kind"], found["result"]["status"]) == ("ApiError", 499)
    assert found["again"]["body"] == {"status": "ALREADY_COMPLETED"}


@pytest.mark.parametrize("call", ["subscribe", "run"])
def test_an_invalid_input_is_a_validation_error_with_its_field(
    mock: ThreadedServer, node: Callable[..., Any], call: str
) -> None:
    found = node("fal.mjs", mock.url, "invalid")[call]
    assert (found["kind"], found["status"]) == ("ValidationError", 422)
    assert found["body"] == {"detail": [DURATION_ERROR]}
    assert found["durationErrors"] == [DURATION_ERROR]
    # The message is no more than the reason phrase of HTTP 422, which newer Pythons word differently.
    assert found["message"].startswith("Unprocessable ")


def test_a_refused_key_is_an_api_error(mock: ThreadedServer, node: Callable[..., Any]) -> None:
    found = node("fal.mjs", mock.url, "refused")
    assert (found["kind"], found["status"]) == ("ApiError", 401)
    assert found["body"] == {"detail": "invalid key credentials"}
