"""Effects on a served file: it is cut off, replaced by something else, or missing."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from vidmock.engine.faults.arguments import Part, Seconds
from vidmock.engine.faults.catalog import EFFECTS
from vidmock.engine.faults.definition import EffectGroup
from vidmock.engine.faults.rules import Phase
from vidmock.media.clip import Clip
from vidmock.media.formats import content_type
from vidmock.media.info import NotMedia, VideoInfo
from vidmock.providers.exchange.broken import Truncated
from vidmock.providers.exchange.faulty_answers import AnsweredCall, AnswerHandler, Status, bare_answer, with_body

MEDIA: Final[EffectGroup[AnswerHandler]] = EffectGroup("media", ("response", "call"), EFFECTS.add, keeps_back=True)
_PHASES: Final[tuple[Phase, ...]] = ("media",)
_SOME_VIDEO: Final = VideoInfo("mp4", 1280, 720, 5.0, has_audio=False, faststart=True)


@MEDIA.effect("media_truncated", "the file breaks off after this part of it", _PHASES, part=Part(0.5))
async def _truncated(response: Response, call: AnsweredCall, *, part: float) -> Response:
    return Truncated(response, part)


@MEDIA.effect("media_page", "an HTML page with status 200 instead of the file", _PHASES)
async def _page(response: Response, call: AnsweredCall) -> Response:
    return Response("<html><body><h1>Sign in to continue</h1></body></html>", 200, media_type="text/html")


@MEDIA.effect(
    "media_pending",
    "the file is not there for so many seconds after the job's end",
    _PHASES,
    seconds=Seconds(5.0),
)
async def _pending(response: Response, call: AnsweredCall, *, seconds: float) -> Response | None:
    return bare_answer(404) if any(call.now < job.ends + seconds for job in call.jobs) else None


@MEDIA.effect(
    "media_expired", "the file is gone from so many seconds after the job's end on", _PHASES, seconds=Seconds(0.0)
)
async def _expired(response: Response, call: AnsweredCall, *, seconds: float) -> Response | None:
    return bare_answer(403) if any(call.now >= job.ends + seconds for job in call.jobs) else None


@MEDIA.effect("media_gone", "the file's URL answers with this status", _PHASES, status=Status(403))
async def _gone(response: Response, call: AnsweredCall, *, status: int) -> Response:
    return bare_answer(status)


@MEDIA.effect("media_moved", "the file's URL redirects to where the file is", _PHASES)
async def _moved(response: Response, call: AnsweredCall) -> Response:
    return Response(None, 302, {"location": "?moved=1"})


@MEDIA.effect("media_other_codec", "the file has another codec and container than its name and type say", _PHASES)
async def _other_codec(response: Response, call: AnsweredCall) -> Response:
    """VP9 in WebM for an MP4, H.264 in MP4 for a WebM; the whole file, also if a byte range was asked for."""
    from vidmock.media.probe import probe
    from vidmock.media.render import render

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
    return with_body(response, render(clip))
