"""Uploaded files, and those of a world, bounded by number and by bytes."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from vidmock.engine.memory import Holding
from vidmock.engine.world.name_listing import NameListing

MOST_FILES: Final = 10_000
"""Files of one key, and parts of files, that are held; beyond that the oldest are dropped."""
LONGEST_URL: Final = 8192
"""Characters of a URL: no provider takes a longer one."""
_FILE_SIZE: Final = 1_024
"""Bytes of a file beside its data."""


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

    @property
    def unhashed(self) -> int:
        """Bytes that are read when its entity tag is next asked for."""
        return 0 if "etag" in vars(self) else len(self.data)

    @property
    def size(self) -> int:
        """What it takes, in bytes."""
        return _FILE_SIZE + len(self.data)

    def expired(self, now: float) -> bool:
        """Whether it has expired by *now*."""
        return self.expires is not None and now >= self.expires


class Files:
    """The newest uploads of one world: at most ``MOST_FILES``, of at most *keep_bytes*, which count in *holding*.

    The newest stays whatever its size: it was taken from its client.
    """

    kind = "files"

    def __init__(self, keep_bytes: int, holding: Holding) -> None:
        self._keep_bytes, self._holding, self._changes = keep_bytes, holding, holding.changes
        self._held = 0
        self._files: OrderedDict[str, tuple[Upload, int]] = OrderedDict()
        """Each with its stamp."""
        self._listing: NameListing | None = None

    def __iter__(self) -> Iterator[Upload]:
        return iter([upload for upload, _ in self._files.values()])

    def __getitem__(self, upload_id: str) -> Upload:
        """The upload of that id, also where it has expired. Raises KeyError: there is none."""
        return self._files[upload_id][0]

    @property
    def oldest(self) -> int | None:
        """The stamp of the oldest file."""
        return next(iter(self._files.values()))[1] if self._files else None

    def get(self, upload_id: str) -> Upload | None:
        """The upload of that id, also where it has expired."""
        return self[upload_id] if upload_id in self._files else None

    def put(self, upload: Upload) -> None:
        """Hold *upload*, in place of an older one of its id."""
        self.drop(upload.id)
        self._files[upload.id] = upload, self._holding.stamp()
        if self._changes.on:
            self._changes.renew("upload", upload.id)
        if self._listing:
            self._listing.add(upload.id)
        self._count(upload.size)
        while len(self._files) > MOST_FILES or (self._held > self._keep_bytes and len(self._files) > 1):
            self.give_up()

    def drop(self, upload_id: str) -> None:
        """Drop the file of that id, if there is one."""
        upload, _ = self._files.pop(upload_id, (None, 0))
        if upload:
            if self._changes.on:
                self._changes.renew("upload", upload_id)
            if self._listing:
                self._listing.discard(upload_id)
            self._count(-upload.size)

    def give_up(self) -> None:
        """Drop the oldest file."""
        self.drop(next(iter(self._files)))

    def list_in(self, listing: NameListing) -> None:
        """Keep *listing* in step with the files, from those that are here now on."""
        self._listing = listing
        for upload_id in self._files:
            listing.add(upload_id)

    def _count(self, size: int) -> None:
        self._held += size
        self._holding.count(size)


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
