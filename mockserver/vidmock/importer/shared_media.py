"""The shared definitions of media, which an imported file has copies of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from vidmock import resources, strict_json


@cache
def media_definitions() -> Mapping[str, Any]:
    """The definitions of ``schemas/shared/media.json``."""
    file = resources.folder("schemas") / "shared" / "media.json"
    found: dict[str, Any] = strict_json.loads(file.read_bytes())["$defs"]
    return found


def definitions_for(nodes: list[dict[str, Any]]) -> dict[str, Any]:
    """Those to which *nodes* refer, and those to which these refer."""
    known, found = media_definitions(), dict[str, Any]()
    waiting = [name for node in nodes for name in _references(node)]
    while waiting:
        name = waiting.pop(0)
        if name in known and name not in found:
            found[name] = known[name]
            waiting += _references(known[name])
    return found


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"].removeprefix("#/$defs/")
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for item in node:
            yield from _references(item)
