"""Reads the line on fal's pages that says what a file must be: bytes, sides, shape and length, in fixed words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

_MEBIBYTE: Final = 1_048_576
_FACT: Final = re.compile(
    r"\b(Max file size|Timeout|(?:Min|Max) (?:width|height|aspect ratio|duration)): "
    r"([0-9]{1,6}(?:\.[0-9]{1,4})?)(?:MB|px|s)?(?=[,.\s]|$)"
)


def file_limits(about: str) -> Mapping[str, Any]:
    """The members of ``x-media`` that *about* states; sides only where width and height have the same limits."""
    said: dict[str, str] = dict(_FACT.findall(about))
    found = dict[str, Any]()
    sides = [[_number(said.get(f"{end} {side}")) for end in ("Min", "Max")] for side in ("width", "height")]
    if sides[0] == sides[1] != [None, None]:
        found["side"] = sides[0]
    lengths = [_number(said.get(f"{end} duration")) for end in ("Min", "Max")]
    if lengths != [None, None]:
        found["seconds"] = lengths
    shapes = [said.get(f"{end} aspect ratio") for end in ("Min", "Max")]
    if None not in shapes:
        found["aspect"] = shapes
    if size := said.get("Max file size"):
        found["bytes"] = int(float(size) * _MEBIBYTE)
    return found


def is_file_limits(sentence: str) -> bool:
    """Whether *sentence* is that line, and says nothing else."""
    return "Max file size: " in sentence and not _FACT.sub("", sentence).strip(" ,.")


def _number(text: str | None) -> int | float | None:
    if text is None:
        return None
    number = float(text)
    return int(number) if number == int(number) else number
