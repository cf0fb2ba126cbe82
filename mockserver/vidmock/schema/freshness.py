"""Gives an input ids, seeds and URLs of its own, by which two requests are told apart."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from vidmock.schema import pointer

_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_HOST: Final = "https://example.com/"
_LONGEST: Final = 100
"""A longer URL stands for a limit of its length, and is left as it is."""
_WIDE: Final = 2**20
"""A number that may have so many values is one that clients draw."""


def fresh_value(value: Any, token: int) -> Any:
    """A copy of *value* in which each UUID and each URL has *token* in it; with 0 as it is."""
    if isinstance(value, dict):
        return {name: fresh_value(member, token) for name, member in value.items()}
    if isinstance(value, list):
        return [fresh_value(item, token) for item in value]
    if token and isinstance(value, str):
        if value.startswith(_HOST) and len(value) <= _LONGEST:
            return f"{_HOST}{token:x}/{value.removeprefix(_HOST)}"
        if _UUID.fullmatch(value):
            return f"{value[:24]}{token % 2**48:012x}"
    return value


def fresh_seeds(spare: Mapping[pointer.Path, tuple[Any, ...]], token: int) -> dict[pointer.Path, int]:
    """For each place of *spare* whose values are integers far apart, one between them that *token* makes."""
    made = {}
    for path, values in spare.items():
        numbers = [value for value in values if type(value) is int]
        if numbers and max(numbers) - min(numbers) >= _WIDE:
            made[path] = min(numbers) + token % (max(numbers) - min(numbers) + 1)
    return made
