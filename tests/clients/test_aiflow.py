"""@eachlabs/aiflow, unmodified: predictions made, followed, cancelled and refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import groupby
from operator import itemgetter
from typing import Any

from vidmock.server.server import ThreadedServer


def test_a_prediction_is_followed_to_a_playable_video(
    stepped: ThreadedServer, node: Callable[..., Any], clip: Callable[[str], str]
) -> None:
    found = node("aiflow.mjs", stepped.url, "success")
    created, seen = found["created"], found["seen"]
    assert created["status"] == "success"
    # Node polls on two connections in turn, and each is shown every state.
    assert [status for status, _ in groupby(seen, itemgetter("status"))] == ["created", "processing", "success"]
    assert all(prediction["id"] == created["predictionID"] for prediction in seen)
    assert clip(seen[-1]["output"]) == "h264 1920x1080, 24/1 fps, 5.000 s, 120 frames"
    assert seen[-1]["metrics"]["cost"] == 0.84


def test_a_cancelled_prediction_stays_cancelled_and_costs_nothing(
    held: ThreadedServer, node: Callable[..., Any]
) -> None:
    found = node("aiflow.mjs", held.url, "cancel")
    assert found["answer"]["predictionID"] == found["predictionID"]
    assert found["after"]["status"] == "cancelled"
    assert found["after"]["output"] is None
    assert found["after"]["metrics"]["cost"] == 0


def test_refusals_are_thrown_with_the_body_in_their_text(mock: ThreadedServer, node: Callable[..., Any]) -> None:
    found = node("aiflow.mjs", mock.url, "failing")
    bodies = {case: json.loads(text.removeprefix("Request failed: ")) for case, text in found.items()}
    assert {case: body["message"] for case, body in bodies.items()} == {
        "invalid": "Invalid input for model",
        "model": "Model not found",
        "id": "Prediction not found",
        "key": "Invalid or missing API key",
    }
    assert bodies["invalid"]["details"].startswith("video_url: ")
    assert all(body["error"] == body["message"] for body in bodies.values())
