"""Pydantic 1.10, as older apps use it: it takes nearly every value that Python can turn into the type.

Items have ``loc``, ``msg``, ``type`` and ``ctx``, and neither ``input`` nor ``url``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from vidmock.problems import BadJSON
from vidmock.providers.fal.echo import echoed
from vidmock.providers.fal.pydantic_library import Item, Library, WrongValue

_WORDS = {
    **dict.fromkeys(("0", "off", "f", "false", "n", "no"), False),
    **dict.fromkeys(("1", "on", "t", "true", "y", "yes"), True),
}


def _string(value: Any) -> str:
    if isinstance(value, str | int | float):
        return str(value)
    raise WrongValue("type_error.str", "str type expected")


def _integer(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        raise WrongValue("type_error.integer", "value is not a valid integer") from None


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        raise WrongValue("type_error.float", "value is not a valid float") from None


def _boolean(value: Any) -> bool:
    known = _WORDS.get(value.lower()) if isinstance(value, str) else None
    if isinstance(value, int | float) and value in (0, 1):
        known = bool(value)
    if known is None:
        raise WrongValue("type_error.bool", "value could not be parsed to a boolean")
    return known


def _literal(value: Any, permitted: Sequence[Any]) -> Any:
    # As keys of a dictionary, which is how this library looks them up: there, true is 1.
    if isinstance(value, str | int | float) and value in permitted:
        return permitted[permitted.index(value)]
    listed = ", ".join(repr(each) for each in permitted)
    context = {"given": echoed(value), "permitted": list(permitted)}
    raise WrongValue("value_error.const", f"unexpected value; permitted: {listed}", context)


def _mapping(value: Any) -> Mapping[str, Any]:
    try:
        # Also an empty list, and a list of pairs.
        return dict(value)
    except (TypeError, ValueError):
        raise WrongValue("type_error.dict", "value is not a valid dict") from None


def _sequence(value: Any) -> Sequence[Any]:
    if isinstance(value, list):
        return value
    raise WrongValue("type_error.list", "value is not a valid list")


def _refuse_none() -> NoReturn:
    raise WrongValue("type_error.none.not_allowed", "none is not an allowed value")


def _item(wrong: WrongValue, value: Any, loc: Sequence[str | int]) -> Item:
    item = {"loc": list(loc), "msg": wrong.msg, "type": wrong.type}
    return item | ({"ctx": dict(wrong.ctx)} if wrong.ctx else {})


def _unreadable(problem: BadJSON, body: str) -> Item:
    at, line, column = problem.position, problem.line, problem.column
    context = {"msg": problem.what, "doc": echoed(body), "pos": at, "lineno": line, "colno": column}
    message = f"{problem.what}: line {line} column {column} (char {at})"
    return _item(WrongValue("value_error.jsondecode", message, context), body, ("body", at))


PYDANTIC_1 = Library(
    scalars={"string": _string, "integer": _integer, "number": _number, "boolean": _boolean},
    literal=_literal,
    mapping=_mapping,
    sequence=_sequence,
    refuse_none=_refuse_none,
    missing=WrongValue("value_error.missing", "field required"),
    item=_item,
    unreadable=_unreadable,
)
