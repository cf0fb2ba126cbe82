"""Sends the bytes under tests/wire/raw to each provider, to a file and to the control API.

``legal`` are odd requests that must be answered as an ordinary one is, ``illegal`` are those that must be refused, with
nothing of what follows them served. A file has the request, in parts that are sent together, and what must come back:

- ``answers``: the status of each answer; ``usual`` is an answer as to ``legal/plain.json``, with its effect.
- ``then``: whether the connection is ``open`` for another request, or ``closed``.
- ``except``: targets for which the request is another one.

In a request, ``{target}`` and the like are filled in, ``{60000}`` is that many letters, ``{many}`` is 1,000 headers,
and ``{smuggled}`` is a whole request that nobody may serve. ``<pause>`` lets the server read what was sent,
``<continue>`` waits for 100, and ``<slowly>`` sends each byte of what follows by itself.
"""

from __future__ import annotations

import asyncio
import io
import json
import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPResponse
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from vidmock.engine.time.mode import Mode
from vidmock.engine.world.settings import Settings
from vidmock.engine.world.world import World
from vidmock.server.server import ThreadedServer

if TYPE_CHECKING:
    from tests.conftest import Wire

CASES = {f"{path.parent.name}/{path.stem}": path for path in sorted(Path(__file__).parent.glob("raw/*/*.json"))}
SECONDS = 60
"""Real ones, after which something hangs."""
TARGETS = ("runpod", "runware", "fal", "eachlabs", "file", "control")
_SMUGGLED_BODY = '{"prompt": "smuggled"}'
SMUGGLED = (
    "POST /fal/queue/fal-ai/kling-video/o1/reference-to-video HTTP/1.1\r\nHost: localhost\r\n"
    f"Authorization: Key smuggled\r\nContent-Length: {len(_SMUGGLED_BODY)}\r\n\r\n{_SMUGGLED_BODY}"
)


@dataclass(frozen=True)
class Target:
    """What is asked: *scheme* is that of its Authorization header, and *body* has the key where it is ``{key}``."""

    name: str
    method: str
    path: str
    scheme: str
    body: str
    usual: int = 200


class _Stream(io.BufferedReader):
    """What comes from a socket. One answer after another is read from it, so none of them may close it."""

    def makefile(self, mode: str) -> io.BufferedReader:
        return self

    def close(self) -> None:
        """Do nothing."""


@dataclass(frozen=True)
class Connection:
    """A client that sends bytes, and has the standard library read the answers."""

    socket: socket.socket
    stream: _Stream

    def answer(self, method: str) -> tuple[int, bytes]:
        made: Any = self.stream
        response = HTTPResponse(made, method=method)
        response.begin()
        return response.status, response.read()

    def is_at_end(self) -> bool:
        return self.stream.read(1) == b""


@pytest.fixture(scope="module")
def server() -> Iterator[ThreadedServer]:
    with ThreadedServer(Settings(clock=Mode("manual"))) as mock:
        yield mock


@pytest.fixture(scope="module")
def file_path(server: ThreadedServer) -> str:
    """The path of a video that can be fetched."""
    headers, url = {"authorization": "Bearer films"}, f"{server.url}/runpod/v2/kling-video-o1-r2v"
    body = {"input": {"prompt": "a kite", "images": ["https://pictures.example/cat.png"]}}
    job = httpx.post(f"{url}/run", json=body, headers=headers).json()["id"]
    server.run(_pass_ten_minutes(server.engine.worlds.world("films")))
    video = httpx.get(f"{url}/status/{job}", headers=headers).json()["output"]["video_url"]
    return httpx.URL(video).path


async def _pass_ten_minutes(world: World) -> None:
    await world.clock.advance(600)


@pytest.fixture(params=TARGETS)
def target(request: pytest.FixtureRequest, wires: tuple[Wire, ...], file_path: str) -> Target:
    name: str = request.param
    if name == "file":
        return Target(name, "GET", file_path, "Bearer", "{}")
    if name == "control":
        return Target(name, "POST", "/_vidmock/worlds", "Bearer", '{"key": "KEY"}', 201)
    wire = next(wire for wire in wires if wire.name == name)
    body = wire.body
    if isinstance(body, list):
        body = [task | {"taskUUID": "00000000-0000-4000-8000-000000000000"} for task in body]
    return Target(name, "POST", wire.submit_path, "Key" if name == "fal" else "Bearer", json.dumps(body))


