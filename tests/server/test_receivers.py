"""What a receiver answers costs nobody anything: its status is read, and of the rest no more than a named bound."""

from __future__ import annotations

import asyncio
import socket
import ssl
from pathlib import Path
from typing import Any

import pytest
from tests.server.raw_receiver import Serve, raw_receiver

from vidmock.engine.webhooks.delivery import BODY_SHOWN, HEAD_SHOWN, Message, ReceiverAnswer
from vidmock.server import answer_head, webhook_client
from vidmock.server.tls import ServerCertificate
from vidmock.server.webhook_client import WebhookClient

SECONDS = 60.0
"""Real ones, after which something hangs."""
OK = b"HTTP/1.1 200 OK\r\n"
MIB = 2**20


def _deliver(serve: Serve, timeout: float = SECONDS, body: bytes = b"{}", **options: Any) -> tuple[int | None, str]:
    answer = _answer(serve, timeout, body, **options)
    return answer.status, answer.error


def _answer(serve: Serve, timeout: float = SECONDS, body: bytes = b"{}", **options: Any) -> ReceiverAnswer:
    async def story() -> ReceiverAnswer:
        async with raw_receiver(serve, **options) as port, asyncio.timeout(2 * SECONDS):
            return await WebhookClient()(Message(f"http://127.0.0.1:{port}/", body), timeout)

    return asyncio.run(story())


def _endless(head: bytes, again: bytes, written: list[int] | None = None) -> Serve:
    """A receiver that writes *head*, and *again* until the connection breaks; *written* is how many bytes that were."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head)
        while True:
            writer.write(again)
            await writer.drain()
            await asyncio.sleep(0)
            if written is not None:
                written.append(len(again))

    return serve


def _once(answer: bytes, *, stay: bool = True) -> Serve:
    """A receiver that writes *answer*, and then keeps the connection, or closes it."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await (reader.read() if stay else writer.drain())

    return serve


@pytest.mark.parametrize(
    "head",
    [OK + b"\r\n", OK + b"content-encoding: gzip\r\n\r\n", OK + b"content-length: 99999999999\r\n\r\n"],
    ids=["until the end", "gzip", "with a length"],
)
def test_an_endless_body_is_not_read_to_its_end(head: bytes) -> None:
    written: list[int] = []
    assert _deliver(_endless(head, b"\x1f\x8b" * 32768, written)) == (200, "")
    # What the system holds between the two is a few megabytes.
    assert sum(written) < 64 * MIB


def test_an_endless_body_in_chunks_is_not_read_to_its_end() -> None:
    head = OK + b"transfer-encoding: chunked\r\n\r\n"
    assert _deliver(_endless(head, b"1000\r\n" + b"x" * 4096 + b"\r\n")) == (200, "")


@pytest.mark.parametrize(
    ("head", "again"),
    [
        (OK, b"x-more: " + b"y" * 1000 + b"\r\n"),
        (OK, b"y" * 1000),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"", b"HTTP/1.1 103 Early Hints\r\nlink: <a>\r\n\r\n"),
    ],
    ids=["headers", "one header", "continue", "hints"],
)
def test_a_head_without_an_end_is_given_up(head: bytes, again: bytes) -> None:
    assert _deliver(_endless(head, again)) == (None, f"the head of the answer has more than {64 * 1024} bytes")


def test_answers_before_the_answer_are_passed_over() -> None:
    answer = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 X\r\na: b\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"
    assert _deliver(_once(answer)) == (204, "")


@pytest.mark.parametrize(
    "rest",
    [
        b"transfer-encoding: chunked\r\n\r\nzz\r\n",
        b"transfer-encoding: chunked\r\n\r\nffffffffffffffffffffff\r\n",
        b"content-length: 100\r\n\r\nshort",
        b"connection: close\r\n\r\nuntil the end",
    ],
    ids=["no chunk", "a giant chunk", "cut off", "no length"],
)
def test_what_is_wrong_behind_the_head_does_not_matter(rest: bytes) -> None:
    assert _deliver(_once(b"HTTP/1.1 202 Accepted\r\n" + rest, stay=False)) == (202, "")


