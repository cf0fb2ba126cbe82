"""fal's storage: uploads (a token and a POST, an initiation and a PUT, or in parts), and the files on the CDN."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from vidmock.engine.jobs.job import Job
from vidmock.engine.time.durations import HOUR
from vidmock.engine.world.registry import WorldRegistry
from vidmock.engine.world.upload_tickets import UploadTicket, check_file_facts
from vidmock.engine.world.uploads import Upload
from vidmock.engine.world.world import World
from vidmock.problems import BadRequest, NoRoute, NoSuchFile, Unauthorized
from vidmock.providers.exchange.call import Call
from vidmock.providers.exchange.dialect import Handler, UrlOf, operation
from vidmock.providers.exchange.envelope import bearer, expect, reply
from vidmock.providers.exchange.files import find_stored_file, video_response
from vidmock.providers.exchange.judging import found_in
from vidmock.providers.exchange.timestamps import iso
from vidmock.providers.fal import behaviours
from vidmock.providers.fal.file_paths import file_id, file_path, identity_of
from vidmock.providers.fal.jobs import output_path
from vidmock.providers.fal.notes import FalNotes
from vidmock.providers.fal.request import file_lifetime, lifecycle
from vidmock.providers.fal.tokens import Tokens

MOST_PARTS = 10_000
"""The most parts of an upload."""
_STORAGES = ("fal-cdn-v3", "gcs")
_MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+( *; *[\w.+-]+=[\w.+\"-]+)*", re.ASCII)
_UNKNOWN_TYPE = "application/octet-stream"

SignedTicket = Mapping[str, Any]
"""The claims of an upload's signed ticket: id, name and content type of the file, when it expires, and its key."""


