"""Effects that change an answer: when it comes, how its bytes are sent, or what it says."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from starlette.responses import Response

from vidmock.engine.faults.arguments import Count, Part, Seconds, Text
from vidmock.engine.faults.catalog import EFFECTS
from vidmock.engine.faults.definition import EffectGroup
from vidmock.engine.faults.rules import Phase
from vidmock.providers.exchange.broken import SlowHead, Trickled, Truncated
from vidmock.providers.exchange.faulty_answers import AnsweredCall, AnswerHandler, with_body
from vidmock.providers.exchange.world_time import elapsed_in, pause

CHANGES: Final[EffectGroup[AnswerHandler]] = EffectGroup("answer", ("response", "call"), EFFECTS.add, keeps_back=True)
_JSON_ANSWER: Final[tuple[Phase, ...]] = ("after", "poll", "cancel", "upload")
_WHOLE_ANSWER: Final[tuple[Phase, ...]] = (*_JSON_ANSWER, "media")
"""The phases in which an answer has a whole body: not ``before``, where there is none yet, nor ``stream``."""


class _FieldName(Text):
    def __init__(self, default: str) -> None:
        super().__init__(default, "the name of a field", ".{1,200}")


@CHANGES.effect(
    "late",
    "the answer comes after so many seconds of the world's clock",
    _WHOLE_ANSWER,
    keeps_back=False,
    seconds=Seconds(30.0),
)
async def _late(response: Response, call: AnsweredCall, *, seconds: float) -> Response:
    await pause(call.world, seconds)
    return response


@CHANGES.effect(
    "after_webhook",
    "the job ends at once, and its webhook is delivered before the submit is answered",
    ("after",),
    keeps_back=False,
)
async def _after_webhook(response: Response, call: AnsweredCall) -> Response:
    for job in call.jobs:
        await call.engine.hurry(call.world, job, call.now)
    return response


@CHANGES.effect(
    "slow_headers",
    "status line and headers take so many seconds to come",
    _WHOLE_ANSWER,
    keeps_back=False,
    seconds=Seconds(10.0),
)
async def _slow_headers(response: Response, call: AnsweredCall, *, seconds: float) -> Response:
    return SlowHead(response, elapsed_in(call.world), seconds)


@CHANGES.effect(
    "trickle",
    "the body comes in pieces of so many bytes, over so many seconds",
    _WHOLE_ANSWER,
    keeps_back=False,
    bytes=Count(1, least=1, most=2**20),
    seconds=Seconds(0.0),
)
async def _trickle(response: Response, call: AnsweredCall, *, bytes: int, seconds: float) -> Response:
    return Trickled(response, bytes, elapsed_in(call.world), seconds)


@CHANGES.effect(
    "truncated",
    "the body breaks off after this part of it, the connection with it",
    _WHOLE_ANSWER,
    part=Part(0.5),
)
async def _truncated(response: Response, call: AnsweredCall, *, part: float) -> Response:
    return Truncated(response, part)


@CHANGES.effect(
    "malformed",
    "the body breaks off after this part of it, and is sent as if whole",
    _WHOLE_ANSWER,
    part=Part(0.5),
)
async def _malformed(response: Response, call: AnsweredCall, *, part: float) -> Response:
    body = bytes(response.body)
    return with_body(response, body[: int(len(body) * part)])


@CHANGES.effect("empty", "an empty body", _WHOLE_ANSWER)
async def _empty(response: Response, call: AnsweredCall) -> Response:
    return with_body(response, b"")


@CHANGES.effect(
    "wrong_type",
    "another content type",
    _WHOLE_ANSWER,
    keeps_back=False,
    type=Text("text/html", "a media type, in printable ASCII", "[ -~]{1,200}"),
)
async def _wrong_type(response: Response, call: AnsweredCall, *, type: str) -> Response:
    changed = with_body(response, bytes(response.body))
    changed.headers["content-type"] = type
    return changed


@CHANGES.effect(
    "unknown_status",
    "a status word that no client knows",
    _JSON_ANSWER,
    word=Text("THROTTLED", "a word", ".{1,200}"),
)
async def _unknown_status(response: Response, call: AnsweredCall, *, word: str) -> Response:
    def change(found: dict[str, Any]) -> None:
        if isinstance(found.get("status"), str):
            found["status"] = word

    return _rewritten(response, change)


@CHANGES.effect("missing_field", "a field is left out, wherever it stands", _JSON_ANSWER, name=_FieldName("status"))
async def _missing_field(response: Response, call: AnsweredCall, *, name: str) -> Response:
    def change(found: dict[str, Any]) -> None:
        found.pop(name, None)

    return _rewritten(response, change)


@CHANGES.effect(
    "extra_field",
    "a field more than documented",
    _JSON_ANSWER,
    keeps_back=False,
    name=_FieldName("vidmock_extra"),
)
async def _extra_field(response: Response, call: AnsweredCall, *, name: str) -> Response:
    def change(found: dict[str, Any]) -> None:
        found[name] = {"new": True}

    return _rewritten(response, change)


def _rewritten(response: Response, change: Callable[[dict[str, Any]], None]) -> Response:
    """*response* with *change* applied to every object in its JSON, at any depth; as it is if it is not JSON."""
    try:
        body = json.loads(bytes(response.body))
    except ValueError:
        return response
    for found in _objects(body):
        change(found)
    return with_body(response, json.dumps(body, separators=(",", ":")).encode())


def _objects(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, dict):
        return [value, *(found for inner in value.values() for found in _objects(inner))]
    if isinstance(value, list):
        return [found for inner in value for found in _objects(inner)]
    return []
