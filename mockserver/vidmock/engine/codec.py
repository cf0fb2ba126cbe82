"""Encodes dataclasses as plain JSON data and decodes them by their types. Snapshots are made of it."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Collection, Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from decimal import Decimal
from enum import Enum
from functools import cache
from operator import attrgetter
from reprlib import repr as shortened
from types import NoneType, UnionType
from typing import Any, Final, Literal, NoReturn, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from vidmock.engine import money

T = TypeVar("T")

_MOST = 10**15
_NAME, _SPARSE = "name", "sparse"
"""Keys of a dataclass field's metadata."""


def to_plain(value: object) -> Any:
    """Encode *value* as dicts, lists, strings, numbers, booleans and nulls.

    Bytes become Latin-1 text, which any JSON encoding keeps; a function becomes ``None``.
    """
    kind = type(value)
    encode = _ENCODERS.get(kind)
    if encode is None:
        encode = _ENCODERS[kind] = _encoder(kind)
    return encode(value)


_ENCODERS: Final[dict[type, Callable[[Any], Any]]] = {}
"""By type, as each is met first: a world is encoded part by part, thousands of times a second."""


def _encoder(kind: type) -> Callable[[Any], Any]:
    """What encodes each value of *kind*."""
    if issubclass(kind, Enum):
        return lambda value: value.value
    if issubclass(kind, NoneType | bool | int | float | str):
        return lambda value: value
    if issubclass(kind, bytes):
        return lambda value: value.decode("latin-1")
    if issubclass(kind, Decimal):
        return money.format_amount
    if issubclass(kind, Mapping):
        return lambda value: {str(key): to_plain(item) for key, item in value.items()}
    if issubclass(kind, set | frozenset):
        return lambda value: sorted(map(to_plain, value))
    if issubclass(kind, list | tuple | deque):
        return lambda value: list(map(to_plain, value))
    if is_dataclass(kind):
        return _members_encoder(kind)
    if issubclass(kind, Callable):  # type: ignore[arg-type]  # it has a __subclasshook__
        return lambda value: None
    raise TypeError(f"a {kind.__name__} is not plain data")


def _members_encoder(kind: type) -> Callable[[Any], Any]:
    members = [(member.plain, attrgetter(member.name), member.left_out) for member in _members(kind)]

    def encode(value: Any) -> Any:
        return {plain: to_plain(part) for plain, read, left_out in members if (part := read(value)) != left_out}

    return encode


def plain_field(default: T, name: str = "", *, sparse: bool = False) -> T:
    """A dataclass field that is called *name* in plain data, and with *sparse* is not in it at its *default*."""
    made: T = field(default=default, metadata={_NAME: name, _SPARSE: sparse})
    return made


def from_plain(kind: type[T], data: Any) -> T:
    """Decode *data*, which :func:`to_plain` made from a *kind*. Members that are missing take their defaults.

    Raises:
        TypeError, ValueError: *data* is no *kind*; every part is checked.
    """
    return cast("T", _read(kind, data))


def parse_count(data: Any) -> int:
    """Decode a whole number from 0 to 10^15. Raises TypeError or ValueError: *data* is none."""
    number: int = _simple(int, data)
    if not 0 <= number <= _MOST:
        raise ValueError(f"{shortened(data)} is no count")
    return number


def _read(kind: Any, data: Any) -> Any:
    origin, inner = get_origin(kind), get_args(kind)
    if kind is Any:
        return data
    if origin is Literal:
        return data if data in inner else _refuse(data, " or ".join(map(repr, inner)))
    if origin in (Union, UnionType):
        return _of_union(inner, data)
    if origin is tuple:
        items = _shaped(data, list | tuple, "a list")
        if len(inner) == 2 and inner[1] is ...:
            return tuple(_read(inner[0], item) for item in items)
        return tuple(_read(part, item) for part, item in zip(inner, items, strict=True))
    if origin in (list, set, frozenset):
        return origin(_read(inner[0], item) for item in _shaped(data, list | tuple, "a list"))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        named = _shaped(data, Mapping, "an object")
        return {_read(inner[0], key): _read(inner[1], item) for key, item in named.items()}
    if is_dataclass(kind):
        made, named = cast("Any", kind), _shaped(data, Mapping, "an object")
        members = [member for member in _members(made) if member.plain in named]
        return made(**{member.name: _part(member.plain, member.hint, named[member.plain]) for member in members})
    return _simple(kind, data)


def _part(name: str, kind: Any, data: Any) -> Any:
    try:
        return _read(kind, data)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name}: {error}") from None


def _simple(kind: Any, data: Any) -> Any:
    if kind is bytes:
        return _simple(str, data).encode("latin-1")
    if kind is float:
        return _number(data)
    if kind is Decimal:
        return money.parse_amount(_simple(str, data))
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(data)
    # To Python, true is a whole number.
    if isinstance(data, kind) and isinstance(data, bool) == (kind is bool):
        return data
    return _refuse(data, f"of type {kind.__name__}")


def _number(data: Any) -> float:
    if isinstance(data, bool) or not isinstance(data, int | float):
        _refuse(data, "a number")
    try:
        number = float(data)
    except OverflowError:
        number = math.inf
    return number if math.isfinite(number) else _refuse(data, "a number of a sane size")


def _shaped(data: Any, kind: Any, name: str) -> Any:
    return data if isinstance(data, kind) else _refuse(data, name)


def _refuse(data: Any, what: str) -> NoReturn:
    raise TypeError(f"{shortened(data)} is not {what}")


def _of_union(kinds: Collection[Any], data: Any) -> Any:
    """The unions here are of something and ``None``, or of plain kinds that say themselves which they are."""
    if data is None and NoneType in kinds:
        return None
    if any(get_origin(kind) is Callable for kind in kinds):
        return None
    others = [kind for kind in kinds if kind is not NoneType]
    return _read(next((kind for kind in others if type(data) is kind), others[0]), data)


@dataclass(frozen=True, slots=True)
class _Member:
    name: str
    plain: str
    hint: Any
    left_out: object


@cache
def _members(kind: Any) -> tuple[_Member, ...]:
    """The fields of a dataclass that are compared: the rest is not part of its value."""
    hints = get_type_hints(kind)
    return tuple(
        _Member(
            field.name,
            field.metadata.get(_NAME) or field.name,
            hints[field.name],
            field.default if field.metadata.get(_SPARSE) else MISSING,
        )
        for field in fields(kind)
        if field.init and field.compare
    )
