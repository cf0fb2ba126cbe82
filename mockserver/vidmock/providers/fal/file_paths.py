"""The ids of files on fal's CDN, and their paths."""

from __future__ import annotations

import re
from random import Random
from urllib.parse import quote

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_ANIMALS = ("elephant", "kangaroo", "koala", "lion", "monkey", "panda", "penguin", "rabbit", "tiger", "zebra")
_ID_LENGTH = 21
_ODD = re.compile(r"[^\w.-]")


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
