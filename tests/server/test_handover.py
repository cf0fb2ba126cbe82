"""What a client has when it leaves, or while it stays: told of a result, and holding its file, or not."""

from __future__ import annotations

import asyncio
import contextlib
import json
import select
import socket
import ssl
from collections.abc import Callable, Coroutine, Iterator
from contextlib import closing
from typing import Any

import httpx
import pytest
from websockets.sync.client import connect

from vidmock.engine.faults.catalog import checked_rule
from vidmock.engine.faults.rules import Effect, FaultRule
from vidmock.engine.jobs.job import Job, Output
from vidmock.engine.jobs.timeline import Latency
from vidmock.engine.time.mode import Mode
from vidmock.engine.world.settings import Settings
from vidmock.engine.world.world import World
from vidmock.providers.exchange.written import is_open
from vidmock.providers.fal.jobs import output_path
from vidmock.server.certificates import CertificateAuthority
from vidmock.server.server import ThreadedServer

SECONDS = 60
"""Real ones, after which something hangs."""
PROMPT = json.dumps({"prompt": "a kite"}).encode()
INPUT = json.dumps({"input": {"prompt": "a kite", "images": ["https://pictures.example/cat.png"]}}).encode()
RUNPOD = "/runpod/v2/kling-video-o1-r2v"
FAL = "/fal/queue/fal-ai/kling-video"
MODEL = "fal-ai/kling-video/o1/reference-to-video"
TASK = {
    "taskType": "videoInference",
    "taskUUID": "6b7a1c52-3a75-4a52-9f0e-2b8f4f3f8a11",
    "model": "klingai:kling@o1-standard",
    "positivePrompt": "a kite over dunes",
    "width": 1280,
    "height": 720,
}


