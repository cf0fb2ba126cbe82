"""Effects that change an answer: when it comes, how its bytes are sent, or what it says."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from vidmock.engine.faults.arguments import Count, Part, Seconds, Text
from vidmock.engine.faults.catalog import EFFECTS
from vidmock.engine.faults.definition import EffectGroup, Reach
from vidmock.engine.faults.rules import Phase
from vidmock.providers.exchange.broken import SlowHead, Trickled, Truncated
from vidmock.providers.exchange.faulty_answers import (
    WHERE,
    WITHOUT_BODY,
    AnsweredCall,
    AnswerHandler,
    Status,
    bare_answer,
    with_body,
)
from vidmock.providers.exchange.world_time import elapsed_in, pause

CHANGES: Final[EffectGroup[AnswerHandler]] = EffectGroup("answer", ("response", "call"), EFFECTS.add, keeps_back=True)
_HTTP_ANSWER: Final[tuple[Phase, ...]] = ("after", "poll", "cancel", "upload", "media", "other")
_WHOLE_ANSWER: Final[tuple[Phase, ...]] = (*_HTTP_ANSWER, "session")
"""The phases in which an answer has a whole body: not ``before``, where there is none yet, nor ``stream``."""


@CHANGES.effect(
    "late",
    "the answer comes after so many seconds of the world's clock",
    (*_WHOLE_ANSWER, "connect"),
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
    _HTTP_ANSWER,
    keeps_back=False,
    by="http",
    seconds=Seconds(10.0),
)
async def _slow_headers(response: Response, call: AnsweredCall, *, seconds: float) -> Response:
    return SlowHead(response, elapsed_in(call.world), seconds)


@CHANGES.effect(
    "trickle",
    "the body comes in pieces of so many bytes, over so many seconds",
    _HTTP_ANSWER,
    keeps_back=False,
    by="http",
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
    _HTTP_ANSWER,
    keeps_back=False,
    by="http",
    type=Text("text/html", "a media type, in printable ASCII", "[ -~]{1,200}"),
)
async def _wrong_type(response: Response, call: AnsweredCall, *, type: str) -> Response:
    changed = with_body(response, bytes(response.body))
    changed.headers["content-type"] = type
    return changed


@CHANGES.effect(
    "wrong_status",
    "another HTTP status, with the same body",
    _HTTP_ANSWER,
    keeps_back=False,
    by="http",
    code=Status(201),
)
async def _wrong_status(response: Response, call: AnsweredCall, *, code: int) -> Response:
    if code in WITHOUT_BODY:
        return bare_answer(code)
    response.status_code = code
    return response


@CHANGES.effect(
    "other_urls",
    "the answer's URLs lead to another host, path or port, which passes on what it is asked for",
    ("after", "poll", "upload"),
    keeps_back=False,
    only=(Reach(("fal",), "only fal's answer to a submit has URLs", ("after",)),),
    where=WHERE,
)
async def _other_urls(response: Response, call: AnsweredCall, *, where: str) -> Response:
    text = bytes(response.body).decode(errors="replace")
    led = call.away(where).text(text)
    return with_body(response, led.encode()) if led != text else response
