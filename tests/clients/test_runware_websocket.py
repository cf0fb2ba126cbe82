"""runware-sdk over its WebSocket, which is its default, unmodified: jobs, errors, files, and broken connections."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import runware
from runware.transport import websocket

from vidmock.server.server import ThreadedServer

PRO, STANDARD = "klingai:kling@o1", "klingai:kling@o1-standard"
TASK: dict[str, Any] = {
    # Without it the client asks schemas.runware.ai what kind of task the model takes.
    "taskType": "videoInference",
    "model": STANDARD,
    "positivePrompt": "a red kite over dunes",
    "width": 1280,
    "height": 720,
    "duration": 5,
}
TASK_ID = "6f5b1f0a-8d0e-4a4e-9c53-0d5a4f6f2b11"
HD = "h264 1280x720, 24/1 fps, 5.000 s, 120 frames"
# Milliseconds, so that a broken server fails the test and does not hold it for the client's 20 minutes.
LIMITS = {"timeout": 60_000, "poll_timeout": 60_000, "retry_delay": 1, "auth_timeout": 60_000}


def use(mock: ThreadedServer, work: Callable[[runware.Runware], Awaitable[Any]], key: str = "runware-key") -> Any:
    """What *work* makes of a connected client."""

    async def connected() -> Any:
        url = mock.url.replace("http", "ws") + "/runware/v1"
        async with runware.Runware(api_key=key, ws_base_url=url, **LIMITS) as client:
            return await work(client)

    return asyncio.run(connected())


def run(mock: ThreadedServer, *tasks: dict[str, Any]) -> list[Any]:
    """The results of *tasks*, one after the other; the client's error where one fails."""

    async def work(client: runware.Runware) -> list[Any]:
        found: list[Any] = []
        for task in tasks:
            try:
                found.append(await client.run(TASK | task))
            except runware.RunwareError as error:
                found.append(error)
        return found

    results: list[Any] = use(mock, work)
    return results


def test_several_videos_are_made_and_play(mock: ThreadedServer, clip: Callable[[str], str]) -> None:
    (items,) = run(mock, {"numberResults": 2, "includeCost": True})
    assert [clip(item["videoURL"]) for item in items] == [HD] * 2
    assert [(item["status"], item["cost"]) for item in items] == [("success", 0.42)] * 2


def test_tasks_at_once_share_the_socket_and_keep_their_results(
    mock: ThreadedServer, clip: Callable[[str], str]
) -> None:
    async def work(client: runware.Runware) -> Any:
        sizes = [(1280, 720), (720, 1280), (960, 960)]
        tasks = [client.run(TASK | {"width": width, "height": height}) for width, height in sizes]
        bad = client.run(TASK | {"duration": 7})
        return await asyncio.gather(*tasks, bad, return_exceptions=True)

    *made, error = use(mock, work)
    sizes = [clip(items[0]["videoURL"]).split()[1] for items in made]
    assert sizes == ["1280x720,", "720x1280,", "960x960,"]
    assert isinstance(error, runware.RunwareError)


@pytest.mark.parametrize(
    ("task", "code", "parameter"),
    [
        ({"duration": 7}, "validation", "duration"),
        ({"width": 1}, "validation", "width"),
        ({"seed": 7}, "validation", "seed"),
        ({"model": "klingai:kling@o2"}, "validation", "model"),
        ({"positivePrompt": "a kite [[vidmock: fail=moderated]]"}, "safety", None),
        ({"positivePrompt": "a kite [[vidmock: no_balance]]"}, "quota", None),
    ],
    ids=["duration", "size", "unknown", "model", "moderated", "balance"],
)
def test_an_error_raises_with_its_category(
    mock: ThreadedServer, task: dict[str, Any], code: str, parameter: str | None
) -> None:
    (error,) = run(mock, task | {"taskUUID": TASK_ID})
    assert isinstance(error, runware.RunwareError)
    assert (error.code, error.parameter, error.task_uuid) == (code, parameter, TASK_ID)


def test_a_task_id_works_once(mock: ThreadedServer) -> None:
    (item,), error = run(mock, {"taskUUID": TASK_ID}, {"taskUUID": TASK_ID})
    assert item["taskUUID"] == TASK_ID
    assert (error.code, error.parameter) == ("validation", "taskUUID")


def test_a_refused_key_raises_at_once(mock: ThreadedServer) -> None:
    async def nothing(client: runware.Runware) -> None:
        raise AssertionError("it should not have come to this")

    with pytest.raises(runware.RunwareError, match="Invalid API key") as raised:
        use(mock, nothing, key="vidmock-invalid")
    assert raised.value.code == "auth"


@pytest.mark.parametrize("moment", ["after", "poll"])
def test_a_broken_connection_is_resumed_and_nothing_is_paid_twice(
    stepped: ThreadedServer, clip: Callable[[str], str], monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    # It waits for up to a second before it connects again, and a second after it sent a task it sends it once more and
    # stumbles over the answer to the first: which comes first is a matter of the machine. Nothing is waited for here,
    # and no session ends while a clock stands.
    monkeypatch.setattr(websocket, "_RECONNECT_JITTER_MAX_MS", 0)
    monkeypatch.setattr(websocket, "_ASYNC_RESEND_MIN_AGE_SECONDS", 60.0)
    (items,) = run(stepped, {"positivePrompt": f"a kite [[vidmock: lost at={moment}]]"})
    assert [clip(item["videoURL"]) for item in items] == [HD]
    world = stepped.engine.worlds.world("runware-key")
    assert world.ledger.jobs == 1
    authentications = [one for one in world.journal if b"authentication" in one.request_body]
    assert len(authentications) == 2
    assert b"connectionSessionUUID" in authentications[1].request_body


def test_the_other_tasks_are_answered(mock: ThreadedServer) -> None:
    async def work(client: runware.Runware) -> dict[str, Any]:
        stored = await client.media_storage({"operation": "upload", "media": "data:image/png;base64,AAAA"})
        made = await client.run(TASK | {"taskUUID": TASK_ID})
        return {
            "upload": await client.image_upload({"image": "data:image/png;base64,AAAA"}),
            "delete": await client.media_storage({"operation": "delete", "media": stored[0]["mediaUUID"]}),
            "details": await client.get_task_details({"taskUUID": TASK_ID}),
            "account": await client.account_management({"operation": "getDetails"}),
            "models": await client.model_search({"search": "kling"}),
            "made": made,
        }

    found = use(mock, work)
    assert found["upload"][0]["imageURL"].endswith(".png")
    assert found["delete"][0]["operation"] == "delete"
    assert found["details"][0]["response"] == {"data": found["made"]}
    assert found["account"][0]["usage"]["total"]["requests"] == 1
    assert found["models"][0]["totalResults"] == 2
