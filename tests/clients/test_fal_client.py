"""fal-client, unmodified: its queue, its synchronous call, its handles, and what it raises."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import fal_client
import fal_client.client
import httpx
import pytest

from vidmock import MockServer
from vidmock.engine.faults.rule_json import rule_from_json
from vidmock.server.server import ThreadedServer

MODEL = "fal-ai/kling-video/o1/reference-to-video"
KEY = "fal-key"
GOOD: dict[str, Any] = {"prompt": "a red kite over dunes", "duration": "5", "aspect_ratio": "16:9"}
BAD: dict[str, Any] = {"prompt": "a red kite over dunes", "duration": 5}
BAD_DETAIL: Any = [  # which the client hands on as a list, though it says str
    {
        "type": "literal_error",
        "loc": ["body", "duration"],
        "msg": "Input should be '3', '4', '5', '6', '7', '8', '9' or '10'",
        "input": 5,
        "ctx": {"expected": "'3', '4', '5', '6', '7', '8', '9' or '10'"},
    }
]


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., fal_client.SyncClient]]:
    """Makes clients of a server: ``client(mock)``, or ``client(mock, key)``."""
    made: list[fal_client.SyncClient] = []

    def make(mock: ThreadedServer, key: str = KEY) -> fal_client.SyncClient:
        point_at(mock, monkeypatch)
        made.append(fal_client.SyncClient(key=key))
        return made[-1]

    yield make
    for each in made:
        # The client cannot be closed, and a socket left to the garbage collector is a warning, so an error here.
        each._client.close()


def point_at(mock: ThreadedServer | MockServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fal_client.client, "QUEUE_URL_FORMAT", f"{mock.url}/fal/queue/")
    monkeypatch.setattr(fal_client.client, "RUN_URL_FORMAT", f"{mock.url}/fal/run/")


def test_subscribe_sees_every_state_and_ends_with_a_playable_video(
    held: ThreadedServer,
    client: Callable[..., fal_client.SyncClient],
    pass_time: Callable[[str, float], None],
    clip: Callable[[str], str],
) -> None:
    seen: list[fal_client.Status] = []
    enqueued: list[str] = []

    def update(status: fal_client.Status) -> None:
        seen.append(status)
        assert len(seen) <= 3
        pass_time(KEY, 1.5)

    result = client(held).subscribe(
        MODEL, GOOD, with_logs=True, on_enqueue=enqueued.append, on_queue_update=update, interval=0.001
    )

    queued, running, done = seen
    assert queued == fal_client.Queued(position=0)
    assert isinstance(running, fal_client.InProgress)
    assert isinstance(done, fal_client.Completed)
    assert running.logs is not None
    assert done.logs is not None
    assert [entry["message"] for entry in running.logs] == [f"Generating with {MODEL}"]
    assert done.logs[:1] == running.logs
    assert len(done.logs) == 2
    assert (done.error, done.metrics) == (None, {"inference_time": 2.0})
    assert len(enqueued) == 1
    video = result["video"]
    assert clip(video["url"]) == "h264 1920x1080, 24/1 fps, 5.000 s, 120 frames"
    assert video["content_type"] == "video/mp4"
    assert int(httpx.head(video["url"], trust_env=False).headers["content-length"]) == video["file_size"]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"aspect_ratio": "9:16", "duration": "3"}, "h264 1080x1920, 24/1 fps, 3.000 s, 72 frames"),
        ({"aspect_ratio": "1:1", "duration": "10"}, "h264 1440x1440, 24/1 fps, 10.000 s, 240 frames"),
    ],
    ids=["portrait", "square"],
)
def test_run_waits_for_a_video_as_long_and_as_large_as_asked(
    mock: ThreadedServer,
    client: Callable[..., fal_client.SyncClient],
    clip: Callable[[str], str],
    wanted: dict[str, str],
    found: str,
) -> None:
    assert clip(client(mock).run(MODEL, GOOD | wanted)["video"]["url"]) == found


def test_a_handle_made_from_its_id_equals_the_submitted_one(
    mock: ThreadedServer, client: Callable[..., fal_client.SyncClient]
) -> None:
    fal = client(mock)
    handle = fal.submit(MODEL, GOOD)
    assert fal.get_handle(MODEL, handle.request_id) == handle
    assert handle.get(interval=0.01) == fal.result(MODEL, handle.request_id)


def test_a_cancelled_request_completes_with_an_error_and_cannot_be_cancelled_again(
    held: ThreadedServer, client: Callable[..., fal_client.SyncClient]
) -> None:
    handle = client(held).submit(MODEL, GOOD)
    handle.cancel()
    status = handle.status(with_logs=True)
    assert isinstance(status, fal_client.Completed)
    assert status.error_type == "client_cancelled"
    with pytest.raises(fal_client.FalClientHTTPError, match="ALREADY_COMPLETED") as again:
        handle.cancel()
    assert again.value.status_code == 400
    with pytest.raises(fal_client.FalClientHTTPError, match="cancelled") as result:
        handle.get()
    assert result.value.error_type == "client_cancelled"


def test_the_queue_takes_an_invalid_input_and_the_result_says_what_was_wrong(
    mock: ThreadedServer, client: Callable[..., fal_client.SyncClient]
) -> None:
    handle = client(mock).submit(MODEL, BAD)
    with pytest.raises(fal_client.FalClientHTTPError) as caught:
        handle.get(interval=0.01)
    assert caught.value.status_code == 422
    assert caught.value.message == BAD_DETAIL
    assert caught.value.response_headers["x-fal-request-id"] == handle.request_id


def test_run_refuses_an_invalid_input_at_once(
    mock: ThreadedServer, client: Callable[..., fal_client.SyncClient]
) -> None:
    with pytest.raises(fal_client.FalClientHTTPError) as caught:
        client(mock).run(MODEL, BAD)
    assert (caught.value.status_code, caught.value.message) == (422, BAD_DETAIL)


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("runner_server_error", 500, "runner_server_error"),
        ("bad_request", 400, "bad_request"),
        ("application-not-found", 404, None),
        ("403", 403, None),
    ],
)
def test_an_error_that_is_asked_for_by_its_code_raises_with_its_type(
    mock: ThreadedServer, client: Callable[..., fal_client.SyncClient], code: str, status: int, kind: str | None
) -> None:
    async def ask_for() -> None:
        fault = rule_from_json({"effect": "error", "arguments": {"code": code}, "provider": "fal", "times": 1})
        mock.engine.worlds.world(KEY).faults.add(fault)

    mock.run(ask_for())
    fal = client(mock)
    with pytest.raises(fal_client.FalClientHTTPError) as caught:
        fal.submit(MODEL, GOOD)
    assert (caught.value.status_code, caught.value.error_type) == (status, kind)
    assert fal.submit(MODEL, GOOD).request_id


@pytest.mark.parametrize("call", ["run", "submit", "subscribe"])
def test_a_refused_key_raises(mock: ThreadedServer, client: Callable[..., fal_client.SyncClient], call: str) -> None:
    with pytest.raises(fal_client.FalClientHTTPError, match="invalid key credentials") as caught:
        getattr(client(mock, "vidmock-invalid"), call)(MODEL, GOOD)
    assert caught.value.status_code == 401


def test_an_unknown_application_raises_with_its_name(
    mock: ThreadedServer, client: Callable[..., fal_client.SyncClient]
) -> None:
    with pytest.raises(fal_client.FalClientHTTPError, match="Application 'kling-vidoe' not found") as caught:
        client(mock).submit("fal-ai/kling-vidoe/o1/reference-to-video", GOOD)
    assert caught.value.status_code == 404


@pytest.mark.parametrize("call", ["run", "submit", "subscribe"])
def test_an_unknown_endpoint_of_an_application_raises_with_the_result(
    mock: ThreadedServer, client: Callable[..., fal_client.SyncClient], call: str
) -> None:
    """Its submission is accepted, as fal's queue does."""
    fal = client(mock)
    ask = (lambda *given: fal.submit(*given).get()) if call == "submit" else getattr(fal, call)
    with pytest.raises(fal_client.FalClientHTTPError, match="Path /o1/reference-to-vidoe not found") as caught:
        ask("fal-ai/kling-video/o1/reference-to-vidoe", GOOD)
    assert caught.value.status_code == 404


