"""What a fault's effect does to an answer that is on its way out."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any

from starlette.responses import PlainTextResponse, Response

from vidmock.engine.faults.catalog import effect_kind
from vidmock.engine.faults.rules import Effect
from vidmock.engine.world.world import World
from vidmock.media import Clip, NotMedia, VideoInfo, content_type, probe, render
from vidmock.providers.exchange.broken import (
    Elapsed,
    HalfClosed,
    Hung,
    Lost,
    PortRefused,
    SlowHead,
    Trickled,
    Truncated,
)

Arguments = Mapping[str, Any]

_SOME_VIDEO = VideoInfo("mp4", 1280, 720, 5.0, has_audio=False, faststart=True)
_WITHOUT_BODY = frozenset({204, 205, 304})
"""Statuses whose answers have no body."""
_EDGE = {502: "Bad Gateway", 503: "Service Temporarily Unavailable", 504: "Gateway Time-out"}


_HARMLESS = frozenset({"late", "after_webhook", "slow_headers", "trickle", "wrong_type", "extra_field"})
"""Effects on an answer that leave all of it for the client to read."""


def keeps_back(effect: Effect) -> bool:
    """Whether a client is not told by the answer what it would have been."""
    return effect_kind(effect) in ("answer", "media") and effect.name not in _HARMLESS


async def apply_answer_fault(effect: Effect, response: Response, world: World) -> Response:
    """*response* as *effect* leaves it. An effect that is not about answers leaves it as it is."""
    arguments = effect.arguments
    match effect.name:
        case "late":
            await _pause(world, arguments["seconds"])
            return response
        case "refused":
            return PortRefused(_passed(world, arguments["seconds"]), arguments["seconds"])
        case "slow_headers":
            return SlowHead(response, _elapsed(world), arguments["seconds"])
        case "trickle":
            return Trickled(response, arguments["bytes"], _elapsed(world), arguments["seconds"])
    change = _CHANGES.get(effect.name)
    return change(response, arguments) if change else response


async def _pause(world: World, seconds: float) -> None:
    """Let *seconds* of the world's clock pass; a stepped clock does not wait for itself."""
    if world.clock.mode.kind == "step":
        await world.clock.advance(seconds)
        return
    over = asyncio.Event()
    world.clock.after(seconds, over.set)
    with world.clock.awaiting():
        await over.wait()


def _elapsed(world: World) -> Elapsed:
    began = world.clock.now()

    async def elapsed(seconds: float) -> None:
        if (left := began + seconds - world.clock.now()) > 0:
            await _pause(world, left)

    return elapsed


def _passed(world: World, seconds: float) -> asyncio.Event:
    """Is set when *seconds* of the world's clock have passed, which nobody waits for; never by a stepped clock."""
    over = asyncio.Event()
    if world.clock.mode.kind != "step":
        world.clock.after(seconds, over.set)
    return over


def _plain(status: int, text: str = "") -> Response:
    return Response(status_code=status) if status in _WITHOUT_BODY else PlainTextResponse(text, status)


def _edge_page(response: Response, arguments: Arguments) -> Response:
    status = arguments["status"]
    if status in _WITHOUT_BODY:
        return _plain(status)
    title = f"{status} {_EDGE.get(status, 'Error')}"
    served_by = "<hr><center>nginx</center>" if arguments["nginx"] else ""
    body = f"<center><h1>{title}</h1></center>{served_by}"
    return Response(
        f"<html><head><title>{title}</title></head><body>{body}</body></html>\r\n", status, None, "text/html"
    )


def _replaced(response: Response, body: bytes) -> Response:
    """*response* with another body: same status and headers, its length told rightly."""
    kept = {key: value for key, value in response.headers.items() if key != "content-length"}
    return Response(body, response.status_code, kept)


def _malformed(response: Response, arguments: Arguments) -> Response:
    body = bytes(response.body)
    return _replaced(response, body[: int(len(body) * arguments["part"])])


def _wrong_type(response: Response, arguments: Arguments) -> Response:
    changed = _replaced(response, bytes(response.body))
    changed.headers["content-type"] = arguments["type"]
    return changed


def _rewritten(response: Response, change: Callable[[dict[str, Any]], None]) -> Response:
    """*response* with *change* made to every object in its JSON; anything else stays."""
    try:
        body = json.loads(bytes(response.body))
    except ValueError:
        return response
    for found in _objects(body):
        change(found)
    return _replaced(response, json.dumps(body, separators=(",", ":")).encode())


def _objects(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, dict):
        return [value, *(found for inner in value.values() for found in _objects(inner))]
    if isinstance(value, list):
        return [found for inner in value for found in _objects(inner)]
    return []


def _unknown_status(response: Response, arguments: Arguments) -> Response:
    def change(found: dict[str, Any]) -> None:
        if isinstance(found.get("status"), str):
            found["status"] = arguments["word"]

    return _rewritten(response, change)


def _missing_field(response: Response, arguments: Arguments) -> Response:
    def change(found: dict[str, Any]) -> None:
        found.pop(arguments["name"], None)

    return _rewritten(response, change)


def _extra_field(response: Response, arguments: Arguments) -> Response:
    def change(found: dict[str, Any]) -> None:
        found[arguments["name"]] = {"new": True}

    return _rewritten(response, change)


def _page_for_a_file(response: Response, arguments: Arguments) -> Response:
    return Response("<html><body><h1>Sign in to continue</h1></body></html>", 200, media_type="text/html")


def _moved(response: Response, arguments: Arguments) -> Response:
    return Response(None, 302, {"location": "?moved=1"})


def _other_codec(response: Response, arguments: Arguments) -> Response:
    """VP9 in a WebM where H.264 in an MP4 is announced, and the other way round; whole where a part was asked for."""
    if response.status_code not in (200, 206):
        return response
    try:
        known = probe(bytes(response.body))
    except NotMedia:
        known = _SOME_VIDEO
    response.status_code = 200
    del response.headers["content-range"]
    webm = response.headers.get("content-type") == content_type("webm")
    clip = Clip(known.width, known.height, known.seconds, ("another codec",), "mp4" if webm else "webm")
    return _replaced(response, render(clip))


_CHANGES: Mapping[str, Callable[[Response, Arguments], Response]] = {
    "edge_page": _edge_page,
    "status": lambda response, arguments: _plain(arguments["code"], arguments["text"]),
    "lost": lambda response, arguments: Lost(reset=False),
    "reset": lambda response, arguments: Lost(reset=True),
    "hang": lambda response, arguments: Hung(),
    "half_closed": lambda response, arguments: HalfClosed(),
    "truncated": lambda response, arguments: Truncated(response, arguments["part"]),
    "malformed": _malformed,
    "empty": lambda response, arguments: _replaced(response, b""),
    "wrong_type": _wrong_type,
    "unknown_status": _unknown_status,
    "missing_field": _missing_field,
    "extra_field": _extra_field,
    "media_truncated": lambda response, arguments: Truncated(response, arguments["part"]),
    "media_page": _page_for_a_file,
    "media_pending": lambda response, arguments: PlainTextResponse("", 404),
    "media_gone": lambda response, arguments: _plain(arguments["status"]),
    "media_moved": _moved,
    "media_other_codec": _other_codec,
}