class FalStorage:
    """The handlers by route.

    *url* makes the absolute URL of an origin and a path on the media host, *upload_url* that to which a client sends.
    """

    def __init__(self, worlds: WorldRegistry, tokens: Tokens, url: UrlOf, upload_url: UrlOf) -> None:
        self._worlds = worlds
        self._tokens = tokens
        self._url, self._upload_url = url, upload_url
        self.rest: Mapping[str, Handler] = {
            "storage_token": self.token,
            "initiate": self.initiate,
            "initiate_multipart": self.initiate,
        }
        self.media: Mapping[str, Handler] = {
            "upload": self.upload,
            "begin": self.begin,
            "file": self.file,
            "put": self.put,
            "complete": self.complete,
            "part": self.part,
            "ticket_complete": self.complete,
            "ticket_part": self.part,
        }

    @operation("upload")
    async def token(self, call: Call) -> Response:
        """A token for the media host. That it is valid for an hour is inferred."""
        world = call.world
        _check_account(call)
        _check_storage(call)
        until = call.now + HOUR
        # The client renews it by its own clock.
        expires = world.clock.wall(until)
        token = self._tokens.issue(world.key, {"until": until, "exp": int(expires), "use": "cdn"})
        base = self._upload_url(call.origin, "")
        return reply({"token": token, "token_type": "Bearer", "base_url": base, "expires_at": _iso(expires)})

    @operation("upload")
    async def initiate(self, call: Call) -> Response:
        """The URLs to put a file to and to fetch it from. The clients use the former without key or header."""
        world = call.world
        _check_account(call)
        _check_storage(call)
        body = call.object()
        name = expect(body, "file_name", str, required=False)
        path, ticket = self._ticket(call, world, name, expect(body, "content_type", str, required=False))
        there = self._upload_url(call.origin, path)
        return reply({"file_url": self._url(call.origin, path), "upload_url": f"{there}?ticket={ticket}"})

    @operation("upload")
    async def upload(self, call: Call) -> Response:
        world = self._bearer(call)
        path, text = self._ticket(call, world, call.request.headers.get("x-fal-file-name"), _sent_type(call))
        ticket = self._tokens.read(text)
        assert ticket is not None
        world.files.put(self._upload(ticket, call.body))
        # It was used up with the request that it was made for.
        world.tickets.withdraw(ticket["file"])
        return reply({"access_url": self._url(call.origin, path)})

    @operation("upload")
    async def begin(self, call: Call) -> Response:
        world = self._bearer(call)
        path, ticket = self._ticket(call, world, call.request.headers.get("x-fal-file-name"), _sent_type(call))
        # The parts are sent to paths below it.
        return reply({"access_url": self._upload_url(call.origin, path), "uploadId": ticket})

    @operation("upload")
    async def put(self, call: Call) -> Response:
        ticket, sent = self._admitted(call), _sent_type(call) or ""
        check_file_facts("", sent)
        file = self._upload({**ticket, "type": sent or ticket["type"]}, call.body)
        etag = await self._hashed(call, file)
        call.world.files.put(file)
        return reply({}, 200, {"etag": etag})

    @operation("upload")
    async def part(self, call: Call) -> Response:
        ticket, number = self._admitted(call), call.request.path_params["part"]
        if not (number.isascii() and number.isdecimal() and len(number) < 6 and 1 <= int(number) <= MOST_PARTS):
            raise BadRequest(f"a part is numbered from 1 to {MOST_PARTS}, not {number!r}")
        part = Upload(f"{ticket['file']}/{int(number)}", ticket["key"], "", "", call.body)
        etag = await self._hashed(call, part)
        call.world.parts.put(part)
        return reply({"partNumber": int(number), "etag": etag}, 200, {"etag": etag})

    @operation("upload")
    async def complete(self, call: Call) -> Response:
        ticket = self._admitted(call)
        parts: dict[int, bytes] = {}
        for entry in expect(call.object(), "parts", list):
            number = entry.get("partNumber") if isinstance(entry, dict) else None
            part = call.world.parts.get(f"{ticket['file']}/{number}")
            if part is None or entry.get("etag") != part.etag:
                raise BadRequest(f"{entry!r:.100} was not uploaded, or its etag is another", "parts")
            parts[int(part.id.rpartition("/")[2])] = part.data
        if not parts:
            raise BadRequest("there are no parts", "parts")
        call.world.files.put(self._upload(ticket, b"".join(data for _, data in sorted(parts.items()))))
        for number in parts:
            call.world.parts.drop(f"{ticket['file']}/{number}")
        return reply({"access_url": self._url(call.origin, file_path(ticket["file"], ticket["name"]))})

    @operation("media")
    async def file(self, call: Call) -> Response:
        """A job's video or an uploaded file. Raises NoRoute: not known, or expired."""
        worlds, identity = self._worlds, identity_of(call.request.path_params["file"])
        if stored := find_stored_file(call, worlds, identity, _stored_path):
            return await stored.response(call)

        def kept(world: World, job: Job) -> float:
            return file_lifetime(FalNotes.of(job.notes).file_seconds, world)

        try:
            return video_response(call, worlds, identity, output_path, kept)
        except NoSuchFile:
            raise NoRoute(call.request.url.path) from None

    def _ticket(self, call: Call, world: World, name: str | None, kind: str | None) -> tuple[str, str]:
        """The path and the signed ticket of a new file."""
        check_file_facts(name or "", kind or "")
        if kind is not None and not _MEDIA_TYPE.fullmatch(kind):
            raise BadRequest(f"{kind!r} is no media type", "content_type")
        seconds = file_lifetime(lifecycle(call.request.headers), world)
        identity, now = file_id(world.draw()), call.now
        name = name or "upload.bin"
        ticket: dict[str, Any] = {
            "file": identity,
            "name": name,
            "type": kind or _UNKNOWN_TYPE,
            "expires": now + seconds if seconds < 1e12 else None,
            "until": now + HOUR,
            "use": "upload",
        }
        world.tickets.issue(UploadTicket(identity, name, ticket["type"], ticket["until"], ticket["expires"]))
        return file_path(identity, name), self._tokens.issue(world.key, ticket)

    def _admitted(self, call: Call) -> SignedTicket:
        """The ticket of a request to a file's URL, whose world *call* enters. Raises Unauthorized."""
        request = call.request
        ticket = self._tokens.read(request.path_params.get("ticket") or request.query_params.get("ticket", ""))
        if ticket is None or ticket["use"] != "upload" or ticket["file"] != identity_of(request.path_params["file"]):
            raise Unauthorized(missing=ticket is None)
        call.enter(ticket["key"], ticket["until"])
        held = call.world.tickets.get(ticket["file"])
        # The signature holds for ever; that the world gave it ends with the world.
        if held is None or held.until != ticket["until"]:
            raise Unauthorized(missing=False)
        return ticket

    def _bearer(self, call: Call) -> World:
        """The world of a token from :meth:`token`, or of a key, where keys are accepted here.

        Raises:
            Unauthorized: it is another token, or a key.
        """
        by_key = call.request.headers.get("authorization", "").lower().startswith("key ")
        if by_key and call.context().choice(behaviours.UPLOAD_KEY) == "accepted":
            return call.world
        claims = self._tokens.read(bearer(call.request, "bearer") or "")
        if claims is None or claims["use"] != "cdn":
            raise Unauthorized(missing=claims is None)
        call.enter(claims["key"], claims["until"])
        return call.world

    async def _hashed(self, call: Call, upload: Upload) -> str:
        """The entity tag of *upload*, the body of *call*. With a large one it is a later moment then.

        Raises:
            Unauthorized: the ticket of the call has gone meanwhile.
        """
        etag = await found_in(call, lambda: upload.etag)
        self._admitted(call)
        return etag

    def _upload(self, ticket: SignedTicket, data: bytes) -> Upload:
        return Upload(ticket["file"], ticket["key"], ticket["name"], ticket["type"], data, ticket["expires"])


def _stored_path(upload: Upload) -> str:
    return file_path(upload.id, upload.name)


def _check_account(call: Call) -> None:
    """Check the account's state: fal refuses uploads as it refuses submits.

    Raises:
        Problem: a fault's, about the account.
        NoBalance: the world's budget is used up.
    """
    call.meet_in("before", call.world)
    call.world.ledger.check_left()


def _check_storage(call: Call) -> None:
    kind = call.request.query_params.get("storage_type", _STORAGES[0])
    if kind not in _STORAGES:
        raise BadRequest(f"storage_type must be one of {', '.join(_STORAGES)}, not {kind!r}")


def _sent_type(call: Call) -> str | None:
    return call.request.headers.get("content-type") or None


def _iso(moment: float) -> str:
    # fal's client supports Python before 3.11, whose fromisoformat does not read a trailing Z.
    return iso(moment).replace("Z", "+00:00")