def test_the_async_client_subscribes_cancels_and_raises(
    held: ThreadedServer,
    monkeypatch: pytest.MonkeyPatch,
    pass_time: Callable[[str, float], None],
    clip: Callable[[str], str],
) -> None:
    point_at(held, monkeypatch)

    updates = iter(range(3))

    def update(status: fal_client.Status) -> None:
        next(updates)
        pass_time(KEY, 1.5)

    async def work() -> str:
        fal = fal_client.AsyncClient(key=KEY)
        result = await fal.subscribe(MODEL, GOOD, interval=0.001, on_queue_update=update)
        handle = await fal.submit(MODEL, GOOD)
        assert await fal.get_handle(MODEL, handle.request_id) == handle
        await handle.cancel()
        status = await fal.status(MODEL, handle.request_id)
        assert isinstance(status, fal_client.Completed)
        assert status.error_type == "client_cancelled"
        with pytest.raises(fal_client.FalClientHTTPError) as caught:
            await fal.run(MODEL, BAD)
        assert caught.value.message == BAD_DETAIL
        await (await fal._client).aclose()
        return str(result["video"]["url"])

    assert clip(asyncio.run(work())) == "h264 1920x1080, 24/1 fps, 5.000 s, 120 frames"


def test_a_client_that_gives_up_waiting_cancels_its_request(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work() -> fal_client.Status:
        fal = fal_client.AsyncClient(key=KEY)
        with pytest.raises(fal_client.FalClientTimeoutError) as caught:
            await fal.subscribe(MODEL, GOOD, client_timeout=100)
        assert caught.value.request_id is not None
        status = await fal.status(MODEL, caught.value.request_id)
        await (await fal._client).aclose()
        return status

    with MockServer(clock="manual", latency="15m") as mock, mock.virtual_time():
        point_at(mock, monkeypatch)
        status = asyncio.run(work())
    assert isinstance(status, fal_client.Completed)
    assert status.error_type == "client_cancelled"
