"""Finds the edits that may mend one thing that is wrong with an input. None is known to: each must be tried."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vidmock.problems import LONGEST_MISSPELT, nearest
from vidmock.schema import pointer, strays
from vidmock.schema.catalog import Model
from vidmock.schema.explain import counted, display_value, nearest_multiples
from vidmock.schema.json_patch import PatchStep
from vidmock.schema.references import resolve_reference
from vidmock.schema.respelling import switch_meant, text_meant, values_meant
from vidmock.schema.strays import Stray
from vidmock.schema.violation import Violation


@dataclass(frozen=True, slots=True)
class Edit:
    """A *patch*, and what it does, as one *says* it to somebody who does it by hand."""

    patch: tuple[PatchStep, ...]
    says: str


def edits_for(model: Model, sent: Any, violation: Violation) -> Iterator[Edit]:
    """Edits of *sent*, an input of *model*, that may mend *violation*, the likeliest first."""
    match violation.keyword:
        case "required":
            yield from _for_missing(model, sent, violation)
        case "additionalProperties":
            around = pointer.value_at(sent, violation.path[:-1])
            stray = next((each for each in strays.strays_in(model, sent) if each.path == violation.path), None)
            if stray is not None and violation.path[-1] in around:
                yield from edits_for_stray(model, sent, stray)
            yield _remove(violation.path)
        case "rule":
            yield from _for_rule(sent, violation)
        case _:
            around = strays.schema_around(model, violation.path, sent)
            member = around.get("properties", {}).get(violation.path[-1], {}) if violation.path else {}
            text = text_meant(violation.value, resolve_reference(model.schema, member))
            if text is not None:
                yield Edit((_write(violation.path, text),), _written(violation.path, text))
            for value in values_meant(violation.value):
                yield Edit((_write(violation.path, value),), _written(violation.path, value))
            yield from _for_value(violation)


def edits_for_stray(model: Model, sent: Any, stray: Stray) -> Iterator[Edit]:
    """Edits that put *stray* where it was probably meant to be, if nothing is there."""
    if sides := strays.sides_in(stray, sent):
        added: list[PatchStep] = [
            {"op": "add", "path": pointer.to_pointer((*stray.path[:-1], name)), "value": value}
            for name, value in sides.items()
        ]
        yield Edit((_taken(stray.path), *added), strays.advice_on_sides(sides))
        return
    meant = strays.meant_by(model, stray, sent)
    if meant is None:
        return
    if meant.path == stray.path[:-1]:
        inner = tuple(_move((*stray.path, name), (*meant.path, name)) for name in stray.value)
        yield Edit((*inner, {"op": "remove", "path": pointer.to_pointer(stray.path)}), _unwrap(stray.path))
        return
    home = tuple(0 if part == strays.ANY_ITEM else part for part in meant.path)
    if pointer.value_at(sent, home) is pointer.MISSING:
        parents = [
            {"op": "add", "path": pointer.to_pointer(home[:length]), "value": {}}
            for length in range(1, len(home))
            if pointer.value_at(sent, home[:length]) is pointer.MISSING
        ]
        yield Edit((*parents, _move(stray.path, home)), _moved(stray.path, home))


def _for_missing(model: Model, sent: Any, violation: Violation) -> Iterator[Edit]:
    found, around = strays.first_strays(model, sent), violation.path[:-1]
    schema = strays.schema_around(model, violation.path, sent)
    there = pointer.value_at(sent, around)
    missing = [name for name in schema.get("required", ()) if name not in there]
    if envelope := strays.envelope_in(there, missing, schema.get("properties", {})):
        whole = (*around, *envelope)
        inner = (*whole, 0) if isinstance(pointer.value_at(sent, whole), list) else whole
        advice = strays.advice_on_envelope(model, around, envelope) if around else _unwrap(envelope)
        yield Edit((_write(around, pointer.value_at(sent, inner)),), advice)
    if meant := strays.meant_for(model, violation.path, found):
        yield _home_edit(model, violation.path, meant[0])
    member = resolve_reference(model.schema, schema.get("properties", {}).get(violation.path[-1], {}))
    for value in (member[name] for name in ("const", "default") if name in member):
        yield Edit(({"op": "add", "path": violation.pointer, "value": value},), _written(violation.path, value))


def _home_edit(model: Model, home: pointer.Path, members: Sequence[Stray]) -> Edit:
    """The edit that puts *members* to *home*, which is missing, or several of its own into it."""
    if strays.members_of(model, home, members) != members:
        return Edit((_move(members[0].path, home),), _moved(members[0].path, home))
    names = strays.spoken_list([pointer.spoken_path(stray.path) for stray in members])
    moves = [_move(stray.path, (*home, stray.name)) for stray in members]
    add: PatchStep = {"op": "add", "path": pointer.to_pointer(home), "value": {}}
    return Edit((add, *moves), f"put {names} into {pointer.spoken_path(home)}")


def _for_rule(sent: Any, violation: Violation) -> Iterator[Edit]:
    names = violation.limits.get("parameters", ())
    places: list[pointer.Path] = [tuple(name.split(".")) for name in names] or [violation.path]
    there = [path for path in places if pointer.value_at(sent, path) is not pointer.MISSING]
    if len(there) == len(places) == 2:
        yield from _for_size(sent, there, violation.limits.get("allowedValues", ()))
    if len(there) == len(places) == 1:
        yield from _for_value(violation)
    plain = [path for path in there if isinstance(pointer.value_at(sent, path), int | float)]
    if 1 < len(plain) < len(there):
        # A picture or a prompt is worth more than what goes beside it.
        says = f"leave out {strays.spoken_list([pointer.spoken_path(path) for path in plain])}"
        yield Edit(tuple(_taken(path) for path in plain), says)
    yield from map(_remove, there)


def _for_size(sent: Any, places: Sequence[pointer.Path], sizes: Iterable[Any]) -> Iterator[Edit]:
    """Edits of the width and the height at *places* to each of *sizes* (``1920x1080``), the one of nearest shape first.

    Of those of one shape, it is the nearest size.
    """
    given = [pointer.value_at(sent, path) for path in places]
    pairs = [[int(each) for each in str(size).split("x") if each.isdecimal()] for size in sizes]
    whole = [pair for pair in pairs if len(pair) == len(given)]

    def distance(pair: list[int]) -> tuple[float, float]:
        shape = round(abs(math.log((pair[0] or 1) * (given[1] or 1) / ((pair[1] or 1) * (given[0] or 1)))), 1)
        return shape, sum(abs(new - old) for new, old in zip(pair, given, strict=True))

    for pair in sorted(whole, key=distance if _are_sides(given) else lambda pair: 0):
        changes = [(path, value) for path, value in zip(places, pair, strict=True)]
        yield Edit(tuple(_write(*each) for each in changes), " and ".join(_written(*each) for each in changes))


def _for_value(violation: Violation) -> Iterator[Edit]:
    """Edits of the value at the violation's place."""
    if violation.value is None:
        yield _remove(violation.path)
        return
    for value in _values(violation.value, violation.limits):
        cut = isinstance(violation.value, list) and isinstance(value, list) and len(value) < len(violation.value)
        first = f"keep the first {counted(len(value), 'item')} of {violation.where}" if cut else ""
        yield Edit((_write(violation.path, value),), first or _written(violation.path, value))