@pytest.mark.parametrize(
    "rest", [b"content-length: 100\r\n\r\ndrip", b"transfer-encoding: chunked\r\n\r\n5\r\n"], ids=["length", "chunked"]
)
def test_a_body_that_drips_is_not_waited_for(rest: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answer_head, "ANSWER_BODY_SECONDS", 0.0)
    assert _deliver(_once(OK + rest)) == (200, "")


def test_a_head_that_drips_is_given_up_in_the_time_that_is_allowed() -> None:
    assert _deliver(_once(b"HTTP/1.1 2"), 0.05) == (None, "no answer within 0.05 s")


def test_an_answer_that_changes_the_protocol_is_no_success() -> None:
    head = b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\nmore"
    assert _deliver(_once(head)) == (101, "")


def test_an_answer_before_all_of_the_message_was_taken_counts() -> None:
    """The receiver does not read the body, and refuses it by its length."""
    answer = b"HTTP/1.1 413 Content Too Large\r\ncontent-length: 0\r\n\r\n"

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()
        await asyncio.Event().wait()

    assert _deliver(serve, body=b"x" * (32 * MIB), limit=1024) == (413, "")


def test_a_message_that_nobody_reads_is_given_up() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    found = _deliver(serve, 0.05, b"x" * (32 * MIB), limit=1024)
    assert found == (None, "the message was not taken within 0.05 s")


def test_a_message_that_is_read_slowly_has_its_time_for_the_answer_from_its_end_on() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(8 * MIB)
        writer.write(OK + b"content-length: 0\r\n\r\n")

    assert _deliver(serve, body=b"x" * (8 * MIB), limit=1024) == (200, "")


def test_a_connection_that_breaks_has_no_status() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    status, error = _deliver(serve, body=b"x" * MIB)
    assert status is None
    assert error


def test_a_connection_that_is_never_made_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook_client, "CONNECT_SECONDS", 0.05)

    async def story() -> ReceiverAnswer:
        async def create_connection(*given: Any, **more: Any) -> None:
            await asyncio.Event().wait()

        vars(asyncio.get_running_loop())["create_connection"] = create_connection
        return await WebhookClient()(Message("http://127.0.0.1:9/", b"{}"), SECONDS)

    assert asyncio.run(story()) == ReceiverAnswer(None, "no connection within 0.05 s")


def test_a_message_that_may_not_leave_once_there_is_a_connection_is_withheld() -> None:
    async def story() -> tuple[bytes, ReceiverAnswer]:
        came = asyncio.get_running_loop().create_future()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            came.set_result(await reader.read())

        async with raw_receiver(serve) as port:
            sends = WebhookClient().while_it(lambda: False)
            answer = await sends(Message(f"http://127.0.0.1:{port}/", b"{}"), SECONDS)
            return await came, answer

    assert asyncio.run(story()) == (b"", ReceiverAnswer(None, withheld=True))


def test_a_delay_of_our_own_is_not_charged_to_theraw_receiver() -> None:
    """The event loop stands still for longer than a receiver has, and meanwhile its answer comes."""

    async def story() -> ReceiverAnswer:
        loop, asked, late = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()
        delay, real_time = 0.0, loop.time

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            asked.set()
            await late.wait()
            writer.write(OK + b"content-length: 0\r\n\r\n")

        vars(loop)["time"] = lambda: real_time() + delay
        async with raw_receiver(serve) as port:
            sending = asyncio.create_task(WebhookClient()(Message(f"http://127.0.0.1:{port}/", b"{}"), SECONDS))
            await asked.wait()
            delay = 100 * SECONDS
            late.set()
            return await sending

    assert asyncio.run(story()).status == 200


def test_the_address_that_was_judged_is_the_one_that_is_connected_to() -> None:
    """A name that leads to this machine when it is judged, and to a cloud's metadata when it is asked again."""
    heads: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(OK + b"content-length: 0\r\n\r\n")

    async def story() -> ReceiverAnswer:
        asked: list[str] = []

        async def lookup(name: str, port: int, **more: Any) -> list[tuple[Any, ...]]:
            asked.append(name)
            address = "127.0.0.1" if len(asked) == 1 else "169.254.169.254"
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

        vars(asyncio.get_running_loop())["getaddrinfo"] = lookup
        async with raw_receiver(serve) as port, asyncio.timeout(SECONDS):
            found = await WebhookClient({"rebind.test"})(Message(f"http://rebind.test:{port}/a", b"{}"), SECONDS)
            assert asked == ["rebind.test"]
            assert f"host: rebind.test:{port}\r\n".encode() in heads[0]
        return found

    assert asyncio.run(story()).status == 200