class Mock:
    """A server whose clock the test moves, with the world of the key ``k``."""

    def __init__(self, server: ThreadedServer) -> None:
        self.server = server
        self.address = ("127.0.0.1", int(server.url.rpartition(":")[2]))

    @property
    def world(self) -> World:
        return self.server.engine.worlds.world("k")

    def run(self, work: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        return self.server.run(work())

    def until(self, true: Callable[[], object]) -> None:
        """Let the server's loop turn until something is *true* there."""

        async def turn() -> None:
            async with asyncio.timeout(SECONDS):
                while not true():
                    await asyncio.sleep(0)

        self.run(turn)

    def advance(self, seconds: float) -> None:
        self.run(lambda: self.world.clock.advance(seconds))

    def add(self, phase: Any, name: str, **arguments: Any) -> None:
        async def work() -> None:
            self.world.faults.add(checked_rule(FaultRule(phase, Effect(name, arguments), times=1)))

        self.run(work)

    def begin(self, method: str, path: str, body: bytes = b"", *headers: str) -> socket.socket:
        """A connection on which that request was sent."""
        raw = socket.create_connection(self.address, timeout=SECONDS)
        scheme = "Bearer" if "runpod" in path else "Key"
        head = (f"{method} {path} HTTP/1.1", "host: mock.test", f"authorization: {scheme} k", *headers)
        raw.sendall("\r\n".join((*head, f"content-length: {len(body)}", "", "")).encode() + body)
        return raw

    def ask(self, method: str, path: str, body: bytes = b"", *headers: str) -> bytes:
        """The body of the answer, as far as it comes before the connection ends."""
        with closing(self.begin(method, path, body, "connection: close", *headers)) as raw:
            return b"".join(iter(lambda: raw.recv(65536), b"")).partition(b"\r\n\r\n")[2]

    def made(self) -> str:
        """The path of the file of a job that has succeeded, of which nobody has been told."""
        self.ask("POST", f"{FAL}/o1/reference-to-video", PROMPT)
        self.advance(10)
        return f"/fal/media{output_path(self.output)}"

    @property
    def job(self) -> Job:
        (job,) = self.world.jobs.values()
        return job

    @property
    def output(self) -> Output:
        (output,) = self.job.outputs
        return output

    @property
    def told(self) -> bool:
        return self.world.jobs.handover.told(self.output.id)

    @property
    def downloaded(self) -> bool:
        return self.world.jobs.handover.downloaded(self.output.id)

    @property
    def answers(self) -> list[int]:
        return [exchange.status for exchange in self.world.journal]


@pytest.fixture
def mock() -> Iterator[Mock]:
    settings = Settings(seed=1, clock=Mode("manual"), latency=Latency(queue=(1.0, 1.0), run=(2.0, 2.0)))
    with ThreadedServer(settings) as server:
        yield Mock(server)


HELD = {
    "fal run": f"/fal/run/{MODEL}",
    "runpod runsync": f"{RUNPOD}/runsync",
}
"""Requests whose answers the server holds until their job has ended."""


@pytest.mark.parametrize("path", HELD.values(), ids=HELD)
def test_a_client_that_leaves_before_the_answer_collects_nothing(mock: Mock, path: str) -> None:
    raw = mock.begin("POST", path, INPUT if "runpod" in path else PROMPT)
    mock.until(lambda: mock.world.jobs)
    raw.close()
    mock.advance(10)
    mock.until(lambda: mock.answers)
    assert mock.answers == [0]
    assert not mock.told
    (waste,) = tuple(mock.world.jobs.losses.waste(mock.world.clock.now()))
    assert (waste.job, waste.amount, waste.why) == (mock.job.id, mock.job.cost, "uncollected")


@pytest.mark.parametrize("path", HELD.values(), ids=HELD)
def test_a_client_that_stays_collects_the_same_answer(mock: Mock, path: str) -> None:
    with closing(mock.begin("POST", path, INPUT if "runpod" in path else PROMPT)) as raw:
        mock.until(lambda: mock.world.jobs)
        mock.advance(10)
        assert raw.recv(65536).startswith(b"HTTP/1.1 200")
    assert mock.answers == [200]
    assert mock.told
    assert not mock.downloaded


def hold(mock: Mock, method: str, path: str, *, stays: bool, seconds: float, says: bytes) -> None:
    """Have a client wait *seconds* for the second answer of the world, which *says* that, or leave before it."""
    with closing(mock.begin(method, path)) as raw:
        mock.until(lambda: mock.world.clock.awaited)
        if stays:
            mock.advance(seconds)
            assert says in raw.recv(65536)
        else:
            raw.close()
            mock.advance(seconds)
            mock.until(lambda: len(mock.answers) == 2)


@pytest.mark.parametrize("stays", [True, False])
def test_a_held_poll_is_collected_by_who_stays(mock: Mock, stays: bool) -> None:
    job = json.loads(mock.ask("POST", f"{RUNPOD}/run", INPUT))["id"]
    hold(mock, "POST", f"{RUNPOD}/status-sync/{job}", stays=stays, seconds=10, says=b"COMPLETED")
    assert mock.told is stays


@pytest.mark.parametrize("stays", [True, False])
def test_a_late_answer_is_collected_by_who_stays(mock: Mock, stays: bool) -> None:
    mock.made()
    mock.add("poll", "late", seconds=30)
    hold(mock, "GET", f"{FAL}/requests/{mock.job.id}", stays=stays, seconds=30, says=b"200 OK")
    assert mock.told is stays


@pytest.mark.parametrize("stays", [True, False])
def test_a_stream_of_states_is_collected_with_its_last_event(mock: Mock, stays: bool) -> None:
    job = json.loads(mock.ask("POST", f"{FAL}/o1/reference-to-video", PROMPT))["request_id"]
    with closing(mock.begin("GET", f"{FAL}/requests/{job}/status/stream")) as raw:
        events = raw.makefile("rb")
        while b"IN_QUEUE" not in events.readline():
            pass
        if stays:
            mock.advance(10)
            while b"COMPLETED" not in events.readline():
                pass
        else:
            events.close()
            raw.close()
            mock.until(lambda: not mock.world.clock.awaited)
            mock.advance(10)
    assert mock.told is stays


@pytest.mark.parametrize("stays", [True, False])
def test_a_frame_is_collected_by_who_is_there(mock: Mock, stays: bool) -> None:
    url = mock.server.url.replace("http:", "ws:") + "/runware/v1"
    poll = json.dumps([{"taskType": "getResponse", "taskUUID": TASK["taskUUID"]}])
    with connect(url, proxy=None) as socket_of_client:

        def ask(text: str) -> str:
            socket_of_client.send(text)
            return str(socket_of_client.recv(SECONDS))

        ask(json.dumps([{"taskType": "authentication", "apiKey": "k"}]))
        ask(json.dumps([TASK]))
        mock.advance(10)
        if stays:
            assert "success" in ask(poll)
        else:
            mock.add("poll", "late", seconds=30)
            socket_of_client.send(poll)
            mock.until(lambda: mock.world.clock.awaited)
            socket_of_client.socket.shutdown(socket.SHUT_RDWR)
            mock.advance(30)
            mock.until(lambda: len(mock.answers) == 3)
    assert mock.told is stays


def test_a_frame_that_nobody_was_there_for_is_told_in_the_resumed_session(mock: Mock) -> None:
    url = mock.server.url.replace("http:", "ws:") + "/runware/v1"
    poll = json.dumps([{"taskType": "getResponse", "taskUUID": TASK["taskUUID"]}])
    with connect(url, proxy=None) as first:
        first.send(json.dumps([{"taskType": "authentication", "apiKey": "k"}]))
        session = json.loads(first.recv(SECONDS))["data"][0]["connectionSessionUUID"]
        first.send(json.dumps([TASK]))
        first.recv(SECONDS)
        mock.advance(10)
        mock.add("poll", "lost")
        first.send(poll)
        mock.until(lambda: len(mock.answers) == 3)
    assert not mock.told
    with connect(url, proxy=None) as second:
        again = {"taskType": "authentication", "apiKey": "k", "connectionSessionUUID": session}
        second.send(json.dumps([again]))
        second.recv(SECONDS)
        assert "success" in str(second.recv(SECONDS))
    assert mock.told


def test_a_client_by_tls_that_leaves_collects_nothing(mock: Mock) -> None:
    context = ssl.create_default_context(cafile=str(CertificateAuthority().certificate))
    raw = context.wrap_socket(socket.create_connection(mock.address, timeout=SECONDS), server_hostname="localhost")
    head = f"POST /fal/run/{MODEL} HTTP/1.1\r\nhost: localhost\r\nauthorization: Key k\r\n"
    raw.sendall(f"{head}content-length: {len(PROMPT)}\r\n\r\n".encode() + PROMPT)
    mock.until(lambda: mock.world.jobs)
    raw.close()
    mock.advance(10)
    mock.until(lambda: mock.answers)
    assert mock.answers == [0]
    assert not mock.told


@pytest.mark.parametrize("leave", ["close", "shut"])
def test_who_has_gone_is_known_before_the_event_loop_has_looked(leave: str) -> None:
    async def look() -> list[bool]:
        client, server = socket.socketpair()
        transport, _ = await asyncio.get_running_loop().connect_accepted_socket(asyncio.Protocol, server)
        before = is_open(transport)
        with client:
            if leave == "shut":
                client.shutdown(socket.SHUT_WR)
            else:
                client.close()
            after = is_open(transport)
        transport.abort()
        return [before, after, is_open(transport)]

    assert asyncio.run(look()) == [True, False, False]


@pytest.mark.parametrize("closing", [False, True])
def test_where_sockets_cannot_be_asked_the_event_loop_knows(monkeypatch: pytest.MonkeyPatch, closing: bool) -> None:
    class Transport(asyncio.Transport):
        def is_closing(self) -> bool:
            return closing

    monkeypatch.delattr(select, "poll")
    assert is_open(Transport()) is not closing


def test_a_call_that_its_client_cancels_collects_nothing(mock: Mock) -> None:
    async def give_up() -> None:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(mock.server.app), base_url="http://m") as client:
            headers = {"authorization": "Key k"}
            call = asyncio.ensure_future(client.post(f"/fal/run/{MODEL}", content=PROMPT, headers=headers))
            while not mock.world.clock.awaited:
                await asyncio.sleep(0)
            call.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await call

    mock.run(give_up)
    mock.advance(10)
    assert not mock.told


