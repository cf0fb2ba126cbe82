"""@runware/sdk-js, unmodified, over its WebSocket."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from vidmock.engine.faults.catalog import checked_rule
from vidmock.engine.faults.rules import Effect, FaultRule
from vidmock.server.server import ThreadedServer

TASK_ID = "6f5b1f0a-8d0e-4a4e-9c53-0d5a4f6f2b11"
HD = "h264 1280x720, 24/1 fps, 5.000 s, 120 frames"


@pytest.fixture
def run(mock: ThreadedServer, node: Callable[..., Any]) -> Callable[..., Any]:
    """Plays a scenario of ``runware.mjs`` and reads what it found: ``run(scenario)``."""

    def play(scenario: str, key: str = "runware-key", marker: str = "") -> Any:
        return node("runware.mjs", mock.url.replace("http", "ws") + "/runware/v1", key, scenario, marker)

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


@pytest.mark.parametrize(
    "marker",
    [
        "socket_closed=1011 at=poll",
        "socket_repeated=3 at=poll",
        "other_items at=poll",
    ],
)
def test_its_video_is_made_whatever_happens_to_the_session(
    run: Callable[..., Any], clip: Callable[[str], str], mock: ThreadedServer, marker: str
) -> None:
    (url,) = run("marked", marker=marker)
    assert clip(url) == HD
    assert mock.engine.worlds.world("runware-key").ledger.jobs == 1


@pytest.mark.parametrize("effect", ["edge_page", "reset"])
def test_a_handshake_that_fails_once_is_tried_again(run: Callable[..., Any], mock: ThreadedServer, effect: str) -> None:
    async def add() -> None:
        rule = checked_rule(FaultRule("connect", Effect(effect), times=1))
        mock.engine.worlds.world("").faults.add(rule)

    mock.run(add())
    assert len(run("generate")) == 2
