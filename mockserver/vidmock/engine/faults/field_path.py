"""Paths to fields of a JSON value: ``/output/0/url`` is one place, ``status`` wherever a member has that name.

A path is a JSON pointer (RFC 6901) in which ``*`` is every item or member. A name that meets a list goes to each of its
items, as ``/data/status`` does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from vidmock.engine.faults.arguments import Text


class FieldPath(Text):
    """The path of a field, or its name."""

    def __init__(self, default: str) -> None:
        super().__init__(default, "the name of a field, or its path such as /output/0/url", ".{1,200}")


def with_field(value: Any, path: str, new: Any) -> Any:
    """*value* with *new* at *path*; what the path leads through and is not there is made.

    A name that stands nowhere is set at the top. Parts that do not change are shared with *value*.
    """
    if path.startswith("/"):
        return _put(value, _parts(path), new)
    if any(path in found for found in objects_in(value)):
        return _put_wherever(value, path, new)
    return _put(value, (path,), new)


def without_field(value: Any, path: str) -> Any:
    """*value* without the field at *path*, or without all fields of that name."""
    return _drop(value, _parts(path)) if path.startswith("/") else _drop_wherever(value, path)


def objects_in(value: Any) -> Iterator[dict[str, Any]]:
    """The objects in *value*, itself included, at any depth."""
    if isinstance(value, dict):
        yield value
    for inner in _inner(value):
        yield from objects_in(inner)


def _inner(value: Any) -> Sequence[Any]:
    return list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else ()


def _parts(path: str) -> tuple[str, ...]:
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in path[1:].split("/"))


def _put(value: Any, parts: tuple[str, ...], new: Any) -> Any:
    if not parts:
        return new
    first, rest = parts[0], parts[1:]
    if isinstance(value, list):
        if first == "-" or (_is_index(first) and int(first) >= len(value)):
            return [*value, _put(None, rest, new)]
        if _is_index(first):
            return [*value[: int(first)], _put(value[int(first)], rest, new), *value[int(first) + 1 :]]
        each = rest if first == "*" else parts
        return [_put(item, each, new) for item in value or [None]]
    if first == "*" and isinstance(value, dict):
        return {name: _put(member, rest, new) for name, member in value.items()}
    members = value if isinstance(value, dict) else {}
    return {**members, first: _put(members.get(first), rest, new)}


def _put_wherever(value: Any, name: str, new: Any) -> Any:
    if isinstance(value, list):
        return [_put_wherever(item, name, new) for item in value]
    if isinstance(value, dict):
        return {key: new if key == name else _put_wherever(member, name, new) for key, member in value.items()}
    return value


def _drop(value: Any, parts: tuple[str, ...]) -> Any:
    first, rest = parts[0], parts[1:]
    if isinstance(value, list):
        if not (first == "*" or _is_index(first)):
            return [_drop(item, parts) for item in value]
        chosen = [number for number in range(len(value)) if first in ("*", str(number))]
        changed = {number: _drop(value[number], rest) for number in chosen} if rest else {}
        return [changed.get(number, item) for number, item in enumerate(value) if rest or number not in chosen]
    if not isinstance(value, dict):
        return value
    chosen_names = [name for name in value if first in ("*", name)]
    if not rest:
        return {name: member for name, member in value.items() if name not in chosen_names}
    return {name: _drop(member, rest) if name in chosen_names else member for name, member in value.items()}


def _drop_wherever(value: Any, name: str) -> Any:
    if isinstance(value, list):
        return [_drop_wherever(item, name) for item in value]
    if isinstance(value, dict):
        return {key: _drop_wherever(member, name) for key, member in value.items() if key != name}
    return value


def _is_index(part: str) -> bool:
    return part.isascii() and part.isdecimal() and len(part) < 10
