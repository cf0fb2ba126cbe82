"""Reads a figure from the first source that applies: the request, a clip in it, or a constant."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from vidmock.schema import compiled, pointer
from vidmock.schema.known_media import Probe, assume

Source = Callable[[Any, Probe], Any]
"""A function of a payload and a probe that gives a value, or :data:`pointer.MISSING`."""


def compile_sources(sources: Sequence[Mapping[str, Any]], root: Mapping[str, Any]) -> Source:
    """The first of *sources* that applies.

    Each is an object with

    * ``at``: a pointer; the value there, or with ``map`` what the map holds for it,
    * ``media``: a pointer to a clip, whose ``read`` is seconds, width or height, or
    * ``value``: a constant,

    and optionally ``when``, a schema that the payload must satisfy.
    """
    every = tuple(_one(source, root) for source in sources)

    def first(payload: Any, probe: Probe) -> Any:
        for source in every:
            value = source(payload, probe)
            if value is not pointer.MISSING:
                return value
        return pointer.MISSING

    return first


def _one(source: Mapping[str, Any], root: Mapping[str, Any]) -> Source:
    read = _reading(source)
    if "when" not in source:
        return read
    applies = compiled.compile_verdict(source["when"], root)
    return lambda payload, probe: read(payload, probe) if applies(payload) else pointer.MISSING


def _reading(source: Mapping[str, Any]) -> Source:
    if "value" in source:
        return lambda _payload, _probe: source["value"]
    if "media" in source:
        clip, name = pointer.parse_pointer(source["media"]), source["read"]

        def probed(payload: Any, probe: Probe) -> Any:
            url = pointer.value_at(payload, clip)
            return assume(probe(url), name) if isinstance(url, str) else pointer.MISSING

        return probed
    place, mapped = pointer.parse_pointer(source["at"]), source.get("map")
    if mapped is None:
        return lambda payload, _probe: pointer.value_at(payload, place)

    def looked_up(payload: Any, _probe: Probe) -> Any:
        value = pointer.value_at(payload, place)
        return mapped.get(value, pointer.MISSING) if isinstance(value, str) else pointer.MISSING

    return looked_up
