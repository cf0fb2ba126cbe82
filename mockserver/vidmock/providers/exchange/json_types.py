"""JSON types as people name them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

JSON_TYPES: Mapping[type[Any], str] = {
    dict: "an object",
    list: "an array",
    str: "a string",
    bool: "a boolean",
    int: "an integer",
    float: "a number",
    type(None): "null",
}


def json_type(value: object) -> str:
    """The JSON type of *value* with its article: ``an object``, ``null``."""
    return JSON_TYPES.get(type(value), type(value).__name__)
