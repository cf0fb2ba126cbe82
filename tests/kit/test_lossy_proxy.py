from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import httpx
import pytest

from vidmock.kit.http import Request
from vidmock.kit.lossy_proxy import Loss, LossyProxy
from vidmock.kit.webhook_receiver import WebhookReceiver
from vidmock.kit.wire import WIRES
from vidmock.server.server import ThreadedServer

WIRE = WIRES["fal"]
SUBMIT = "/fal/queue/fal-ai/kling-video/o1/reference-to-video"


@pytest.fixture
def proxy(mock: ThreadedServer) -> Iterator[tuple[LossyProxy, httpx.Client]]:
    """A proxy in front of the server, and a client of it."""
    upstream = httpx.URL(mock.url)
    lossy = LossyProxy(WIRE, (upstream.host, upstream.port or 80))
    with httpx.Client(base_url=mock.run(lossy.open()), trust_env=False) as http:
        yield lossy, http
    mock.run(lossy.close())


def submit(http: httpx.Client, key: str = "a-key") -> httpx.Response:
    return http.post(SUBMIT, json={"prompt": "a kite over dunes"}, headers={"authorization": f"Key {key}"})


def accepted(mock: ThreadedServer, key: str = "a-key") -> int:
    return mock.engine.worlds.world(key).ledger.jobs


def test_what_is_not_to_be_lost_passes_and_names_the_proxy(proxy: tuple[LossyProxy, httpx.Client]) -> None:
    lossy, http = proxy
    answer = submit(http).json()
    assert answer["status_url"].startswith(str(http.base_url))
    assert [request.body for request in lossy.script("a-key").seen] == [b'{"prompt":"a kite over dunes"}']


@pytest.mark.parametrize("loss", [Loss.DROPPED, Loss.CUT], ids=lambda loss: str(loss.name))
def test_a_lost_answer_is_lost_after_the_work_is_done(
    loss: Loss, proxy: tuple[LossyProxy, httpx.Client], mock: ThreadedServer
) -> None:
    lossy, http = proxy
    lossy.script("a-key").submits.append(loss)
    with pytest.raises(httpx.RemoteProtocolError):
        submit(http)
    assert accepted(mock) == 1
    assert submit(http).status_code == 200


@pytest.mark.parametrize(("loss", "status"), [(Loss.BAD_GATEWAY, 502), (Loss.GATEWAY_TIMEOUT, 504)], ids=["502", "504"])
def test_a_gateways_page_replaces_an_answer(
    loss: Loss, status: int, proxy: tuple[LossyProxy, httpx.Client], mock: ThreadedServer
) -> None:
    lossy, http = proxy
    lossy.script("a-key").submits.append(loss)
    answer = submit(http)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html")
    assert "nginx" in answer.text
    assert accepted(mock) == 1


def test_polls_and_submissions_are_lost_apart_and_for_one_key(proxy: tuple[LossyProxy, httpx.Client]) -> None:
    lossy, http = proxy
    lossy.script("a-key").polls.append(Loss.BAD_GATEWAY)
    answer = submit(http).json()
    status, mine = answer["status_url"], {"authorization": "Key a-key"}
    assert http.put(answer["cancel_url"], headers=mine).status_code in (202, 400)
    # Without a key or with another one, the mock's own refusal arrives: nothing is lost.
    assert http.get(status).status_code == 401
    assert http.get(status, headers={"authorization": "Key another"}).status_code == 404
    assert http.get(status, headers=mine).status_code == 502
    assert http.get(status, headers=mine).status_code in (200, 202)


async def say_nothing(origin: httpx.URL) -> bytes:
    """Connect, send nothing, and return what the server sent."""
    reader, writer = await asyncio.open_connection(origin.host, origin.port)
    writer.write_eof()
    said = await reader.read()
    writer.close()
    return said


def test_a_client_that_says_nothing_is_let_go(proxy: tuple[LossyProxy, httpx.Client], mock: ThreadedServer) -> None:
    assert mock.run(say_nothing(proxy[1].base_url)) == b""


