"""Inputs with one fault of the kinds that people make: a wrong type, null, a name misspelt, a place mistaken.

Each is tried: it has one violation and no other.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from vidmock.schema import pointer
from vidmock.schema.catalog import Model
from vidmock.schema.samples import samples_of, with_value
from vidmock.schema.validate import find_violations

_KEPT: Final = 4


@dataclass(frozen=True, slots=True)
class Slip:
    """An input with one fault of a *kind*: *rule* fails at *path*."""

    kind: str
    rule: str
    path: pointer.Path
    payload: dict[str, Any]


@cache
def slips_of(model: Model) -> tuple[Slip, ...]:
    """The slips of *model*, for every member of its samples those that are one violation."""
    found = dict[tuple[str, pointer.Path], Slip]()
    for base in _bases(model):
        for kind, about, payload in _edits(base, model.envelope):
            if (kind, about) not in found and len(wrong := find_violations(model, payload)) == 1:
                found[kind, about] = Slip(kind, wrong[0].rule, wrong[0].path, payload)
    return tuple(found.values())


def _bases(model: Model) -> list[dict[str, Any]]:
    """The simplest valid inputs that have each member, and one with all that no rule reads."""
    drawn = samples_of(model)
    full = deepcopy(drawn.valid[0])
    for path, values in drawn.spare.items():
        with_value(full, path, values[0])
    bases, seen = list[dict[str, Any]](), set[pointer.Path]()
    for base in (drawn.valid[0], full, *drawn.valid):
        there = {path for path, _ in _places(base)}
        if not there <= seen:
            seen |= there
            bases.append(base)
    return bases


def _places(value: Any, path: pointer.Path = ()) -> Iterator[tuple[pointer.Path, Any]]:
    """Every member and item inside of *value*; of a list, the first few."""
    inside = value.items() if isinstance(value, dict) else enumerate(value[:_KEPT]) if isinstance(value, list) else ()
    for part, member in inside:
        yield (*path, part), member
        yield from _places(member, (*path, part))


def _edits(base: dict[str, Any], own: str | None) -> Iterator[tuple[str, pointer.Path, dict[str, Any]]]:
    """A kind of slip, the place that it is about, and *base* with it; *own* is the model's envelope."""
    # In its own envelope an input is a whole body.
    for envelope in ("input", "data"):
        if envelope != own:
            yield "wrapped", (envelope,), {envelope: base}
    for path, value in _places(base):
        for kind, wrong in _wrong(value):
            yield kind, path, _changed(base, path, path, wrong)
        name = path[-1]
        if isinstance(name, str):
            if len(name) > 3:
                yield "misspelt", path, _changed(base, path, (*path[:-1], name[:2] + name[3:]), value)
            for around in [()] if len(path) > 1 else [(each,) for each in base if isinstance(base[each], dict)]:
                if path not in ((*around, name), around):
                    yield "misplaced", path, _changed(base, path, (*around, name), value)


def _wrong(value: Any) -> Iterator[tuple[str, Any]]:
    yield "null", None
    yield "list", [value]
    yield "object", {"value": value}
    if isinstance(value, str):
        yield "number", int(value) if value.isdecimal() and len(value) < 10 else 5
    else:
        yield "string", str(value)
    if not isinstance(value, bool):
        yield "bool", True
        if isinstance(value, int):
            yield "float", float(value)


def _changed(base: dict[str, Any], path: pointer.Path, to: pointer.Path, value: Any) -> dict[str, Any]:
    """*base* without what is at *path*, and with *value* at *to*."""
    made = deepcopy(base)
    around: Any = pointer.value_at(made, path[:-1])
    if to == path:
        around[path[-1]] = deepcopy(value)
        return made
    del around[path[-1]]
    with_value(made, to, value)
    return made
