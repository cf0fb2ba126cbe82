"""Values that a schema takes, among them its boundaries, and values that break one keyword of it; none are random."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from typing import Any, Final

from vidmock.schema import compiled, pointer, references

ABSENT: Final = object()
"""Stands for leaving a member out."""

_SENTENCE: Final = "A paper boat crosses a puddle"


def values_for(root: Mapping[str, Any], node: Mapping[str, Any]) -> list[Any]:
    """Some values that *node* takes, among them its boundaries.

    Raises:
        LookupError: none was found: it asks for more than can be worked out, such as a pattern.
    """
    node = references.resolve_reference(root, node)
    takes = compiled.compile_verdict(node, root)
    if found := [value for value in _candidates(root, node) if takes(value)]:
        return found
    said = node.get("title") or node.get("description") or {name: node[name] for name in node if name[:2] != "x-"}
    raise LookupError(f"no value was found that the schema takes of {said!r}: it needs examples")


def _candidates(root: Mapping[str, Any], node: Mapping[str, Any]) -> list[Any]:
    """Values that *node* probably takes."""
    if "const" in node:
        return [node["const"]]
    if "enum" in node:
        return list(node["enum"])
    if "examples" in node:
        return list(node["examples"])
    if alternatives := [*node.get("anyOf", ()), *node.get("oneOf", ())]:
        return [value for alternative in alternatives for value in values_for(root, {**_type_of(node), **alternative})]
    kind = node.get("type", "object" if "properties" in node else "string")
    if isinstance(kind, str):
        return _BY_TYPE[kind](root, node)
    # The last is the richest.
    *values, last = _BY_TYPE[kind[0]](root, node)
    return [*values, None, last]


def _type_of(node: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"type": node["type"]} if "type" in node else {}


def _integers(_root: Mapping[str, Any], node: Mapping[str, Any]) -> list[Any]:
    step = node.get("multipleOf", 1)
    least = _first_of(node.get("minimum"), node.get("exclusiveMinimum"), 1, max)
    most = _first_of(node.get("maximum"), node.get("exclusiveMaximum"), -1, min)
    least = least if least is None else math.ceil(math.ceil(least) / step) * step
    most = most if most is None else math.floor(math.floor(most) / step) * step
    if least is not None and most is not None and (most - least) / step < 16:
        return list(range(int(least), int(most) + 1, int(step) or 1))
    return [number for number in (node.get("default"), least, most) if number is not None] or [step]


def _numbers(_root: Mapping[str, Any], node: Mapping[str, Any]) -> list[Any]:
    step = node.get("multipleOf")
    inner = step or 1
    least = _first_of(node.get("minimum"), node.get("exclusiveMinimum"), inner, max)
    most = _first_of(node.get("maximum"), node.get("exclusiveMaximum"), -inner, min)
    lower, upper = node.get("exclusiveMinimum", least), node.get("exclusiveMaximum", most)
    between = (lower + upper) / 2 if lower is not None and upper is not None else None
    steps = [math.ceil((least or 0) / step) * step] if step else []
    return [number for number in (node.get("default"), least, most, between, *steps) if number is not None] or [1.5]


def _first_of(limit: float | None, beyond: float | None, step: float, tightest: Callable[..., float]) -> float | None:
    """The number nearest to a limit that keeps it: *limit* itself is allowed, *beyond* is not."""
    ends = [end for end in (limit, None if beyond is None else beyond + step) if end is not None]
    return tightest(ends) if ends else None


def _strings(_root: Mapping[str, Any], node: Mapping[str, Any]) -> list[Any]:
    boundaries = [node[keyword] for keyword in ("minLength", "maxLength") if keyword in node]
    return [_SENTENCE, *("x" * length for length in boundaries)]


def _arrays(root: Mapping[str, Any], node: Mapping[str, Any]) -> list[Any]:
    lengths = {1, 2, node.get("minItems", 0), node.get("maxItems", 3)}
    items = values_for(root, node.get("items", {}))
    return [fill_values(items, length) for length in sorted(lengths)]


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


def _beyond(limit: float, step: float) -> float:
    """The number a *step* beyond *limit*; where JavaScript has no such number, the first that it has."""
    wrong = limit + step
    return wrong if float(wrong) != float(limit) else int(math.nextafter(limit, math.copysign(math.inf, step)))


def _wrong_values(root: Mapping[str, Any], node: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    if "type" in node:
        yield "type", _WRONG_TYPE[node["type"] if isinstance(node["type"], str) else node["type"][0]]
    if "minimum" in node:
        yield "minimum", _beyond(node["minimum"], -node.get("multipleOf", 1))
    if "maximum" in node:
        yield "maximum", _beyond(node["maximum"], node.get("multipleOf", 1))
    yield from ((keyword, node[keyword]) for keyword in ("exclusiveMinimum", "exclusiveMaximum") if keyword in node)
    if "multipleOf" in node and (step := node["multipleOf"]) != 1:
        least = values_for(root, node)[0]
        yield "multipleOf", least + (1 if step > 1 else step / 2)
    if "minLength" in node:
        yield "minLength", "x" * (node["minLength"] - 1)
    if "maxLength" in node:
        yield "maxLength", node.get("examples", [""])[0].ljust(node["maxLength"] + 1, "x")
    if node.get("minItems"):
        yield "minItems", fill_values(values_for(root, node["items"]), node["minItems"] - 1)
    if "maxItems" in node:
        items = values_for(root, node["items"])
        # Of items that must differ, there may not be so many.
        if not node.get("uniqueItems") or len(items) > node["maxItems"]:
            yield "maxItems", fill_values(items, node["maxItems"] + 1)
    if node.get("uniqueItems"):
        yield "uniqueItems", fill_values(values_for(root, node["items"])[:1], max(2, node.get("minItems", 0)))
    if node.get("minProperties"):
        yield "minProperties", {}
    if "not" in node:
        yield "not", f"{node['examples'][0]} x"
    yield from ((keyword, "§") for keyword in ("const", "enum", "pattern", "anyOf") if keyword in node)
