"""Values as JSON-able data and back, by their types: what a snapshot is made of."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Mapping
from dataclasses import fields, is_dataclass
from decimal import Decimal
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")


def plain(value: object) -> Any:
    """*value* as dicts, lists, strings, numbers, booleans and nulls.

    Bytes are text of their code points (Latin-1), which any JSON encoding keeps; a function becomes ``None``.
    """
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(plain(item) for item in value)
    if isinstance(value, list | tuple | deque):
        return [plain(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        kind: Any = type(value)
        return {name: plain(getattr(value, name)) for name in _hints(kind)}
    if callable(value):
        return None
    raise TypeError(f"a {type(value).__name__} is not plain data")


def read(kind: type[T], data: Any) -> T:
    """What :func:`plain` made *data* from, which was a *kind*.

    Raises:
        KeyError, TypeError, ValueError: it was not; parts that are missing take their defaults.
    """
    return cast(T, _read(kind, data))


def _read(kind: Any, data: Any) -> Any:
    origin, inner = get_origin(kind), get_args(kind)
    if kind is Any or origin is Literal:
        return data
    if origin in (Union, UnionType):
        return _of_union(inner, data)
    if origin is tuple:
        if len(inner) == 2 and inner[1] is ...:
            return tuple(_read(inner[0], item) for item in data)
        return tuple(_read(part, item) for part, item in zip(inner, data, strict=True))
    if origin in (list, set, frozenset):
        return origin(_read(inner[0], item) for item in data)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {key: _read(inner[1], item) for key, item in data.items()}
    if kind is bytes:
        return data.encode("latin-1")
    if kind is float:
        return float(data)
    if is_dataclass(kind):
        made = cast(Any, kind)
        return made(**{name: _read(hint, data[name]) for name, hint in _hints(made).items() if name in data})
    if isinstance(kind, type) and issubclass(kind, Decimal | Enum):
        return kind(data)
    if isinstance(data, kind):
        return data
    raise TypeError(f"{data!r} is not a {kind.__name__}")


def _of_union(kinds: Collection[Any], data: Any) -> Any:
    """The unions here are of something and ``None``, or of plain kinds that say themselves which they are."""
    if data is None and NoneType in kinds:
        return None
    if any(get_origin(kind) is Callable for kind in kinds):
        return None
    others = [kind for kind in kinds if kind is not NoneType]
    return _read(others[0], data) if len(others) == 1 else data


@cache
def _hints(kind: Any) -> Mapping[str, Any]:
    """The fields of a dataclass that are compared, with their types: the rest is not part of its value."""
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind) if field.init and field.compare}
