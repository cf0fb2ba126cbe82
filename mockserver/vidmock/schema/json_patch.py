"""Applies a JSON Patch (RFC 6902) of ``add``, ``remove``, ``replace`` and ``move``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Any

from vidmock.schema import pointer

PatchStep = Mapping[str, Any]
"""One change, as in the RFC: ``op``, ``path``, and ``value`` or ``from``."""


def apply_patch(document: Any, patch: Iterable[PatchStep]) -> Any:
    """A copy of *document* with *patch* applied.

    Raises:
        LookupError: there is nothing at a place that an operation is about.
    """
    made = deepcopy(document)
    for operation in patch:
        path = pointer.parse_pointer(operation["path"])
        match operation["op"]:
            case "add":
                made = _put(made, path, deepcopy(operation["value"]))
            case "replace":
                made = _replaced(made, path, deepcopy(operation["value"]))
            case "move":
                made = _moved(made, pointer.parse_pointer(operation["from"]), path)
            case _:
                _take(made, path)
    return made


def moved_patch(operation: PatchStep, around: pointer.Path) -> PatchStep:
    """*operation* of a document that stands at *around* in a larger one, as one of the larger one."""
    prefix = pointer.to_pointer(around)
    return {key: f"{prefix}{value}" if key in ("path", "from") else value for key, value in operation.items()}


def _replaced(document: Any, path: pointer.Path, value: Any) -> Any:
    """*document* with *value* instead of what is at *path*, in its place among the other members."""
    if not path:
        return value
    around, name = _around(document, path)
    if isinstance(around, list):
        around[int(name)] = value
    elif name in around:
        around[name] = value
    else:
        raise LookupError(f"there is nothing at {pointer.spoken_path(path)}")
    return document


def _moved(document: Any, origin: pointer.Path, target: pointer.Path) -> Any:
    """*document* with what is at *origin* at *target* instead. One that is only renamed keeps its place."""
    around, name = _around(document, origin)
    if isinstance(around, dict) and origin[:-1] == target[:-1] and target[-1] not in around and name in around:
        members = [(str(target[-1]) if each == name else each, value) for each, value in around.items()]
        around.clear()
        around.update(members)
        return document
    return _put(document, target, _take(document, origin))


def _put(document: Any, path: pointer.Path, value: Any) -> Any:
    if not path:
        return value
    around, name = _around(document, path)
    if isinstance(around, list):
        around.insert(len(around) if name == "-" else int(name), value)
    else:
        around[name] = value
    return document


def _take(document: Any, path: pointer.Path) -> Any:
    """What is at *path*, which is no longer there; the whole *document* stays as it is."""
    if not path:
        return document
    around, name = _around(document, path)
    return around.pop(int(name)) if isinstance(around, list) else around.pop(name)


def _around(document: Any, path: pointer.Path) -> tuple[Any, str]:
    around = pointer.value_at(document, path[:-1])
    if not isinstance(around, dict | list):
        raise LookupError(f"there is no object or array at {pointer.spoken_path(path[:-1])}")
    return around, str(path[-1])
