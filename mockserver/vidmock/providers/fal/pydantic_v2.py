"""Pydantic 2, as FastAPI uses it: it takes a value of another type only where that loses nothing.

Items have the members that FastAPI gives them, in its order: ``type``, ``loc``, ``msg``, ``input`` and ``ctx``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from vidmock.problems import BadJSON
from vidmock.providers.fal.echo import echoed
from vidmock.providers.fal.pydantic_library import Item, Library, WrongValue

_INTEGER = "Input should be a valid integer"
_NUMBER = "Input should be a valid number"
_BOOLEAN = "Input should be a valid boolean"
_DIGITS = re.compile(r"[+-]?[0-9]+(?:_[0-9]+)*(?:\.0+)?")
_LONGEST = 4300
"""Characters of a number: Python reads no longer ones."""
_WORDS = {
    **dict.fromkeys(("0", "off", "f", "false", "n", "no"), False),
    **dict.fromkeys(("1", "on", "t", "true", "y", "yes"), True),
}


def _string(value: Any) -> str:
    if isinstance(value, str):
        return value
    raise WrongValue("string_type", "Input should be a valid string")


def _is_whole(value: float) -> bool:
    """Whether *value* is a whole number of 64 bits."""
    return float(value).is_integer() and -(2.0**63) < value < 2.0**63


def _integer(value: Any) -> int:
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        if not value.is_integer():
            raise WrongValue("int_from_float", f"{_INTEGER}, got a number with a fractional part")
        if not _is_whole(value):
            raise WrongValue("int_parsing_size", "Unable to parse input string as an integer, exceeded maximum size")
        return int(value)
    if not isinstance(value, str):
        raise WrongValue("int_type", _INTEGER)
    text = value.strip()
    if len(text) > _LONGEST:
        raise WrongValue("int_parsing_size", "Unable to parse input string as an integer, exceeded maximum size")
    if not _DIGITS.fullmatch(text):
        raise WrongValue("int_parsing", f"{_INTEGER}, unable to parse string as an integer")
    return int(text.partition(".")[0])


def _number(value: Any) -> float:
    if isinstance(value, int | float):
        return float(value)
    if not isinstance(value, str):
        raise WrongValue("float_type", _NUMBER)
    try:
        # It reads the digits of no other script.
        return float(value if value.isascii() else "")
    except ValueError:
        raise WrongValue("float_parsing", f"{_NUMBER}, unable to parse string as a number") from None


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str | int | float):
        found = _WORDS.get(value.lower() if isinstance(value, str) else f"{value:g}")
        if found is not None:
            return found
        if isinstance(value, str) or _is_whole(value):
            raise WrongValue("bool_parsing", f"{_BOOLEAN}, unable to interpret input")
    raise WrongValue("bool_type", _BOOLEAN)


def _literal(value: Any, permitted: Sequence[Any]) -> Any:
    if any(type(value) is type(each) and value == each for each in permitted):
        return value
    words = [repr(each) for each in permitted]
    expected = f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else words[0]
    raise WrongValue("literal_error", f"Input should be {expected}", {"expected": expected})


def _mapping(value: Any) -> Mapping[str, Any]:
    if isinstance(value, dict):
        return value
    message = "Input should be a valid dictionary or object to extract fields from"
    raise WrongValue("model_attributes_type", message)


def _sequence(value: Any) -> Sequence[Any]:
    if isinstance(value, list):
        return value
    raise WrongValue("list_type", "Input should be a valid list")


def _item(wrong: WrongValue, value: Any, loc: Sequence[str | int]) -> Item:
    item = {"type": wrong.type, "loc": list(loc), "msg": wrong.msg, "input": echoed(value)}
    return item | ({"ctx": dict(wrong.ctx)} if wrong.ctx else {})


def _unreadable(problem: BadJSON, body: str) -> Item:
    wrong = WrongValue("json_invalid", "JSON decode error", {"error": problem.what})
    return _item(wrong, {}, ("body", problem.position))


PYDANTIC_2 = Library(
    scalars={"string": _string, "integer": _integer, "number": _number, "boolean": _boolean},
    literal=_literal,
    mapping=_mapping,
    sequence=_sequence,
    refuse_none=lambda: None,
    missing=WrongValue("missing", "Field required"),
    item=_item,
    unreadable=_unreadable,
)