def test_closing_lets_go_of_whoever_still_waits(run: Callable[[Coroutine[Any, Any, bytes]], bytes]) -> None:
    async def close_meanwhile() -> bytes:
        asked = asyncio.Event()

        async def never_answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            asked.set()
            await reader.read()
            writer.close()

        upstream = await asyncio.start_server(never_answer, "127.0.0.1", 0)
        lossy = LossyProxy(WIRE, upstream.sockets[0].getsockname())
        origin = httpx.URL(await lossy.open())
        reader, writer = await asyncio.open_connection(origin.host, origin.port)
        writer.write(b"GET / HTTP/1.1\r\nHost: mock.test\r\n\r\n")
        await asked.wait()
        await lossy.close()
        said = await reader.read()
        writer.close()
        upstream.close()
        return said

    assert run(close_meanwhile()) == b""


def test_a_webhook_receiver_keeps_what_comes(mock: ThreadedServer) -> None:
    webhook_receiver = WebhookReceiver()
    origin = mock.run(webhook_receiver.open())
    with httpx.Client(trust_env=False) as http:
        assert http.post(f"{origin}/mine?token=1", content=b"\x00\xff", headers={"X-Token": "t"}).status_code == 200
    assert mock.run(say_nothing(httpx.URL(origin))) == b""
    webhook = webhook_receiver.take("mine", 0)
    assert (webhook.body, webhook.headers["x-token"]) == (b"\x00\xff", "t")
    with pytest.raises(AssertionError, match="no webhook came within 0 s"):
        webhook_receiver.take("mine", 0)
    mock.run(webhook_receiver.close())


def request(method: str, path: str, body: bytes = b"") -> Request:
    return Request(method, path, {}, b"", body)


@pytest.mark.parametrize(
    ("provider", "made", "is_submission", "is_poll"),
    [
        ("eachlabs", request("POST", "/eachlabs/v1/prediction/"), True, False),
        ("eachlabs", request("GET", "/eachlabs/v1/prediction/an-id"), False, True),
        ("eachlabs", request("POST", "/eachlabs/v1/prediction/an-id/cancel"), False, False),
        ("fal", request("POST", SUBMIT), True, False),
        ("fal", request("GET", "/fal/queue/fal-ai/kling-video/requests/an-id/status"), False, True),
        ("fal", request("PUT", "/fal/queue/fal-ai/kling-video/requests/an-id/cancel"), False, False),
        ("runpod", request("POST", "/runpod/v2/kling-video-o1-r2v/run"), True, False),
        ("runpod", request("POST", "/runpod/v2/kling-video-o1-r2v/runsync"), True, False),
        ("runpod", request("GET", "/runpod/v2/kling-video-o1-r2v/status/an-id"), False, True),
        ("runpod", request("POST", "/runpod/v2/kling-video-o1-r2v/cancel/an-id"), False, False),
        ("runware", request("POST", "/runware/v1", b'[{"taskType":"videoInference"}]'), True, False),
        ("runware", request("POST", "/runware/v1", b'[{"taskType": "getResponse"}]'), False, True),
        ("runware", request("POST", "/runware/v1", b'[{"taskType":"ping"}]'), False, False),
    ],
    ids=lambda value: str(value) if isinstance(value, str) else None,
)
def test_what_costs_money_is_known(provider: str, made: Request, is_submission: bool, is_poll: bool) -> None:
    wire = WIRES[provider]
    assert (wire.is_submission(made), wire.is_poll(made)) == (is_submission, is_poll)


@pytest.mark.parametrize(
    "headers", [{"x-api-key": "k"}, {"authorization": "Key k"}, {"authorization": "Bearer k"}, {"authorization": "k"}]
)
def test_a_key_is_found_wherever_it_is(headers: dict[str, str]) -> None:
    assert Request("GET", "/", headers, b"", b"").key == "k"


def test_no_request_without_a_key_is_scripted(proxy: tuple[LossyProxy, httpx.Client]) -> None:
    lossy, http = proxy
    assert http.get("/fal/queue/fal-ai/kling-video/requests/an-id").status_code == 404
    assert not lossy.script("").seen
