"""Says in which places two schemas of a model demand or state different things, however they are written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from vidmock.schema.compiled import same_json

_ABSENT: Final = "nothing"
_WORDS: Final = frozenset(
    {
        "$schema",
        "$id",
        "$comment",
        "title",
        "description",
        "examples",
        "x-evidence",
        "x-message",
        "x-unsure",
        "x-conflicts",
    }
)
_APART: Final = frozenset({"$defs", "allOf", "x-lints", "x-video", "x-pricing"})
_DEEPEST: Final = 40


def schema_differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """A line for each place at which *new*, a bundled schema, differs from *old*: ``place: old → new``, sorted.

    References count as what they lead to, named rules and lints by their names, and words for people not at all.
    """
    before, after = dict(_statements(old)), dict(_statements(new))
    return [
        f"{place}: {_shown(before.get(place, _ABSENT))} → {_shown(after.get(place, _ABSENT))}"
        for place in sorted(before.keys() | after.keys())
        if place not in before or place not in after or not same_json(before[place], after[place])
    ]


def _statements(schema: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    rules = {node["x-rule"]: node for node in schema.get("$defs", {}).values() if "x-rule" in node}
    for name in rules:
        yield f"rule {name}", "stated"
    for lint in schema.get("x-lints", ()):
        yield f"lint {lint['name']}", "stated"
    for part in ("x-video", "x-pricing"):
        yield from ((f"/{part}/{name}", _wordless(said)) for name, said in schema.get(part, {}).items())
    body = {key: value for key, value in schema.items() if key not in _APART}
    yield from _flat(body, "", schema.get("$defs", {}), 0)


def _flat(node: Any, place: str, definitions: Mapping[str, Any], depth: int) -> Iterator[tuple[str, Any]]:
    """Each value in *node* that has no members, with its place; names that are required are members each."""
    if isinstance(node, dict):
        if "$ref" in node and depth < _DEEPEST:
            target = definitions.get(node["$ref"].removeprefix("#/$defs/"), {})
            node = {**target, **{key: value for key, value in node.items() if key != "$ref"}}
        for key, value in node.items():
            if key == "required" and isinstance(value, list):
                yield from ((f"{place}/{name} is required", True) for name in value)
            elif key not in _WORDS:
                yield from _flat(value, f"{place}/{key}", definitions, depth + 1)
    elif isinstance(node, list) and any(isinstance(item, dict) for item in node):
        for number, item in enumerate(node):
            yield from _flat(item, f"{place}/{number}", definitions, depth + 1)
    else:
        yield place, node


def _wordless(node: Any) -> Any:
    """*node* without its evidence."""
    if isinstance(node, dict):
        return {key: _wordless(value) for key, value in node.items() if key != "x-evidence"}
    return [_wordless(item) for item in node] if isinstance(node, list) else node


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else repr(value)
