"""Places in a JSON document, as RFC 6901 pointers and as people write them."""

from __future__ import annotations

from typing import Any, Final

Path = tuple[str | int, ...]

MISSING: Final = object()
"""What :func:`value_at` gives where there is no value; it is not a JSON value itself."""


def parse_pointer(pointer: str) -> Path:
    """The keys of *pointer*; array indices stay strings, as nothing but the array tells them apart."""
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:])


def to_pointer(path: Path) -> str:
    """*path* as a pointer: ``/inputs/frameImages/0``."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def spoken_path(path: Path) -> str:
    """*path* as people write it: ``inputs.frameImages[0].frame``, and ``the input`` for the whole."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text or "the input"


def value_at(document: Any, path: Path) -> Any:
    """The value at *path*, or :data:`MISSING`."""
    for part in path:
        if isinstance(document, dict) and part in document:
            document = document[part]
        elif isinstance(document, list) and str(part).isdecimal() and int(part) < len(document):
            document = document[int(part)]
        else:
            return MISSING
    return document