def test_the_next_address_is_tried_where_one_takes_no_connection() -> None:
    async def story() -> ReceiverAnswer:
        # localhost is 127.0.0.1 first, where nobody listens.
        async with raw_receiver(_once(OK + b"content-length: 0\r\n\r\n"), "::1") as port, asyncio.timeout(SECONDS):
            return await WebhookClient()(Message(f"http://localhost:{port}/", b"{}"), SECONDS)

    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("no IPv6 here")
    assert asyncio.run(story()).status == 200


def test_over_tls_the_name_of_the_url_is_asked_for_and_checked_and_not_the_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIDMOCK_STATE", str(tmp_path))
    certificate = ServerCertificate(frozenset({"hooks.test"}))
    names: list[str | None] = []

    def named(_connection: object, name: str | None, _context: object) -> None:
        names.append(name)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK + b"content-length: 0\r\n\r\n")
        await writer.drain()
        await reader.read()

    async def story() -> list[ReceiverAnswer]:
        async def lookup(name: str, port: int, **more: Any) -> list[tuple[Any, ...]]:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

        vars(asyncio.get_running_loop())["getaddrinfo"] = lookup
        context = certificate.context()
        context.set_servername_callback(named)
        client, strict = WebhookClient({"hooks.test", "others.test"}), WebhookClient()
        vars(client)["_tls"] = ssl.create_default_context(cafile=certificate.file())
        async with raw_receiver(serve, ssl=context) as port, asyncio.timeout(SECONDS):
            return [
                await client(Message(f"https://hooks.test:{port}/", b"{}"), SECONDS),
                await client(Message(f"https://others.test:{port}/", b"{}"), SECONDS),
                await strict(Message(f"https://127.0.0.1:{port}/", b"{}"), SECONDS),
            ]

    good, other, unknown = asyncio.run(story())
    assert good.status == 200
    assert names[:2] == ["hooks.test", "others.test"]
    assert [other.status, unknown.status] == [None, None]
    assert all("certificate" in answer.error for answer in (other, unknown))


def test_what_went_over_the_wire_is_kept_as_it_was() -> None:
    """The headers of the answer itself, and not those of answers before it or behind its body."""
    asked: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 103 X\r\nlink: <a>\r\n\r\nHTTP/1.1 401 No\r\nX-Why: no key\r\nset-cookie: a=b\r\n")
        writer.write(b"transfer-encoding: chunked\r\n\r\n5\r\nwho a\r\n8\r\nre you?\n\r\n0\r\nlater: 1\r\n\r\n")
        await writer.drain()

    answer = _answer(serve)
    headers = b"X-Why: no key\r\nset-cookie: a=b\r\ntransfer-encoding: chunked\r\n"
    assert answer == ReceiverAnswer(401, "", asked[0], headers + b"\r\nwho are you?\n")


def test_of_a_long_answer_the_beginning_is_kept() -> None:
    rest = b"x-long: %b\r\nx-more: 1\r\ncontent-length: 9000\r\n\r\n%b" % (b"y" * 2 * HEAD_SHOWN, b"z" * 9000)
    kept = _answer(_once(OK + rest)).received
    assert kept == b"x-long: %b" % (b"y" * (HEAD_SHOWN - 8)) + b"\r\n\r\n" + b"z" * BODY_SHOWN


def test_what_was_sent_is_known_without_an_answer_and_nothing_where_there_was_no_connection() -> None:
    assert _answer(_once(b"nonsense\r\n\r\n")).sent.startswith(b"POST / HTTP/1.1\r\nhost: 127.0.0.1:")
    refused = asyncio.run(WebhookClient()(Message("ftp://127.0.0.1/", b"{}"), SECONDS))
    assert (refused.status, refused.sent, refused.received) == (None, b"", b"")
