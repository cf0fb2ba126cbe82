"""The names fal gives: app ids in queue URLs, and the paths of files on its CDN."""

from __future__ import annotations

import re
from random import Random
from urllib.parse import quote

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_ANIMALS = ("elephant", "kangaroo", "koala", "lion", "monkey", "panda", "penguin", "rabbit", "tiger", "zebra")
_NAMESPACES = ("workflows", "comfy")
_ID_LENGTH = 21
_ODD = re.compile(r"[^\w.-]")


def app_id(endpoint: str) -> str:
    """The part of an endpoint id that its queue URLs are built from: two segments, three in a namespace."""
    parts = endpoint.split("/")
    return "/".join(parts[: 3 if parts[0] in _NAMESPACES else 2])


def file_id(draw: Random) -> str:
    """An id as long as fal's, of letters and digits only, so that what comes after it can be told from it."""
    return "".join(draw.choices(_LETTERS, k=_ID_LENGTH))


def file_path(identity: str, name: str) -> str:
    """Where the file of that id is, on the media host; *name* is brought into a form that any URL can hold."""
    tame = _ODD.sub("_", name)[-100:]
    return f"/files/b/{_ANIMALS[sum(identity.encode()) % len(_ANIMALS)]}/{identity}_{quote(tame)}"


def identity_of(file: str) -> str:
    """The id in the last segment of a file's path."""
    return file[:_ID_LENGTH]
