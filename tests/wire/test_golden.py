"""Plays the exchanges under fixtures/wire against a fresh server and compares every answer."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from vidmock.engine.clock import Mode
from vidmock.engine.delivery import Message
from vidmock.engine.settings import Settings
from vidmock.resources import folder
from vidmock.server.app import App

FILES = sorted(folder("fixtures").glob("wire/*/*.json"))
ANY = {"<integer>": (int,), "<number>": (int, float), "<text>": (str,)}
TOKEN = re.compile(r"<([a-z_]+)>")


async def unheard(message: Message, timeout: float) -> tuple[int | None, str]:
    return 200, ""


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


async def play(script: dict[str, Any]) -> None:
    app = App(Settings(clock=Mode("manual"), behaviours=script.get("behaviours", {})), unheard)
    known: dict[str, str] = {}
    transport = httpx.ASGITransport(app)  # type: ignore[arg-type]  # httpx types ASGI with plain dicts
    async with httpx.AsyncClient(transport=transport, base_url="http://vidmock.test") as client:
        for number, step in enumerate(script["steps"], 1):
            if "advance" in step:
                for world in app.desk.worlds:
                    await world.clock.advance(step["advance"])
                continue
            method, target = fill(step["request"], known).split(" ", 1)
            body = fill(step["text"] if "text" in step else json.dumps(step["body"]) if "body" in step else "", known)
            answer = await client.request(method, target, headers=step.get("headers", {}), content=body.encode())
            where = f"step {number}, {method} {target}"
            assert answer.status_code == step["status"], f"{where}: {answer.text}"
            for name, value in step.get("answer_headers", {}).items():
                compare(value, answer.headers.get(name), known, f"{where}: header {name}")
            if "answer" in step:
                compare(step["answer"], answer.json(), known, where)
            if "answer_text" in step:
                compare(step["answer_text"], answer.text, known, where)


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_the_exchange_goes_as_recorded(file: Path) -> None:
    script = json.loads(file.read_text("utf-8"))
    assert script["about"]
    assert script["evidence"]
    asyncio.run(play(script))
