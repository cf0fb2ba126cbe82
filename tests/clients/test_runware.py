"""runware-sdk over REST, unmodified: both models, several results, costs, and every field of its errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import runware
from tests.clients.runware_sdk import sdk_results

from vidmock.server.server import ThreadedServer

PRO, STANDARD = "klingai:kling@o1", "klingai:kling@o1-standard"
TASK: dict[str, Any] = {
    # Without it the client asks schemas.runware.ai what kind of task the model takes.
    "taskType": "videoInference",
    "positivePrompt": "a red kite over dunes",
    "duration": 5,
}
TASK_ID = "6f5b1f0a-8d0e-4a4e-9c53-0d5a4f6f2b11"


def run(mock: ThreadedServer, *tasks: dict[str, Any], key: str = "runware-key") -> list[Any]:
    """The results of *tasks*, each with what all of them have."""
    return sdk_results(mock, [TASK | task for task in tasks], key=key)


@pytest.mark.parametrize(
    ("task", "cost", "found"),
    [
        ({"model": PRO, "width": 1920, "height": 1080}, 0.56, "h264 1920x1080, 24/1 fps, 5.000 s, 120 frames"),
        ({"model": STANDARD, "width": 720, "height": 1280}, 0.42, "h264 720x1280, 24/1 fps, 5.000 s, 120 frames"),
        (
            {"model": PRO, "duration": 3, "inputs": {"referenceImages": ["https://example.com/kite.png"]}},
            0.336,
            "h264 1920x1080, 24/1 fps, 3.000 s, 72 frames",
        ),
        (
            {"model": STANDARD, "width": 960, "height": 960, "duration": 10, "outputFormat": "WEBM"},
            0.84,
            "vp9 960x960, 24/1 fps, 10.000 s, 240 frames",
        ),
    ],
    ids=["pro", "standard", "references", "webm"],
)
def test_a_task_runs_to_a_playable_video(
    mock: ThreadedServer, clip: Callable[[str], str], task: dict[str, Any], cost: float, found: str
) -> None:
    ((item,),) = run(mock, task | {"includeCost": True})
    assert (item["taskType"], item["status"], item["cost"]) == ("videoInference", "success", cost)
    assert isinstance(item["seed"], int)
    assert clip(item["videoURL"]) == found


def test_two_results_are_two_videos_and_no_cost_unless_asked(mock: ThreadedServer, clip: Callable[[str], str]) -> None:
    (items,) = run(mock, {"model": STANDARD, "width": 1280, "height": 720, "numberResults": 2})
    assert len({item["videoUUID"] for item in items}) == 2
    assert len({item["seed"] for item in items}) == 2
    assert all("cost" not in item for item in items)
    assert [clip(item["videoURL"]) for item in items] == ["h264 1280x720, 24/1 fps, 5.000 s, 120 frames"] * 2


@pytest.mark.parametrize(
    ("task", "parameter", "said"),
    [
        ({"model": PRO, "width": 1280, "height": 720}, "width", "1920x1080"),
        ({"model": PRO, "width": 1920, "height": 1080, "duration": 7}, "duration", "5 or 10"),
        ({"model": PRO, "width": 1920, "height": 1080, "durations": 5}, "durations", "did you mean 'duration'"),
        ({"model": "klingai:kling@o2", "width": 1920, "height": 1080}, "model", "'klingai:kling@o1'"),
    ],
    ids=["size", "duration", "misspelt", "model"],
)
def test_an_invalid_task_raises_with_every_field_filled(
    mock: ThreadedServer, task: dict[str, Any], parameter: str, said: str
) -> None:
    (error,) = run(mock, task | {"taskUUID": TASK_ID})
    assert isinstance(error, runware.RunwareError)
    assert (error.code, error.status_code, error.retryable) == ("validation", 400, False)
    assert (error.parameter, error.task_type, error.task_uuid) == (parameter, "videoInference", TASK_ID)
    assert said in error.message
    assert error.documentation is not None


def test_a_task_id_works_once(mock: ThreadedServer) -> None:
    task = {"model": STANDARD, "width": 1280, "height": 720, "taskUUID": TASK_ID}
    (item,), error = run(mock, task, task)
    assert item["taskUUID"] == TASK_ID
    assert (error.code, error.parameter, error.task_uuid) == ("validation", "taskUUID", TASK_ID)
    assert "already exists" in error.message


@pytest.mark.parametrize(
    ("code", "kind", "status", "retryable"),
    [
        ("contentPolicyViolation", "safety", 400, False),
        ("insufficientCredits", "quota", 402, False),
        ("accountSuspended", "auth", 403, False),
        ("rateLimitExceeded", "rateLimit", 429, True),
        ("taskExpired", "notFound", 404, False),
        ("unsupportedDuration", "validation", 400, False),
        ("providerTimeout", "timeout", 504, True),
        ("timeoutProvider", "unknown", 504, False),
        ("serviceUnavailable", "serverError", 503, True),
    ],
)
def test_an_error_that_is_asked_for_by_its_code_raises_with_its_kind(
    mock: ThreadedServer, code: str, kind: str, status: int, retryable: bool
) -> None:
    prompt = {"positivePrompt": f"a kite [[vidmock: error={code}]]"}
    (error,) = run(mock, {"model": STANDARD, "width": 1280, "height": 720} | prompt)
    assert isinstance(error, runware.RunwareError)
    assert (error.code, error.status_code, error.retryable) == (kind, status, retryable)


@pytest.mark.parametrize(
    ("code", "kind"), [("inferenceError", "provider"), ("taskCancelled", "notFound"), ("modelNotReady", "provider")]
)
def test_a_job_that_is_to_fail_raises_with_the_codes_kind(mock: ThreadedServer, code: str, kind: str) -> None:
    prompt = {"positivePrompt": f"a kite [[vidmock: error={code}]]"}
    (error,) = run(mock, {"model": STANDARD, "width": 1280, "height": 720} | prompt)
    assert isinstance(error, runware.RunwareError)
    assert error.code == kind


def test_a_refused_key_raises(mock: ThreadedServer) -> None:
    (error,) = run(mock, {"model": PRO, "width": 1920, "height": 1080}, key="vidmock-invalid")
    assert (error.code, error.status_code, error.retryable) == ("auth", 401, False)
    assert (error.parameter, error.task_type) == ("apiKey", "authentication")
