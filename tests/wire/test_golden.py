"""Plays the exchanges under fixtures/wire against a fresh server and compares every answer."""

from __future__ import annotations

import asyncio
import json
import re
from collections import deque
from pathlib import Path
from typing import Any

import httpx
import pytest

from vidmock.engine.time.mode import Mode
from vidmock.engine.webhooks.delivery import Message, ReceiverAnswer
from vidmock.engine.world.settings import Settings
from vidmock.resources import folder
from vidmock.schema.answers import validate_answer
from vidmock.server.app import App

FILES = sorted(folder("fixtures").glob("wire/*/*.json"))
ANY = {"<integer>": (int,), "<number>": (int, float), "<text>": (str,)}
JOBS = {
    "eachlabs": "/eachlabs/v1/prediction",
    "fal": "/fal/(queue|run)/",
    "runpod": "/runpod/v2/",
    "runware": "/runware/?(v1|$)",
}
"""Where the answers are asked for that have a schema: those about jobs."""
TOKEN = re.compile(r"<([a-z_]+)>")


def fill(value: str, known: dict[str, str]) -> str:
    return TOKEN.sub(lambda token: known.get(token[1], token[0]), value)


def compare(expected: Any, actual: Any, known: dict[str, str], where: str = "answer") -> None:
    """Assert that *actual* is *expected*, binding tokens as they are first met."""
    if isinstance(expected, str) and expected in ANY:
        assert isinstance(actual, ANY[expected]), f"{where}: {actual!r} is not {expected}"
        assert not isinstance(actual, bool), f"{where}: {actual!r} is not {expected}"
    elif isinstance(expected, str) and TOKEN.search(expected):
        assert isinstance(actual, str), f"{where}: {actual!r} is not text"
        parts = TOKEN.split(fill(expected, known))
        pattern, named = "", set()
        for n, part in enumerate(parts):
            if n % 2 == 0:
                pattern += re.escape(part)
            else:
                pattern += f"(?P={part})" if part in named else f"(?P<{part}>[\\w.-]+?)"
                named.add(part)
        match = re.fullmatch(pattern, actual)
        assert match, f"{where}: {actual!r} is not {fill(expected, known)!r}"
        known.update(match.groupdict())
    elif isinstance(expected, dict):
        assert isinstance(actual, dict), f"{where}: {actual!r} is not an object"
        assert sorted(expected) == sorted(actual), f"{where}: other keys: {actual!r}"
        for key, value in expected.items():
            compare(value, actual[key], known, f"{where}.{key}")
    elif isinstance(expected, list):
        assert isinstance(actual, list), f"{where}: {actual!r} is not an array"
        assert len(expected) == len(actual), f"{where}: {len(actual)} items: {actual!r}"
        for n, (one, other) in enumerate(zip(expected, actual, strict=True)):
            compare(one, other, known, f"{where}[{n}]")
    else:
        assert (type(expected), expected) == (type(actual), actual), where


class Line:
    """A WebSocket in this process: what was said on it, and what was heard."""

    def __init__(self, app: App, target: str) -> None:
        path, _, query = target.partition("?")
        headers = [(b"host", b"vidmock.test")]
        scope = {"type": "websocket", "scheme": "ws", "path": path, "query_string": query.encode(), "headers": headers}
        self._said: asyncio.Queue[Any] = asyncio.Queue()
        self._heard: asyncio.Queue[Any] = asyncio.Queue()
        self._said.put_nowait({"type": "websocket.connect"})
        self._serving = asyncio.ensure_future(app(scope, self._said.get, self._heard.put))

    def say(self, text: str) -> None:
        self._said.put_nowait({"type": "websocket.receive", "text": text})

    async def hear(self) -> Any:
        """The next thing that the server sends: a frame, or the end of the connection."""
        message = await asyncio.wait_for(self._heard.get(), 60)
        return await self.hear() if message["type"] == "websocket.accept" else message

    async def close(self) -> None:
        self._said.put_nowait({"type": "websocket.disconnect", "code": 1005})
        await self._serving
        assert all(message["type"] != "websocket.send" for message in self._left()), "there were more frames"

    def _left(self) -> list[Any]:
        return [self._heard.get_nowait() for _ in range(self._heard.qsize())]


