"""Values that a schema takes, among them its boundaries, and values that break one keyword of it; none are random."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from typing import Any, Final

from vidmock.schema import pointer, references

ABSENT: Final = object()
"""Stands for leaving a member out."""

_SENTENCE: Final = "A paper boat crosses a puddle"


def values_for(root: Mapping[str, Any], node: Mapping[str, Any]) -> list[Any]:
    """Some values that *node* takes, among them its boundaries."""
    node = references.resolve_reference(root, node)
    if "const" in node:
        return [node["const"]]
    if "enum" in node:
        return list(node["enum"])
    if "examples" in node:
        return list(node["examples"])
    if "anyOf" in node:
        return [value for alternative in node["anyOf"] for value in values_for(root, alternative)]
    if isinstance(node["type"], str):
        return _BY_TYPE[node["type"]](root, node)
    # The last is the richest.
    *values, last = _BY_TYPE[node["type"][0]](root, node)
    return [*values, None, last]


def _integers(_root: Mapping[str, Any], node: Mapping[str, Any]) -> list[Any]:
    least, most = node.get("minimum"), node.get("maximum")
    if least is not None and most is not None and most - least < 16:
        return list(range(least, most + 1))
    return [number for number in (node.get("default"), least, most) if number is not None] or [1]


def _numbers(_root: Mapping[str, Any], node: Mapping[str, Any]) -> list[Any]:
    least, most = node.get("minimum"), node.get("maximum")
    between = (least + most) / 2 if least is not None and most is not None else None
    return [number for number in (node.get("default"), least, most, between) if number is not None] or [1.5]


def _strings(_root: Mapping[str, Any], node: Mapping[str, Any]) -> list[Any]:
    boundaries = [node[keyword] for keyword in ("minLength", "maxLength") if keyword in node]
    return [_SENTENCE, *("x" * length for length in boundaries)]


def _arrays(root: Mapping[str, Any], node: Mapping[str, Any]) -> list[Any]:
    lengths = {1, 2, node.get("minItems", 0), node.get("maxItems", 3)}
    return [fill_values(values_for(root, node["items"]), length) for length in sorted(lengths)]


def _objects(root: Mapping[str, Any], node: Mapping[str, Any]) -> list[Any]:
    members = node.get("properties", {})
    least = {name: values_for(root, members[name])[0] for name in node.get("required", ())}
    return [least, *({**least, name: value} for name in members for value in values_for(root, members[name]))]


_BY_TYPE: Final[Mapping[str, Callable[[Mapping[str, Any], Mapping[str, Any]], list[Any]]]] = {
    "null": lambda _root, _node: [None],
    "string": _strings,
    "integer": _integers,
    "number": _numbers,
    "boolean": lambda _root, _node: [False, True],
    "array": _arrays,
    "object": _objects,
}


def fill_values(items: list[Any], length: int) -> list[Any]:
    """*length* copies of *items* in turn."""
    return [deepcopy(items[index % len(items)]) for index in range(length)]


_WRONG_TYPE: Final = {
    "string": 7, "integer": 5.5, "number": "x", "boolean": "true", "array": "x", "object": [], "null": 0,
}  # fmt: skip


def wrong_values(
    root: Mapping[str, Any], node: Mapping[str, Any], path: pointer.Path
) -> Iterator[tuple[pointer.Path, str, Any]]:
    """A place, a keyword that holds there, and a value that breaks it; or, for ``required``, no value."""
    node = references.resolve_reference(root, node)
    if path:
        yield from ((path, keyword, wrong) for keyword, wrong in _wrong_values(root, node))
    for alternative in node.get("anyOf", ()):
        if "properties" in references.resolve_reference(root, alternative):
            yield from _inside(root, references.resolve_reference(root, alternative), path)
    yield from _inside(root, node, path)


def _inside(
    root: Mapping[str, Any], node: Mapping[str, Any], path: pointer.Path
) -> Iterator[tuple[pointer.Path, str, Any]]:
    for name, member in node.get("properties", {}).items():
        yield from wrong_values(root, member, (*path, name))
    yield from (((*path, name), "required", ABSENT) for name in node.get("required", ()))
    if node.get("additionalProperties", True) is False:
        yield (*path, "undeclared"), "additionalProperties", 1
    if "items" in node:
        yield from wrong_values(root, node["items"], (*path, 0))


def _wrong_values(root: Mapping[str, Any], node: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    if "type" in node:
        yield "type", _WRONG_TYPE[node["type"] if isinstance(node["type"], str) else node["type"][0]]
    if "minimum" in node:
        yield "minimum", node["minimum"] - node.get("multipleOf", 1)
    if "maximum" in node:
        yield "maximum", node["maximum"] + node.get("multipleOf", 1)
    if (step := node.get("multipleOf", 1)) > 1:
        yield "multipleOf", node.get("minimum", step) + 1
    if "minLength" in node:
        yield "minLength", "x" * (node["minLength"] - 1)
    if "maxLength" in node:
        yield "maxLength", node.get("examples", [""])[0].ljust(node["maxLength"] + 1, "x")
    if node.get("minItems"):
        yield "minItems", fill_values(values_for(root, node["items"]), node["minItems"] - 1)
    if "maxItems" in node:
        yield "maxItems", fill_values(values_for(root, node["items"]), node["maxItems"] + 1)
    if "not" in node:
        yield "not", f"{node['examples'][0]} x"
    yield from ((keyword, "§") for keyword in ("const", "enum", "pattern", "anyOf") if keyword in node)