def _values(value: Any, limits: Mapping[str, Any]) -> Iterator[Any]:
    """What may have been meant by *value*, where it must be within *limits*."""
    if isinstance(value, tuple):
        yield list(value)
    if isinstance(value, list) and len(value) == 1:
        yield value[0]
    if isinstance(value, str) and len(value) <= LONGEST_MISSPELT:
        yield from _unquoted(value)
    if isinstance(value, float) and value.is_integer():
        yield int(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        yield f"{value:g}" if abs(value) < 10**6 else str(value)
        least, most = limits.get("min", value), limits.get("max", value)
        yield least if value < least else min(value, most)
        if step := limits.get("multiplier"):
            yield from nearest_multiples(value, step)
    if limits.get("type") == "boolean" and (switch := switch_meant(value)) is not None:
        yield switch
    if isinstance(value, list) and len(value) > limits.get("max", len(value)):
        yield value[: limits["max"]]
    allowed = limits.get("allowedValues", ())
    if isinstance(value, str) and (close := nearest(value, [each for each in allowed if isinstance(each, str)])):
        yield close
    if isinstance(value, int | float):
        numbers = [each for each in allowed if isinstance(each, int | float)]
        yield from sorted(numbers, key=lambda each: abs(each - value))[:1]
    if not isinstance(value, list | tuple):
        yield [value]


def _are_sides(given: Sequence[Any]) -> bool:
    """Whether *given* are the sides of a picture: numbers above 0, of which no product is too large."""
    return all(isinstance(side, int | float) and 0 < side < 10**9 for side in given)


def _unquoted(text: str) -> Iterator[Any]:
    try:
        yield json.loads(text)
    except (ValueError, RecursionError):
        return


def _move(origin: pointer.Path, target: pointer.Path) -> PatchStep:
    return {"op": "move", "from": pointer.to_pointer(origin), "path": pointer.to_pointer(target)}


def _write(path: pointer.Path, value: Any) -> PatchStep:
    return {"op": "replace", "path": pointer.to_pointer(path), "value": value}


def _taken(path: pointer.Path) -> PatchStep:
    return {"op": "remove", "path": pointer.to_pointer(path)}


def _remove(path: pointer.Path) -> Edit:
    return Edit((_taken(path),), f"leave out {pointer.spoken_path(path)}")


def _moved(origin: pointer.Path, target: pointer.Path) -> str:
    if origin[:-1] == target[:-1]:
        return f"rename {pointer.spoken_path(origin)} to {target[-1]}"
    return f"move {pointer.spoken_path(origin)} to {pointer.spoken_path(target)}"


def _unwrap(path: pointer.Path) -> str:
    return f"send what is inside of {pointer.spoken_path(path)} by itself"


def _written(path: pointer.Path, value: Any) -> str:
    return f"write {display_value(value)} at {pointer.spoken_path(path)}"