def test_a_whole_download_is_one_and_tells_of_the_job(mock: Mock) -> None:
    path = mock.made()
    assert not mock.told
    assert mock.ask("GET", path)
    assert (mock.told, mock.downloaded) == (True, True)
    assert tuple(mock.world.jobs.losses.missed_files(mock.world.clock.now())) == ()


@pytest.mark.parametrize("headers", [[], ["range: bytes=0-99"]], ids=["whole", "range"])
def test_a_head_request_downloads_nothing(mock: Mock, headers: list[str]) -> None:
    mock.ask("HEAD", mock.made(), b"", *headers)
    assert (mock.told, mock.downloaded) == (True, False)
    (missed,) = tuple(mock.world.jobs.losses.missed_files(mock.world.clock.now()))
    assert (missed.job, missed.output, missed.amount, missed.told) == (
        mock.job.id,
        mock.output.id,
        mock.output.cost,
        True,
    )


def test_ranges_that_add_up_are_a_download_and_others_are_not(mock: Mock) -> None:
    path = mock.made()
    mock.ask("GET", path, b"", "range: bytes=0-99")
    mock.ask("GET", path, b"", "range: bytes=200-")
    mock.ask("GET", path, b"", "range: bytes=999999999-")
    assert (mock.told, mock.downloaded) == (True, False)
    mock.ask("GET", path, b"", "range: bytes=50-250")
    assert mock.downloaded


