"""Reads a figure from the first source that applies: the request, a clip in it, or a constant."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any, Final

from vidmock.schema import compiled, pointer
from vidmock.schema.known_media import UNKNOWN, MediaInfo, Probe, assume

_RATIO: Final = re.compile(r"([1-9][0-9]{0,4}):([1-9][0-9]{0,4})")
Source = Callable[[Any, Probe], Any]
"""A function of a payload and a probe that gives a value, or :data:`pointer.MISSING`."""


def compile_sources(sources: Sequence[Mapping[str, Any]], root: Mapping[str, Any]) -> Source:
    """The first of *sources* that applies.

    Each is an object with

    * ``at``: a pointer; the value there, or with ``map`` what the map holds for it,
    * ``media``: a pointer to a clip, whose ``read`` is seconds, width or height, or ratio: what the ``map`` holds for
      that of its ratios of width to height that is nearest to the clip's, or
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
        clip, fact = pointer.parse_pointer(source["media"]), _fact(source)

        def probed(payload: Any, probe: Probe) -> Any:
            url = pointer.value_at(payload, clip)
            return fact(probe(url)) if isinstance(url, str) else pointer.MISSING

        return probed
    place, mapped = pointer.parse_pointer(source["at"]), source.get("map")
    if mapped is None:
        return lambda payload, _probe: pointer.value_at(payload, place)

    def looked_up(payload: Any, _probe: Probe) -> Any:
        value = pointer.value_at(payload, place)
        return mapped.get(value, pointer.MISSING) if isinstance(value, str) else pointer.MISSING

    return looked_up


def _fact(source: Mapping[str, Any]) -> Callable[[MediaInfo], Any]:
    """What *source*, which reads a clip, makes of what is known of it."""
    name = source["read"]
    return _nearest(source["map"]) if name == "ratio" else lambda about: assume(about, name)


def _nearest(mapped: Mapping[str, Any]) -> Callable[[MediaInfo], Any]:
    """What *mapped* holds for the nearest of its ratios, such as ``16:9``; of two that are as near, for the first.

    Raises:
        ValueError: a name is no ratio.
    """
    ratios = [(_ratio(name), value) for name, value in mapped.items()]

    def nearest(about: MediaInfo) -> Any:
        known = about if about.width and about.height else UNKNOWN
        ratio = Fraction(assume(known, "width")) / Fraction(assume(known, "height"))
        return min(ratios, key=lambda each: max(each[0] / ratio, ratio / each[0]))[1]

    return nearest


def _ratio(name: str) -> Fraction:
    if found := _RATIO.fullmatch(name):
        return Fraction(int(found[1]), int(found[2]))
    raise ValueError(f"{name!r} is no ratio of width to height, such as 16:9")
