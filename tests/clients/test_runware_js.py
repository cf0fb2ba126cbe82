"""@runware/sdk-js, unmodified, over its WebSocket."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from vidmock.server.server import ThreadedServer

TASK_ID = "6f5b1f0a-8d0e-4a4e-9c53-0d5a4f6f2b11"
HD = "h264 1280x720, 24/1 fps, 5.000 s, 120 frames"


@pytest.fixture
def run(mock: ThreadedServer, node: Callable[..., Any]) -> Callable[..., Any]:
    """Plays a scenario of ``runware.mjs`` and reads what it found: ``run(scenario)``."""

    def play(scenario: str, key: str = "runware-key") -> Any:
        return node("runware.mjs", mock.url.replace("http", "ws") + "/runware/v1", key, scenario)

    return play


def test_two_videos_are_made_and_play(run: Callable[..., Any], clip: Callable[[str], str]) -> None:
    made = run("generate")
    assert [clip(video["videoURL"]) for video in made] == [HD] * 2
    assert [(video["cost"], video["status"]) for video in made] == [(0.42, "success")] * 2


def test_a_connection_that_breaks_on_the_way_is_made_again(
    run: Callable[..., Any], clip: Callable[[str], str], mock: ThreadedServer
) -> None:
    (url,) = run("dropped")
    assert clip(url) == HD
    assert mock.engine.worlds.world("runware-key").ledger.jobs == 1


@pytest.mark.parametrize(
    ("scenario", "code", "parameter"),
    [("invalid", "unsupportedDuration", "duration"), ("duplicate", "conflictTaskUUID", "taskUUID")],
)
def test_an_error_reaches_the_caller_with_every_field(
    run: Callable[..., Any], scenario: str, code: str, parameter: str
) -> None:
    error = run(scenario)["error"]
    assert (error["code"], error["parameter"], error["taskUUID"]) == (code, parameter, TASK_ID)
    assert error["documentation"].endswith(f"#request-{parameter.lower()}")


def test_a_refused_key_is_an_error(run: Callable[..., Any]) -> None:
    error = run("refused", "vidmock-invalid")["error"]
    assert (error["code"], error["taskType"]) == ("invalidApiKey", "authentication")


def test_a_tasks_details_are_read_back(run: Callable[..., Any]) -> None:
    details = run("details")
    assert details["request"][0]["taskUUID"] == TASK_ID
    assert details["response"]["data"][0]["status"] == "success"


def test_a_dry_run_checks_and_makes_nothing(run: Callable[..., Any], mock: ThreadedServer) -> None:
    assert run("dry")["error"]["code"] == "unsupportedDuration"
    assert mock.engine.worlds.world("runware-key").ledger.jobs == 0
