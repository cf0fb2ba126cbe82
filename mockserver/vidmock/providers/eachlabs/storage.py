"""Eachlabs' uploads: a client asks for a signed URL, puts the file there, and has a public URL for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from vidmock.engine.time.durations import DAY
from vidmock.engine.world.registry import WorldRegistry
from vidmock.engine.world.upload_tickets import UploadTicket, check_file_facts
from vidmock.engine.world.uploads import LONGEST_URL, Upload
from vidmock.engine.world.world import World, new_id
from vidmock.media.formats import format_of_media_type
from vidmock.problems import BadRequest, Coded, NoSuchFile, TooLarge
from vidmock.providers.eachlabs.errors import Expired
from vidmock.providers.exchange.call import Call
from vidmock.providers.exchange.dialect import Surface
from vidmock.providers.exchange.envelope import expect
from vidmock.providers.exchange.files import StoredFile, find_stored_file
from vidmock.providers.exchange.timestamps import iso

MOST_BYTES = 100 * 10**6
"""The most bytes of an uploaded file."""
SIGNED_SECONDS = 15 * 60.0
"""For how long a signed URL can be used, in seconds."""
EXPIRY_SECONDS = (60, int(180 * DAY), int(365 * DAY))
"""Least, default and greatest ``expires_in_seconds``; what is outside is clamped, as on the page (2026-08-21)."""
FILE_HEADER = "x-amz-meta-file-id"
"""The required header of the page's example: a signed URL is signed for its value."""
_UNKNOWN_SUFFIX: Final = "bin"
_DEEPEST = 4
"""How many levels of an input are searched for URLs: as many as the fields of any model have."""


class EachlabsStorage:
    """The uploaded files of all worlds, which are served without a key at the surface *media*."""

    def __init__(self, worlds: WorldRegistry, media: Surface) -> None:
        self._worlds, self._media = worlds, media

    def presign(self, world: World, body: Mapping[str, Any], origin: str, now: float) -> dict[str, Any]:
        """The answer to a request for a signed URL: where the file of *body* can be put, and its public URL.

        Raises:
            Coded: no content type.
            BadRequest: a field of another type.
        """
        content_type = expect(body, "content_type", str, required=False)
        if not content_type:
            raise Coded("content-type-required")
        check_file_facts("", content_type)
        expect(body, "file_type", str, required=False)
        least, default, most = EXPIRY_SECONDS
        kept = expect(body, "expires_in_seconds", int, required=False)
        if isinstance(kept, bool):
            raise BadRequest("'expires_in_seconds' must be an integer, not a boolean", "expires_in_seconds")
        kept = default if kept is None else min(max(kept, least), most)
        draw = world.draw()
        upload_id = new_id(draw)
        known = format_of_media_type(content_type)
        file = f"{upload_id}.{known.name if known else _UNKNOWN_SUFFIX}"
        signature = f"{draw.getrandbits(256):064x}"
        world.tickets.issue(UploadTicket(upload_id, file, content_type, now + SIGNED_SECONDS, now + kept, signature))
        path = f"/uploads/{file}"
        return {
            "id": upload_id,
            "presigned_url": f"{self._media.url_here(origin, path)}?signature={signature}",
            "public_url": self._media.url(origin, path),
            "expires_at": iso(world.clock.wall(now + kept)),
            "required_headers": {FILE_HEADER: upload_id},
        }

    def ticket(self, call: Call, file: str, signature: str) -> UploadTicket:
        """The ticket for *file*. *call* enters the world that the ticket was issued in.

        Raises:
            Expired: there is none with that signature, or it has expired.
        """
        identity = file.partition(".")[0]
        world, ticket = self._worlds.ticket(identity) or (None, None)
        if world is None or ticket is None or ticket.name != file or ticket.signature != signature:
            raise Expired("this URL was not signed here")
        now = call.moment_in(world)
        if now >= ticket.until:
            raise Expired("this URL was signed too long ago")
        call.join(world, now)
        return ticket

    def put(self, world: World, ticket: UploadTicket, headers: Mapping[str, str], data: bytes) -> None:
        """Store *data* as the ticket's file in *world*; it replaces what was put there before.

        Raises:
            Expired: *headers*, those of the request, are not the ones that the URL was signed for.
            TooLarge: more than ``MOST_BYTES``.
        """
        content_type, given = headers.get("content-type", ""), headers.get(FILE_HEADER)
        if given != ticket.id:
            raise Expired(f"the URL was signed for the header {FILE_HEADER}: {ticket.id}; send all required_headers")
        if content_type != ticket.content_type:
            raise Expired(f"the URL was signed for {ticket.content_type!r}, not {content_type!r}")
        if len(data) > MOST_BYTES:
            raise TooLarge(MOST_BYTES)
        upload = Upload(ticket.id, world.key, ticket.name, content_type, data, ticket.expires)
        world.files.put(upload)

    def find(self, call: Call, file: str) -> StoredFile | None:
        """The uploaded file of that name, or ``None`` if there is none or it has expired."""
        stored = find_stored_file(call, self._worlds, file.partition(".")[0])
        return stored if stored and stored.upload.name == file else None

    def delete(self, world: World, file_id: str) -> None:
        """Delete a file of *world*, and its ticket.

        Raises:
            NoSuchFile: *world* has none of that id.
            Coded: nothing was put to its signed URL yet.
        """
        if world.files.get(file_id) is None:
            raise NoSuchFile(file_id) if world.tickets.get(file_id) is None else Coded("409")
        world.tickets.withdraw(file_id)
        world.files.drop(file_id)

    def published(self, call: Call, value: Any, depth: int = _DEEPEST) -> Any:
        """*value* with the URLs of files and results on this server replaced by the URLs that Eachlabs would give them.

        The rules of models refuse the former, which are plain http on a private address.
        """
        if isinstance(value, str):
            return self._published(call, value)
        if depth and isinstance(value, dict):
            return {name: self.published(call, member, depth - 1) for name, member in value.items()}
        if depth and isinstance(value, list):
            return [self.published(call, item, depth - 1) for item in value]
        return value

    def _published(self, call: Call, text: str) -> str:
        if len(text) > LONGEST_URL or not text.startswith("http") or "/uploads/" not in text:
            return text
        try:
            path = urlsplit(text).path
        except ValueError:
            return text
        folder, _, file = path.rpartition("/")
        name = file.partition(".")[0]
        if folder.endswith(f"{self._media.prefix}/uploads") and (self.find(call, file) or self._worlds.output(name)):
            return self._media.url_here("https:", f"/uploads/{file}")
        return text
