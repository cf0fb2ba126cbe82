"""The files that clients upload: kept in memory, bounded by bytes, and found by id without a key, as on a CDN."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final


@dataclass(frozen=True)
class Upload:
    """*expires* is on the clock of the world that uploaded it, in seconds since the epoch.

    *source* is the URL of the file that *data* stands in for, where it was asked for by URL and not fetched.
    """

    id: str
    world: str
    name: str
    content_type: str
    data: bytes
    expires: float | None = None
    source: str = ""

    @cached_property
    def etag(self) -> str:
        return etag_of(self.data)


LONGEST_URL: Final = 8192
"""Characters of a URL: no provider takes a longer one."""
FILES_BYTES: Final = 256 * 2**20
"""Bytes of uploaded files, of all worlds."""
PARTS_BYTES: Final = 512 * 2**20
"""Bytes of the parts of uploads that are not finished, of all worlds."""


class Uploads:
    """The newest uploads of all worlds, at most *keep_bytes* of them. Forked worlds share ids: the first is found."""

    def __init__(self, keep_bytes: int = FILES_BYTES) -> None:
        self._keep_bytes = keep_bytes
        self._held = 0
        self._uploads: OrderedDict[tuple[str, str], Upload] = OrderedDict()
        self._worlds: dict[str, dict[str, None]] = {}
        """By id: the keys of the worlds that have it."""

    def __iter__(self) -> Iterator[Upload]:
        return iter(tuple(self._uploads.values()))

    def put(self, upload: Upload) -> None:
        """Hold *upload*, in place of an older one of its id and world."""
        place = upload.id, upload.world
        if place in self._uploads:
            self._held -= len(self._uploads.pop(place).data)
        self._uploads[place] = upload
        self._worlds.setdefault(upload.id, {}).setdefault(upload.world)
        self._held += len(upload.data)
        while self._held > self._keep_bytes and len(self._uploads) > 1:
            self._remove(next(iter(self._uploads)))

    def get(self, upload_id: str, now: float | None = None) -> Upload | None:
        """The upload, unless it is unknown or (where *now* is given) has expired."""
        upload = next((self._uploads[upload_id, world] for world in self._worlds.get(upload_id, ())), None)
        if upload is None or (now is not None and upload.expires is not None and now >= upload.expires):
            return None
        return upload

    def of(self, world: str, upload_id: str) -> Upload | None:
        """The upload of that id that the world of that key has."""
        return self._uploads.get((upload_id, world))

    def drop(self, upload_id: str, world: str) -> bool:
        """Drop the upload of that id from the world of that key; whether there was one."""
        held = (upload_id, world) in self._uploads
        if held:
            self._remove((upload_id, world))
        return held

    def leave(self, world: str) -> None:
        """Drop all that the world of that key has, which is closed."""
        for place in [place for place in self._uploads if place[1] == world]:
            self._remove(place)

    def within(self, url: str) -> Upload | None:
        """The upload that is served at *url*, if any."""
        if not self._uploads or len(url) > LONGEST_URL:
            return None
        return next(filter(None, map(self.get, upload_names(url))), None)

    def _remove(self, place: tuple[str, str]) -> None:
        self._held -= len(self._uploads.pop(place).data)
        upload_id, world = place
        del self._worlds[upload_id][world]
        if not self._worlds[upload_id]:
            del self._worlds[upload_id]


def upload_names(url: str) -> Iterator[str]:
    """The ids that the file at *url* can have: each path segment, with and without its suffix."""
    for part in reversed(url.split("?", 1)[0].split("/")):
        yield part
        for mark in "._":
            if mark in part:
                yield part.split(mark, 1)[0]


def etag_of(data: bytes) -> str:
    """The entity tag of a file: its MD5, as the stores that the providers keep files in have it."""
    return f'"{hashlib.md5(data, usedforsecurity=False).hexdigest()}"'
