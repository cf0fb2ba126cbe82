"""Answers with a job's video or an uploaded file as a CDN does: ETag, HEAD, byte ranges (RFC 9110 §13, §14)."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import Response

from vidmock.engine.jobs.job import Job, Output
from vidmock.engine.jobs.video import video_file
from vidmock.engine.world.registry import WorldRegistry
from vidmock.engine.world.uploads import Upload, etag_of
from vidmock.engine.world.world import World
from vidmock.media.formats import content_type
from vidmock.problems import NoSuchFile
from vidmock.providers.exchange.beside import beside
from vidmock.providers.exchange.call import Call

_RANGE = re.compile(r"bytes=([0-9]*)-([0-9]*)\Z", re.IGNORECASE)
_PLACE = re.compile(r"bytes ([0-9]+)-")


_video_etag = lru_cache(maxsize=128)(etag_of)

Kept = Callable[[World, Job], float]
"""For how many seconds after the job's end its files are served."""


def video_response(
    call: Call, worlds: WorldRegistry, output_id: str, path: Callable[[Output], str], kept: Kept
) -> Response:
    """The file of an output at its *path*, from its job's success until *kept* seconds later.

    Raises:
        NoSuchFile: the output is not known, failed, is not made yet, or has expired; or it has another path.
    """
    place = worlds.output(output_id)
    if place is None:
        raise NoSuchFile(output_id)
    world, job, output = place
    now, request = call.moment_in(world), call.request
    if call.request.scope["path"] != path(output):
        # A CDN has one file at one address: a client that makes up its own finds nothing.
        raise NoSuchFile(output_id)
    if not job.made(output, now) or now >= job.ends + kept(world, job):
        raise NoSuchFile(output_id)
    call.serve(world, now, job)
    data = video_file(job, output)
    response = ranged_response(data, content_type(output.container), _video_etag(data), request)
    call.receipt.hand_over(world, output, _first_byte(response), len(data))
    return response


@dataclass(frozen=True, slots=True)
class StoredFile:
    """An uploaded file of *world* that has not expired by *now* on the clock there."""

    upload: Upload
    world: World
    now: float

    async def response(self, call: Call) -> Response:
        call.serve(self.world, self.now)
        etag = await beside(self.upload.unhashed, lambda: self.upload.etag)
        return ranged_response(self.upload.data, self.upload.content_type, etag, call.request)


def find_stored_file(
    call: Call, worlds: WorldRegistry, file_id: str, path: Callable[[Upload], str] | None = None
) -> StoredFile | None:
    """The uploaded file of that id, or ``None``: not known, or expired, or not at its *path*. Its URL needs no key."""
    world, upload = worlds.upload(file_id) or (None, None)
    if world is None or upload is None or (path and call.request.scope["path"] != unquote(path(upload))):
        return None
    now = call.moment_in(world)
    return None if upload.expired(now) else StoredFile(upload, world, now)


def ranged_response(data: bytes, media_type: str, etag: str, request: Request) -> Response:
    """*data*, whose entity tag is *etag*, as 200, 206, 304 or 416.

    Several ranges in one request are answered with all of it (RFC 9110 §14.2).
    """
    headers = {"etag": etag, "accept-ranges": "bytes", "cache-control": "public, max-age=3600"}
    known = {tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")}
    if etag in known or "*" in known:
        return Response(None, 304, headers)
    wanted = request.headers.get("range")
    if wanted is None or request.method != "GET" or request.headers.get("if-range", etag) != etag:
        return _whole(data, media_type, headers)
    match = _RANGE.match(wanted.replace(" ", ""))
    if match is None or not (match[1] or match[2]):
        return _whole(data, media_type, headers)
    first, last = _position(match[1]), _position(match[2])
    if match[1] and match[2] and last < first:
        return _whole(data, media_type, headers)
    if match[1]:
        start, end = first, min(last if match[2] else len(data), len(data) - 1)
    else:
        start, end = max(0, len(data) - last), len(data) - 1
    if start >= len(data) or start > end:
        return Response(None, 416, headers | {"content-range": f"bytes */{len(data)}"})
    part = headers | {"content-range": f"bytes {start}-{end}/{len(data)}"}
    return Response(data[start : end + 1], 206, part, media_type)


def _first_byte(response: Response) -> int:
    """The place in the file of the first byte of *response*."""
    said = response.headers.get("content-range", "")
    return int(match[1]) if (match := _PLACE.match(said)) else 0


def _position(digits: str) -> int:
    """*digits* as a number; ``sys.maxsize`` from 19 digits on, because ``int`` refuses thousands of digits."""
    return int(digits or 0) if len(digits) < 19 else sys.maxsize


def _whole(data: bytes, media_type: str, headers: Mapping[str, str]) -> Response:
    return Response(data, 200, headers, media_type)
