"""Values as pages write them, as values of JSON: a page quotes nearly everything."""

from __future__ import annotations

import re
from typing import Any, Final

from vidmock import strict_json
from vidmock.problems import BadJSON

UNREADABLE: Final = object()
"""The text is no value of that type."""
_TYPES: Final = {
    "string": "string",
    "str": "string",
    "text": "string",
    "uri": "string",
    "url": "string",
    "integer": "integer",
    "int": "integer",
    "number": "number",
    "float": "number",
    "double": "number",
    "boolean": "boolean",
    "bool": "boolean",
    "array": "array",
    "list": "array",
    "object": "object",
    "dict": "object",
    "map": "object",
}
_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,18}")
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,18}(?:\.[0-9]{1,18})?")


def page_type(word: str) -> str:
    """The type of JSON Schema that a page's *word* means; empty where it means none."""
    return _TYPES.get(word.strip().lower(), "")


def bare(text: str) -> str:
    """*text* without the backticks, quotes and spaces around it."""
    text = text.strip()
    while len(text) > 1 and text[0] == text[-1] and text[0] in "`\"'":
        text = text[1:-1].strip()
    return text


def as_number(text: str) -> int | float:
    """The number in *text*, an integer where it has no point."""
    return float(text) if "." in text else int(text)


def read_literal(text: str, kind: str) -> Any:
    """The value of type *kind* that *text* stands for; :data:`UNREADABLE` where it is none."""
    word = bare(text)
    if kind == "integer":
        return int(word) if _INTEGER.fullmatch(word) else UNREADABLE
    if kind == "number":
        return as_number(word) if _NUMBER.fullmatch(word) else UNREADABLE
    if kind == "boolean":
        return {"true": True, "false": False}.get(word.lower(), UNREADABLE)
    if kind in ("array", "object"):
        try:
            value = strict_json.loads(word)
        except BadJSON:
            return UNREADABLE
        return value if isinstance(value, list if kind == "array" else dict) else UNREADABLE
    return word
