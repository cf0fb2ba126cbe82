"""Webhooks over real sockets: each provider's message arrives, and nothing that a receiver does hurts."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from tests.server.raw_receiver import Serve, raw_receiver

from vidmock.engine.time.mode import Mode
from vidmock.engine.webhooks.delivery import Message, ReceiverAnswer
from vidmock.engine.world.settings import Settings
from vidmock.server.server import Server
from vidmock.server.site import Site
from vidmock.server.webhook_client import WebhookClient

if TYPE_CHECKING:
    from tests.conftest import Wire

SECONDS = 60.0
"""Real ones, after which something hangs."""
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"


class Request:
    """What a receiver got: the first line, headers with lower-case names, the body."""

    def __init__(self, line: str, headers: dict[str, str], body: bytes) -> None:
        self.line, self.headers, self.body = line, headers, body


async def _read(reader: asyncio.StreamReader) -> Request:
    line, *rest = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (entry.partition(": ") for entry in rest if entry)}
    return Request(line, headers, await reader.readexactly(int(headers.get("content-length", "0"))))


def _answering(answer: bytes, got: list[Request], then: asyncio.Event | None = None) -> Serve:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        got.append(await _read(reader))
        writer.write(answer)
        if then:
            then.set()

    return serve


@asynccontextmanager
async def _receiver(serve: Serve) -> AsyncIterator[str]:
    async with raw_receiver(serve) as port:
        yield f"http://127.0.0.1:{port}"


def _deliver(serve: Serve, message: Callable[[str], Message], timeout: float = SECONDS) -> tuple[int | None, str]:
    async def story() -> ReceiverAnswer:
        async with _receiver(serve) as url, asyncio.timeout(2 * SECONDS):
            return await WebhookClient()(message(url), timeout)

    answer = asyncio.run(story())
    return answer.status, answer.error


def test_each_providers_webhook_arrives(wire: Wire) -> None:
    async def story() -> tuple[list[Request], Any]:
        got: list[Request] = []
        arrived = asyncio.Event()
        async with (
            _receiver(_answering(OK, got, arrived)) as receiver,
            Server(Site(Settings(seed=1, clock=Mode("scaled", 50.0)))) as mock,
            httpx.AsyncClient() as client,
        ):
            body, params = wire.webhook(wire.body, f"{receiver}/hook?token=a%20b")
            if isinstance(body, list):
                body = [body[0] | {"taskUUID": "6b7a1c52-3a75-4a52-9f0e-2b8f4f3f8a11"}]
            key = {"authorization": "Key k" if wire.name == "fal" else "Bearer k"}
            answer = await client.post(mock.url + wire.submit_path, json=body, params=params, headers=key)
            await asyncio.wait_for(arrived.wait(), SECONDS)
            method, path, poll = wire.poll(wire.job_id(answer.json()))
            polled = await client.request(method, mock.url + path, json=poll, headers=key)
        return got, wire.video(polled.json())

    (request,), video = asyncio.run(story())
    assert request.line == "POST /hook?token=a%20b HTTP/1.1"
    assert request.headers["content-type"] == "application/json"
    json.loads(request.body)
    assert video.encode() in request.body


@pytest.mark.parametrize("status", [200, 202, 302, 404, 500])
def test_the_receivers_status_is_reported_and_no_redirect_is_followed(status: int) -> None:
    got: list[Request] = []
    answer = b"HTTP/1.1 %d X\r\nlocation: /again\r\ncontent-length: 0\r\n\r\n" % status
    assert _deliver(_answering(answer, got), lambda url: Message(url, b"{}")) == (status, "")
    assert len(got) == 1


def test_each_attempt_has_a_connection_of_its_own() -> None:
    """A receiver that keeps a connection and closes it later is met by no attempt on that connection."""
    got: list[Request] = []
    connections: list[object] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(writer)
        while True:
            got.append(await _read(reader))
            writer.write(OK)

    async def story() -> list[ReceiverAnswer]:
        async with _receiver(serve) as url, asyncio.timeout(2 * SECONDS):
            client = WebhookClient()
            return [await client(Message(url, b"{}"), SECONDS) for _ in range(3)]

    assert [answer.status for answer in asyncio.run(story())] == [200] * 3
    assert (len(connections), len(got)) == (3, 3)
    assert {request.headers["connection"] for request in got} == {"close"}


def test_the_body_and_the_headers_arrive_byte_for_byte() -> None:
    got: list[Request] = []
    body = '{"a": "é", "b":  1}'.encode()
    headers = (
        ("content-type", "application/json"),
        ("x-webhook-secret", "s3cret"),
        ("user-agent", "Go-http-client/2.0"),
    )
    _deliver(_answering(OK, got), lambda url: Message(url, body, headers))
    (request,) = got
    assert request.body == body
    assert headers[1] in request.headers.items()
    assert headers[2] in request.headers.items()


async def _hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _read(reader)


async def _babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _read(reader)
    writer.write(b"this is not HTTP\r\n\r\n")


async def _say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _read(reader)
    await reader.read()


@pytest.mark.parametrize(
    ("serve", "timeout"),
    [(_hang_up, SECONDS), (_babble, SECONDS), (_say_nothing, 0.05)],
    ids=["hang_up", "babble", "say_nothing"],
)
def test_a_receiver_that_misbehaves_is_a_failed_attempt_with_a_reason(serve: Serve, timeout: float) -> None:
    status, error = _deliver(serve, lambda url: Message(url, b"{}"), timeout)
    assert status is None
    assert error


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://127.0.0.1:1/", "."),
        ("ftp://127.0.0.1/", "not an http or https URL"),
        ("not a url", "not an http or https URL"),
        ("http://", "not an http or https URL"),
        ("http://[::1", "."),
        ("http://127.0.0.1:99999/", "not an http or https URL"),
        ("http://8.8.8.8/", "nothing leaves this machine"),
        ("http://[::ffff:8.8.8.8]/", "nothing leaves this machine"),
        ("http://example.com/", "nothing leaves this machine"),
        ("http://169.254.169.254/latest/meta-data", "never contacted"),
        ("http://" + "a" * 300 + "/", "."),
        ("http://\ud83d/", "."),
    ],
    ids=[
        "refused",
        "ftp",
        "words",
        "no host",
        "cut",
        "port",
        "public",
        "mapped",
        "name",
        "metadata",
        "long",
        "surrogate",
    ],
)
def test_a_target_that_cannot_be_reached_is_a_failed_attempt_with_a_reason(url: str, says: str) -> None:
    async def story() -> ReceiverAnswer:
        return await WebhookClient()(Message(url, b"{}"), SECONDS)

    answer = asyncio.run(story())
    assert answer.status is None
    assert says in answer.error or says == "."
    assert answer.error


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("http://example.com/hook?token=1", ["example.com"]),
        ("https://8.8.8.8/", ["8.8.8.8"]),
        ("http://169.254.169.254/", ["169.254.169.254"]),
        ("example.test/hook", ["'example.test/hook'"]),
        ("http://[::1", ["'http://[::1'"]),
        ("http://127.0.0.1:1/", []),
        ("http://receiver/", ["receiver"]),
        ("http://gone.test/", []),
    ],
    ids=["name", "address", "metadata", "words", "cut", "nobody listens", "local name", "unresolved"],
)
def test_a_target_that_is_not_contacted_on_purpose_is_reported(url: str, named: list[str]) -> None:
    async def story() -> list[str]:
        async def lookup(*asked: Any, **more: Any) -> list[Any]:
            raise socket.gaierror(-2, "Name or service not known")

        vars(asyncio.get_running_loop())["getaddrinfo"] = lookup
        refused: list[str] = []
        await WebhookClient({"gone.test"}, refused.append)(Message(url, b"{}"), SECONDS)
        return refused

    assert asyncio.run(story()) == named


@pytest.mark.parametrize("secret", ["ключ", "a\nb", "a\x00b"], ids=["cyrillic", "newline", "nul"])
def test_a_secret_that_no_header_can_carry_is_a_failed_attempt(secret: str) -> None:
    headers = (("x-webhook-secret", secret),)
    status, error = _deliver(_answering(OK, []), lambda url: Message(url, b"{}", headers))
    assert status is None
    assert error