@pytest.fixture
def connection(server: ThreadedServer) -> Iterator[Connection]:
    url = httpx.URL(server.url)
    assert url.port
    with socket.create_connection((url.host, url.port), timeout=SECONDS) as raw:
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        stream = _Stream(socket.SocketIO(raw, "r"))
        yield Connection(raw, stream)
        stream.detach().close()


def _fill(text: str, target: Target, host: str, keys: tuple[str, str]) -> bytes:
    body, other_body = (target.body.replace("KEY", key) for key in keys)
    half = len(body) // 2
    known = {
        "method": target.method,
        "lower_method": target.method.lower(),
        "target": target.path,
        "host": host,
        "key": f"{target.scheme} {keys[0]}",
        "other_key": f"{target.scheme} {keys[1]}",
        "body": body,
        "other_body": other_body,
        "length": str(len(body)),
        "other_length": str(len(other_body)),
        "size": f"{len(body):X}",
        "half": body[:half],
        "half_size": f"{half:x}",
        "rest": body[half:],
        "rest_size": f"{len(body) - half:x}",
        "many": "X-Many: 0123456789012345678901234567890123456789012345678901234567890\r\n" * 1000,
        "smuggled": SMUGGLED,
    }

    def put(found: re.Match[str]) -> str:
        return "x" * int(found[1]) if found[1].isdecimal() else known[found[1]]

    return re.sub(r"\{(\w+)\}", put, text).encode("latin-1")


def _send(connection: Connection, server: ThreadedServer, parts: list[str], fill: Any) -> None:
    waiting = b""
    slowly = False
    for part in [*parts, "<end>"]:
        if not part.startswith("<"):
            waiting += fill(part)
            continue
        step = 1 if slowly else max(1, len(waiting))
        for begin in range(0, len(waiting), step):
            connection.socket.sendall(waiting[begin : begin + step])
        waiting = b""
        if part == "<continue>":
            assert connection.stream.readline() == b"HTTP/1.1 100 Continue\r\n"
            assert connection.stream.readline() == b"\r\n"
        elif part == "<slowly>":
            slowly = True
        elif part == "<pause>":
            server.run(_let_it_read())


async def _let_it_read() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def _assert_done(server: ThreadedServer, target: Target, key: str) -> None:
    """Assert that the request with *key* has had its effect, which it has only if its body came whole."""
    worlds = {world.key: world for world in server.engine.worlds}
    if target.name == "control":
        assert key in worlds
    elif target.name != "file":
        assert [worlds[key].jobs[job].prompt for job in worlds[key].jobs] == ["a kite over dunes"]


@pytest.mark.parametrize("case", CASES)
def test_bytes_are_answered_as_they_deserve(
    server: ThreadedServer, connection: Connection, target: Target, case: str
) -> None:
    told = json.loads(CASES[case].read_text())
    if target.name in told.get("except", ()):
        pytest.skip(told["about"])
    host = httpx.URL(server.url).netloc.decode()
    keys = (f"{case}-{target.name}", f"{case}-{target.name}-other")
    _send(connection, server, told["request"], lambda part: _fill(part, target, host, keys))
    for n, expected in enumerate(told["answers"]):
        status, body = connection.answer(target.method)
        if expected == "usual":
            assert (status, body[:1] in b"[{" or target.name == "file") == (target.usual, True), body
            _assert_done(server, target, keys[n])
        else:
            assert status == expected, body
            assert len(body.splitlines()) == 1, "a sentence that says why"
    if told["then"] == "closed":
        assert connection.is_at_end()
    else:
        last = (f"{keys[0]}-last", "")
        plain = json.loads(CASES["legal/plain"].read_text())["request"]
        _send(connection, server, plain, lambda part: _fill(part, target, host, last))
        assert connection.answer(target.method)[0] == target.usual
        _assert_done(server, target, last[0])
    assert "smuggled" not in {world.key for world in server.engine.worlds}