async def talk(line: Line, step: dict[str, Any], known: dict[str, str], where: str) -> list[Any]:
    """Say on *line* what the step says, and hear what it expects: the frames that came."""
    heard = []
    if "send" in step or "text" in step:
        line.say(fill(step["text"] if "text" in step else json.dumps(step["send"]), known))
    for number, frame in enumerate(step["frames"], 1):
        message = await line.hear()
        assert "text" in message, f"{where}: {message}"
        heard.append(json.loads(message["text"]))
        compare(frame, heard[-1], known, f"{where}, frame {number}")
    if "closed" in step or "gone" in step:
        message = await line.hear()
        assert message["type"] == "websocket.close", f"{where}: {message}"
        assert step.get("closed", message["code"]) == message["code"], where
    return heard


def described(provider: str, body: Any, target: str = "") -> None:
    """Assert that *body*, which was asked for at *target*, is as the schema of the provider's answers has it."""
    if not target or re.match(JOBS[provider], target):
        assert [str(wrong) for wrong in validate_answer(provider, body)] == []


async def play(script: dict[str, Any], provider: str) -> None:
    lines: dict[str, Line] = {}
    delivered: deque[Message] = deque()

    async def receive(message: Message, timeout: float) -> ReceiverAnswer:
        delivered.append(message)
        return ReceiverAnswer(script.get("receiver", 200))

    app = App(Settings(clock=Mode("manual"), behaviours=script.get("behaviours", {})), receive)
    # Those who judge what they get live in the same time, so that it is written down.
    app.engine.worlds.on_open(lambda world: world.clock.live_by(lambda: True))
    known: dict[str, str] = {}

    async def advance(seconds: float) -> None:
        for world in app.engine.worlds:
            await world.clock.advance(seconds)

    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://vidmock.test") as client:
        for number, step in enumerate(script["steps"], 1):
            if "advance" in step:
                await advance(step["advance"])
                continue
            if "webhook" in step:
                assert delivered, f"step {number}: nothing was delivered"
                message = delivered.popleft()
                assert message.url == step["webhook"]
                compare(step["body"], json.loads(message.body), known, f"step {number}, webhook")
                described(provider, json.loads(message.body))
                compare(step["headers"], dict(message.headers), known, f"step {number}, webhook headers")
                continue
            if "socket" in step:
                name = step["line"]
                lines[name] = line = lines.get(name) or Line(app, step["socket"])
                for frame in await talk(line, step, known, f"step {number}, socket {name}"):
                    described(provider, frame)
                continue
            method, target = fill(step["request"], known).split(" ", 1)
            body = fill(step["text"] if "text" in step else json.dumps(step["body"]) if "body" in step else "", known)
            headers = {name: fill(value, known) for name, value in step.get("headers", {}).items()}
            asking = asyncio.ensure_future(client.request(method, target, headers=headers, content=body.encode()))
            if "held" in step:
                for _ in range(50):
                    await asyncio.sleep(0)
                assert not asking.done(), f"step {number}: {method} {target} was not held"
                await advance(step["held"])
            answer = await asking
            where = f"step {number}, {method} {target}"
            assert answer.status_code == step["status"], f"{where}: {answer.text}"
            for name, value in step.get("answer_headers", {}).items():
                compare(value, answer.headers.get(name), known, f"{where}: header {name}")
            if "answer" in step:
                compare(step["answer"], answer.json(), known, where)
                described(provider, answer.json(), target)
            if "answer_text" in step:
                compare(step["answer_text"], answer.text, known, where)
    for line in lines.values():
        await line.close()


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_the_exchange_goes_as_recorded(file: Path) -> None:
    script = json.loads(file.read_text("utf-8"))
    assert script["about"]
    assert script["evidence"]
    asyncio.run(play(script, file.parent.name))
