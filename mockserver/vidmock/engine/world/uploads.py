"""The files that clients upload: kept in memory, bounded by bytes, and found by id without a key, as on a CDN."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
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


LONGEST_URL = 8192
"""Characters of a URL: no provider takes a longer one, and none is looked for here."""


class Uploads:
    """The newest uploads, at most *keep_bytes* of them."""

    def __init__(self, keep_bytes: int = 256 * 2**20) -> None:
        self._keep_bytes = keep_bytes
        self._held = 0
        self._uploads: OrderedDict[str, Upload] = OrderedDict()

    def __iter__(self) -> Iterator[Upload]:
        return iter(tuple(self._uploads.values()))

    def put(self, upload: Upload) -> None:
        self.drop(upload.id)
        self._uploads[upload.id] = upload
        self._held += len(upload.data)
        while self._held > self._keep_bytes and len(self._uploads) > 1:
            self.drop(next(iter(self._uploads)))

    def get(self, upload_id: str, now: float | None = None) -> Upload | None:
        """The upload, unless it is unknown or (where *now* is given) has expired."""
        upload = self._uploads.get(upload_id)
        if upload is None or (now is not None and upload.expires is not None and now >= upload.expires):
            return None
        return upload

    def drop(self, upload_id: str) -> bool:
        upload = self._uploads.pop(upload_id, None)
        if upload is not None:
            self._held -= len(upload.data)
        return upload is not None

    def within(self, url: str) -> Upload | None:
        """The upload that is served at *url*, if any."""
        if not self._uploads or len(url) > LONGEST_URL:
            return None
        return next((self._uploads[name] for name in upload_names(url) if name in self._uploads), None)


def upload_names(url: str) -> Iterator[str]:
    """The ids that the file at *url* can have: each path segment, with and without its suffix."""
    for part in reversed(url.split("?", 1)[0].split("/")):
        yield part
        for mark in "._":
            if mark in part:
                yield part.split(mark, 1)[0]