def test_a_download_that_broke_off_is_finished_by_the_rest(mock: Mock) -> None:
    path = mock.made()
    mock.add("media", "media_truncated", part=0.5)
    half = mock.ask("GET", path)
    assert (mock.told, mock.downloaded) == (False, False)
    rest = mock.ask("GET", path, b"", f"range: bytes={len(half)}-")
    assert len(half) * 2 <= len(half + rest)
    assert (mock.told, mock.downloaded) == (True, True)


@pytest.mark.parametrize("effect", ["media_page", "media_other_codec", "media_gone", "malformed", "empty"])
def test_other_bytes_are_no_download(mock: Mock, effect: str) -> None:
    path = mock.made()
    mock.add("media", effect)
    mock.ask("GET", path)
    assert (mock.told, mock.downloaded) == (False, False)


@pytest.mark.parametrize("effect", ["trickle", "slow_headers", "wrong_type"])
def test_a_strange_way_to_come_is_a_download(mock: Mock, effect: str) -> None:
    path = mock.made()
    arguments = {"trickle": {"bytes": 1000}, "slow_headers": {"seconds": 0}, "wrong_type": {}}[effect]
    mock.add("media", effect, **arguments)
    assert mock.ask("GET", path)
    assert (mock.told, mock.downloaded) == (True, True)


def test_a_client_that_leaves_in_the_middle_of_a_file_has_not_downloaded_it(mock: Mock) -> None:
    path = mock.made()
    mock.add("media", "trickle", bytes=1000, seconds=60)
    with closing(mock.begin("GET", path)) as raw:
        while b"ftyp" not in raw.recv(65536):
            pass
        mock.until(lambda: mock.world.clock.awaited)
    mock.advance(60)
    assert (mock.told, mock.downloaded) == (False, False)
    mock.ask("GET", path)
    assert mock.downloaded


def test_an_answer_in_process_is_collected(mock: Mock) -> None:
    path = mock.made()

    async def fetch() -> None:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(mock.server.app), base_url="http://m") as client:
            assert (await client.get(path)).is_success

    mock.run(fetch)
    assert (mock.told, mock.downloaded) == (True, True)
