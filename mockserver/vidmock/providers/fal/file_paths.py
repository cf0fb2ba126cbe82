"""Ids and paths of files on fal's CDN."""

from __future__ import annotations

import re
from random import Random
from urllib.parse import quote

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_ANIMALS = ("elephant", "kangaroo", "koala", "lion", "monkey", "panda", "penguin", "rabbit", "tiger", "zebra")
_ID_LENGTH = 21
_ODD = re.compile(r"[^\w.-]")


def file_id(draw: Random) -> str:
    """An id as long as fal's, of letters and digits only, which separates it from the ``_`` that follows in a path."""
    return "".join(draw.choices(_LETTERS, k=_ID_LENGTH))


def file_path(identity: str, name: str) -> str:
    """The path on the media host of the file of that id; characters of *name* that a URL cannot have are replaced."""
    tame = _ODD.sub("_", name)[-100:]
    return f"/files/b/{_ANIMALS[sum(identity.encode()) % len(_ANIMALS)]}/{identity}_{quote(tame)}"


def identity_of(file: str) -> str:
    """The id in the last segment of a file's path."""
    return file[:_ID_LENGTH]
