"""One connection: how long its parts may be and take, what comes of bad ones beside good ones, and HTTP/1.0."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from vidmock.engine.time.mode import Mode
from vidmock.engine.world.settings import Settings
from vidmock.engine.world.world import World
from vidmock.providers.exchange.beside import WORKED_AT_ONCE, is_anyone_beside
from vidmock.schema.judged import Judged
from vidmock.server.http_protocol import BODY_SECONDS, HEAD_SECONDS, LINGER_SECONDS, REQUEST_HEAD_LIMIT
from vidmock.server.listener import Listener
from vidmock.server.port import bind
from vidmock.server.protocol_detection import ProtocolDetection
from vidmock.server.server import Server
from vidmock.server.site import Site

Run = Callable[[Coroutine[Any, Any, Any]], Any]
HEAD = b"POST /path HTTP/1.1\r\nhost: localhost\r\n"
SYNC = b"POST /runpod/v2/kling-video-o1-r2v/runsync HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer k\r\n"
JOB = b'{"input": {"prompt": "a kite", "images": ["https://pictures.example/cat.png"]}}'
LENGTH = b"content-length: %d\r\n\r\n" % len(JOB)


@dataclass
class Echo:
    """An application that says what it was sent; for ``/early`` before it has read that, for ``/later`` a little on."""

    seen: list[Any] = field(default_factory=list)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        start = {"type": "http.response.start", "status": 200, "headers": []}
        if scope["path"] == "/early":
            await send(start | {"headers": [(b"content-length", b"2")]})
            await send({"type": "http.response.body", "body": b"no"})
            self.seen.append((await receive())["type"])
            return
        if scope["path"] == "/begun":
            await send(start)
        body, message = b"", {"more_body": True}
        while message.get("more_body"):
            message = await receive()
            self.seen.append(message["type"])
            body += message.get("body", b"")
        if scope["path"] == "/later":
            await settle()
        if scope["path"] != "/begun":
            await send(start)
        await send({"type": "http.response.body", "body": body, "more_body": True})
        await send({"type": "http.response.body", "body": b"!"})


@dataclass
class Client:
    listener: Listener
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, *parts: bytes) -> None:
        """Send *parts* one after another, and let the server read each."""
        for part in parts:
            self.writer.write(part)
            await self.writer.drain()
            await settle()

    async def head(self) -> str:
        async with asyncio.timeout(60):
            return (await self.reader.readuntil(b"\r\n\r\n")).decode()

    async def rest(self) -> str:
        """What comes until the server closes."""
        async with asyncio.timeout(60):
            return (await self.reader.read()).decode()

    async def wait(self, seconds: float) -> None:
        """Have the server believe that so many seconds have passed."""
        await settle()
        self.listener.expire(asyncio.get_running_loop().time() + seconds)
        await settle()

    async def rest_after(self, seconds: float) -> str:
        """What comes until the server closes, as it does once it believes that so many seconds have passed."""
        return await repeated(self.rest(), lambda: self.wait(seconds))


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def pass_time(world: World) -> None:
    await settle()
    await world.clock.advance(60)


async def repeated(work: Coroutine[Any, Any, str], step: Callable[[], Coroutine[Any, Any, None]]) -> str:
    """The result of *work*, while *step* is done again and again."""
    task = asyncio.create_task(work)
    while not task.done():
        await step()
        await asyncio.sleep(0.001)
    return await task


def no_tls() -> ssl.SSLContext:
    raise AssertionError


@asynccontextmanager
async def connected(app: Any = None) -> AsyncIterator[Client]:
    listener = Listener(app or Echo(), bind("127.0.0.1", 0), lambda protocol: ProtocolDetection(protocol, no_tls, ()))
    listener.open()
    async with client_of(listener) as client:
        yield client
    await listener.close()


@asynccontextmanager
async def client_of(listener: Listener) -> AsyncIterator[Client]:
    reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
    try:
        yield Client(listener, reader, writer)
    finally:
        writer.close()
        await writer.wait_closed()


@pytest.mark.parametrize(
    ("parts", "seconds"),
    [
        ((b"P",), HEAD_SECONDS),
        ((b"POST /", b"path HTTP/1.1\r\nhost: lo"), HEAD_SECONDS),
        ((HEAD, b"content-length: 9\r\n\r\n"), BODY_SECONDS),
        ((HEAD, b"content-length: 9\r\n\r\nhalf"), BODY_SECONDS),
        ((HEAD, b"transfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n"), BODY_SECONDS),
    ],
    ids=["first letter", "header", "no body", "half a body", "half the chunks"],
)
def test_a_request_that_is_never_finished_is_refused_in_the_end(
    run: Run, parts: tuple[bytes, ...], seconds: float
) -> None:
    async def scenario() -> None:
        app = Echo()
        async with connected(app) as client:
            await client.send(*parts)
            await client.wait(seconds - 1)
            answer = await client.rest_after(seconds + 1)
        assert answer.startswith("HTTP/1.1 408 Request Timeout\r\n")
        assert answer.endswith("\r\n\r\nThe request was not finished in time\n")
        assert set(app.seen) <= {"http.request", "http.disconnect"}

    run(scenario())


def test_a_body_that_goes_on_is_not_refused(run: Run) -> None:
    async def scenario() -> None:
        async with connected() as client:
            await client.send(HEAD, b"content-length: 4\r\n\r\n")
            for letter in b"abcd":
                await client.wait(BODY_SECONDS - 1)
                await client.send(bytes([letter]))
            assert (await client.head()).startswith("HTTP/1.1 200 ")

    run(scenario())


@pytest.mark.parametrize("sent", [b"", b"\r\n", b"\r\n\r\n"], ids=["nothing", "an empty line", "two"])
def test_a_client_that_asks_nothing_more_is_left_without_a_word(run: Run, sent: bytes) -> None:
    async def scenario() -> None:
        async with connected() as client:
            await client.send(HEAD, b"content-length: 0\r\n\r\n")
            await client.head()
            await client.send(sent)
            assert await client.reader.read(len("1\r\n!\r\n0\r\n\r\n")) == b"1\r\n!\r\n0\r\n\r\n"
            # Without a byte, uvicorn's own time for idle connections counts.
            if sent:
                assert await client.rest_after(HEAD_SECONDS + 1) == ""

    run(scenario())


def test_a_connection_over_tls_that_says_nothing_is_closed(run: Run) -> None:
    async def scenario() -> None:
        async with Server(Site(Settings())) as server:
            trusting = ssl.create_default_context(cafile=str(server.certificate()))
            port = int(server.url.rpartition(":")[2])
            reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusting)
            client = Client(server._listener, reader, writer)
            assert await client.rest_after(HEAD_SECONDS + 1) == ""
            writer.close()
            await writer.wait_closed()

    run(scenario())


def test_a_refusal_over_tls_comes_through(run: Run) -> None:
    async def scenario() -> None:
        async with Server(Site(Settings())) as server:
            trusting = ssl.create_default_context(cafile=str(server.certificate()))
            port = int(server.url.rpartition(":")[2])
            reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusting)
            writer.write(b"nonsense\r\n\r\n")
            assert (await reader.read()).startswith(b"HTTP/1.1 400 ")
            writer.close()
            await writer.wait_closed()

    run(scenario())


def test_a_refused_client_that_stays_is_dropped(run: Run) -> None:
    async def scenario() -> None:
        async with connected() as client:
            await client.send(b"nonsense\r\n\r\n")
            assert (await client.rest()).startswith("HTTP/1.1 400 ")
            await client.send(b"more of it")
            state = client.listener._server.server_state
            await client.wait(LINGER_SECONDS - 1)
            assert len(state.connections) == 1
            while state.connections:
                await client.wait(LINGER_SECONDS + 1)

    run(scenario())


def test_a_client_may_wait_for_its_answer_as_long_as_it_takes(run: Run) -> None:
    async def scenario() -> None:
        async with Server(Site(Settings(clock=Mode("manual")))) as server, client_of(server._listener) as client:
            await client.send(SYNC, LENGTH, JOB, b"GET / HT")
            world = server.engine.worlds.world("k")
            while not len(world.jobs):
                await settle()
            await client.wait(3600)
            await client.wait(3600)
            assert (await repeated(client.head(), lambda: pass_time(world))).startswith("HTTP/1.1 200 ")

    run(scenario())


LATER = HEAD.replace(b"/path", b"/later")


async def asked_and_shut(client: Client, sent: bytes) -> None:
    client.writer.write(sent)
    client.writer.write_eof()
    await client.writer.drain()


@pytest.mark.parametrize("requests", [1, 2, 3])
def test_a_client_that_has_shut_its_side_gets_its_answers(run: Run, requests: int) -> None:
    async def scenario() -> None:
        async with connected() as client:
            await asked_and_shut(client, (LATER + b"content-length: 4\r\n\r\nkite") * requests)
            answers = await client.rest()
        assert answers.count("HTTP/1.1 200 ") == answers.count("kite") == requests
        assert answers.count("connection: close") == 1

    run(scenario())


@pytest.mark.parametrize("path", [HEAD, LATER], ids=["at once", "in some turns"])
def test_so_it_does_an_answer_that_it_takes_its_time_to_read(run: Run, path: bytes) -> None:
    async def scenario() -> None:
        size = 2**22
        async with connected() as client:
            asking = asyncio.create_task(
                asked_and_shut(client, path + b"content-length: %d\r\n\r\n" % size + b"x" * size)
            )
            await settle()
            answer = await client.rest()
            await asking
        assert answer.count("x") == size

    run(scenario())


def test_so_it_does_where_its_large_body_is_worked_at_in_a_thread(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long that takes: here, many more turns of the loop than any other answer has."""
    judge, waits = Judged.judge, threading.Event()

    def judge_late(judged: Judged) -> None:
        assert waits.wait(60)
        judge(judged)

    async def scenario() -> None:
        monkeypatch.setattr(Judged, "judge", judge_late)
        body = JOB.replace(b"a kite", b"a kite" * (WORKED_AT_ONCE // 5))
        length = b"content-length: %d\r\n\r\n" % len(body)
        async with Server(Site(Settings(clock=Mode("manual")))) as server, client_of(server._listener) as client:
            await asked_and_shut(client, SYNC.replace(b"runsync", b"run") + length + body)
            async with asyncio.timeout(60):
                while not is_anyone_beside(asyncio.get_running_loop()):
                    await asyncio.sleep(0)
            for _ in range(500):
                await asyncio.sleep(0)
            waits.set()
            assert (await client.rest()).startswith("HTTP/1.1 200 ")

    run(scenario())


def test_for_an_answer_that_waits_a_client_that_has_shut_its_side_has_gone(run: Run) -> None:
    async def scenario() -> None:
        async with Server(Site(Settings(clock=Mode("manual")))) as server, client_of(server._listener) as client:
            await asked_and_shut(client, SYNC + LENGTH + JOB)
            assert await client.rest() == ""
            world = server.engine.worlds.world("k")
            async with asyncio.timeout(60):
                while not world.journal.seen:
                    await pass_time(world)
            assert [(exchange.operation, exchange.status) for exchange in world.journal] == [("submit", 0)]
            assert [job.state(world.clock.now()).value for job in world.jobs.values()] == ["succeeded"]

    run(scenario())


@pytest.mark.parametrize("sent", [HEAD, HEAD + b"content-length: 9\r\n\r\nhalf"], ids=["a head", "a body"])
def test_one_that_shuts_its_side_in_the_middle_gets_none(run: Run, sent: bytes) -> None:
    async def scenario() -> None:
        async with connected() as client:
            await asked_and_shut(client, sent)
            assert await client.rest() == ""

    run(scenario())


@pytest.mark.parametrize(
    "bad",
    [
        b"nonsense\r\n\r\n",
        SYNC + b"transfer-encoding: chunked\r\n\r\nzz\r\n",
        SYNC + LENGTH + JOB + b"nonsense\r\n\r\n",
    ],
    ids=["no request", "a bad body", "after another"],
)
def test_a_bad_request_behind_one_that_waits_is_not_taken_for_its_answer(run: Run, bad: bytes) -> None:
    async def scenario() -> None:
        async with Server(Site(Settings(clock=Mode("manual")))) as server, client_of(server._listener) as client:
            good = 1 + bad.count(LENGTH)
            await client.send(SYNC + LENGTH + JOB + bad)
            world = server.engine.worlds.world("k")
            answers = await repeated(client.rest(), lambda: pass_time(world))
            assert answers.count("HTTP/1.1 200 ") == good
            assert answers.count("HTTP/1.1 ") == good
            assert answers.count("connection: close") == 1
            assert len(world.jobs) == good

    run(scenario())


def test_a_bad_body_of_a_request_whose_answer_has_begun_ends_the_connection(run: Run) -> None:
    async def scenario() -> None:
        app = Echo()
        async with connected(app) as client:
            await client.send(HEAD.replace(b"path", b"begun"), b"transfer-encoding: chunked\r\n\r\n", b"zz\r\n")
            answer = await client.rest()
        assert answer.startswith("HTTP/1.1 200 ")
        assert "400" not in answer
        assert app.seen == ["http.disconnect"]

    run(scenario())


def test_a_body_that_was_not_waited_for_is_not_taken_for_a_request(run: Run) -> None:
    async def scenario() -> None:
        async with connected() as client:
            await client.send(HEAD.replace(b"path", b"early"), b"expect: 100-continue\r\ncontent-length: 9\r\n\r\n")
            answer = await client.rest()
        assert answer.startswith("HTTP/1.1 200 ")
        assert "connection: close" in answer

    run(scenario())


def test_what_has_no_length_ends_with_the_connection_in_http_1_0(run: Run) -> None:
    async def scenario() -> None:
        async with connected() as client:
            await client.send(b"POST /path HTTP/1.0\r\ncontent-length: 2\r\n\r\nab")
            head, _, body = (await client.rest()).partition("\r\n\r\n")
        assert "chunked" not in head
        assert body == "ab!"
        async with connected() as client:
            await client.send(b"POST /early HTTP/1.0\r\ncontent-length: 2\r\n\r\nab")
            assert (await client.rest()).endswith("content-length: 2\r\nconnection: close\r\n\r\nno")

    run(scenario())


@pytest.mark.parametrize("target", ["*", "/", "http://localhost", "http://localhost?x=/y"])
def test_each_form_of_a_target_has_a_path(run: Run, target: str) -> None:
    async def scenario() -> None:
        async with Server(Site(Settings())) as server, client_of(server._listener) as client:
            await client.send(f"OPTIONS {target} HTTP/1.1\r\nhost: localhost\r\n\r\n".encode())
            assert (await client.head()).startswith("HTTP/1.1 200 ")

    run(scenario())


def test_connect_is_refused_once_http_was_spoken(run: Run) -> None:
    async def scenario() -> None:
        async with Server(Site(Settings())) as server, client_of(server._listener) as client:
            await client.send(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")
            head = await client.head()
            await client.reader.readexactly(int(head.partition("content-length: ")[2].partition("\r\n")[0]))
            await client.send(b"CONNECT queue.fal.run:443 HTTP/1.1\r\nhost: queue.fal.run:443\r\n\r\n")
            assert "CONNECT must be the first request of a connection" in await client.rest()

    run(scenario())


def test_a_head_in_many_parts_is_counted_once(run: Run) -> None:
    part = b"x-part: %s\r\n" % (b"y" * 1000)

    async def scenario() -> None:
        async with connected() as client:
            await client.send(HEAD, *[part] * 60, b"content-length: 0\r\n\r\n")
            assert (await client.head()).startswith("HTTP/1.1 200 ")
        async with connected() as client:
            await client.send(HEAD, *[part] * (REQUEST_HEAD_LIMIT // 1000 + 1))
            assert (await client.rest()).startswith("HTTP/1.1 431 ")

    run(scenario())
