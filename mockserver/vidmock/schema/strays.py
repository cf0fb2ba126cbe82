"""Members of an input that its model does not declare, and what was meant by them: another name, place or envelope."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Any, Final

from vidmock.problems import LONGEST_MISSPELT
from vidmock.schema import pointer, references
from vidmock.schema.catalog import Model, providers
from vidmock.schema.request_schemas import request_schema_of
from vidmock.schema.similar_key import is_address_of, longer_key, shorter_key, similar_key

ANY_ITEM: Final = "*"
"""Stands in a path for any item of a list."""
MOST_STRAYS: Final = 20
"""For so many strays it is asked what was meant: nobody misspells more, and the sender chooses how many there are."""
_MOST_HOMES: Final = 1000
_MOST_ENVELOPES: Final = 3
"""Objects inside each other in which an input is looked for."""
_SIDES: Final = ("width", "height")
_SIZE: Final = re.compile(r"\s*([0-9]{3,5})\s*[x*×]\s*([0-9]{3,5})\s*", re.IGNORECASE)
_LONGEST_SIZE: Final = 32
_BESIDE: Final[Mapping[str, str]] = {
    "query": "in the query of the URL",
    "headers": "among the headers",
    "options": "among the options of the client's call",
}
"""Where the parts of a request stand that are not in its body."""


@dataclass(frozen=True, slots=True)
class Stray:
    """A member at *path* that *schema*, that of the object around it, does not declare. It is *dropped* or refused."""

    path: pointer.Path
    value: Any
    schema: Mapping[str, Any]

    @property
    def name(self) -> str:
        return str(self.path[-1])

    @property
    def dropped(self) -> bool:
        return self.schema.get("additionalProperties", True) is not False


@dataclass(frozen=True, slots=True)
class Meant:
    """Where a stray belongs, and the *advice* that says so. *path* has :data:`ANY_ITEM` where a list is on the way."""

    path: pointer.Path
    advice: str


def strays_in(model: Model, payload: Any) -> Iterator[Stray]:
    """All strays of *payload*, an input of *model*, in its order."""
    return _strays(model.schema, model.schema, payload, ())


def first_strays(model: Model, payload: Any) -> list[Stray]:
    """As many as anybody is advised about."""
    return list(islice(strays_in(model, payload), MOST_STRAYS))


def meant_by(model: Model, stray: Stray, payload: Any) -> Meant | None:
    """Where *stray* of *payload* most probably belongs, if that can be told."""
    around = stray.path[:-1]
    if homes := _homes(model.pattern).get(stray.name):
        return Meant(homes[0], f"it belongs {' or '.join(map(_spoken_home, homes))}")
    if home := _spelt_as_path(model, stray):
        return Meant(home, f"it belongs {_spoken_home(home)}, as {home[-1]!r}")
    if sides := sides_in(stray, payload):
        return Meant((*around, next(iter(sides))), advice_on_sides(sides))
    known = stray.schema.get("properties", {})
    there = pointer.value_at(payload, around)
    absent = [name for name in known if name not in there]
    if close := similar_key(stray.name, known) or _is_called(stray, absent):
        return Meant((*around, close), f"did you mean {close!r}?")
    if found := similar_key(stray.name, _homes(model.pattern)):
        home = _homes(model.pattern)[found][0]
        return Meant(home, f"did you mean {found!r}, which belongs {_spoken_home(home)}?")
    if isinstance(stray.value, dict) and 0 < len(stray.value) <= MOST_STRAYS:
        if stray.value.keys() <= known.keys():
            return Meant(around, "send what is inside of it by itself")
        if len(alike := [name for name in absent if _declares(model, known[name], stray.value)]) == 1:
            return Meant((*around, alike[0]), f"did you mean {alike[0]!r}?")
    beside = _advice_beside(model, stray)
    return Meant(stray.path, beside) if beside else None


def meant_for(model: Model, missing: pointer.Path, strays: Iterable[Stray]) -> tuple[list[Stray], str] | None:
    """Those of *strays* that should stand at *missing*, or inside of it, and the advice that says so."""
    name, around = str(missing[-1]), missing[:-1]
    listed = list(strays)
    for stray in listed:
        if stray.name == name:
            return [stray], f"move {pointer.spoken_path(stray.path)} {_spoken_home(missing)}"
    for stray in listed:
        if stray.path[:-1] == around and (_is_called(stray, [name]) or _is_address(stray, name)):
            return [stray], f"rename {stray.name!r} to it"
    if inside := members_of(model, missing, listed):
        return inside, f"put {spoken_list([pointer.spoken_path(stray.path) for stray in inside])} into it"
    return None


def members_of(model: Model, missing: pointer.Path, strays: Iterable[Stray]) -> list[Stray]:
    """Those of *strays* beside *missing*, an object, that the model declares inside of it."""
    homes, around = _homes(model.pattern), missing[:-1]
    return [
        stray for stray in strays if stray.path[:-1] == around and (*missing, stray.name) in homes.get(stray.name, ())
    ]


def spoken_list(names: Sequence[str]) -> str:
    """``a``, ``a and b``, or ``a, b and c``."""
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]


def envelope_in(
    payload: Any, missing: Collection[str], declared: Collection[str], depth: int = _MOST_ENVELOPES
) -> pointer.Path | None:
    """The place in *payload* of what all *missing* members are in; if it is *declared*, only if these are several."""
    for name, value in payload.items():
        inside = value[0] if isinstance(value, list) and len(value) == 1 else value
        if not isinstance(inside, dict):
            continue
        if all(each in inside for each in missing):
            if name not in declared or len(missing) > 1:
                return (str(name),)
        elif depth > 1 and inside is value and name not in declared:
            within = envelope_in(inside, missing, (), depth - 1)
            if within:
                return (str(name), *within)
    return None


def advice_on_envelope(model: Model, around: pointer.Path, within: pointer.Path) -> str:
    """What to do with what stands at *within* in the object at *around*, and holds all that should stand there."""
    name = pointer.spoken_path(within)
    if around:
        return (
            f"put what is inside of {pointer.spoken_path((*around, *within))} into {pointer.spoken_path(around)} itself"
        )
    if model.envelope and within != (model.envelope,):
        return f"rename {name!r}, in which it stands, to {model.envelope!r}"
    return f"send what is inside of {name!r} by itself"


def sides_in(stray: Stray, payload: Any) -> Mapping[str, int]:
    """The width and the height that *stray* of *payload* has in one text, where its object has both and got neither."""
    found = _SIZE.fullmatch(stray.value) if isinstance(stray.value, str) and len(stray.value) < _LONGEST_SIZE else None
    there = pointer.value_at(payload, stray.path[:-1])
    if found is None or not stray.schema.get("properties", {}).keys() >= {*_SIDES} or not {*_SIDES}.isdisjoint(there):
        return {}
    return {name: int(side) for name, side in zip(_SIDES, found.groups(), strict=True)}


def advice_on_sides(sides: Mapping[str, int]) -> str:
    """What to write for *sides* in one text."""
    return f"write {spoken_list([f'{name} {side}' for name, side in sides.items()])} instead"


def _spelt_as_path(model: Model, stray: Stray) -> pointer.Path | None:
    """The declared place whose names stand in that of *stray*, with points in between."""
    names = tuple(stray.name.split(".")) if len(stray.name) <= LONGEST_MISSPELT else ()
    home = (*stray.path[:-1], *names)
    return home if len(names) > 1 and home in _homes(model.pattern).get(names[-1], ()) else None


def _declares(model: Model, node: Any, value: Mapping[str, Any]) -> bool:
    """Whether *node* is for objects, and declares all members of *value*."""
    return all(name in _of_kind(model.schema, node, {}).get("properties", {}) for name in value)


def _is_address(stray: Stray, missing: str) -> bool:
    return isinstance(stray.value, str) and is_address_of(stray.name, missing)


def _advice_beside(model: Model, stray: Stray) -> str:
    """Where *stray* belongs, if that is beside the body of a request; else ""."""
    parts = request_schema_of(model.provider).schema.get("properties", {}) if model.provider in providers() else {}
    for part, said in _BESIDE.items():
        for name in parts.get(part, {}).get("properties", {}):
            if len(stray.path) == 1 and stray.name.casefold() == name.casefold():
                return f"it belongs {said}, beside the input"
    return ""


def _is_called(stray: Stray, known: Collection[str]) -> str | None:
    """The one of *known*, absent members of the object around *stray*, that it was probably meant to be."""
    plain = not isinstance(stray.value, dict | list)
    return similar_key(stray.name, known) or (
        (shorter_key(stray.name, known) or longer_key(stray.name, known)) if plain else None
    )


def _strays(root: Mapping[str, Any], node: Any, value: Any, path: pointer.Path) -> Iterator[Stray]:
    if not isinstance(value, dict | list):
        return
    schema = _of_kind(root, node, value)
    if isinstance(value, dict) and "properties" in schema:
        for name, member in value.items():
            if name in schema["properties"]:
                yield from _strays(root, schema["properties"][name], member, (*path, name))
            elif isinstance(others := schema.get("additionalProperties", False), bool):
                # Where a schema says that others are taken, none goes astray.
                if not others:
                    yield Stray((*path, name), member, schema)
            else:
                yield from _strays(root, others, member, (*path, name))
    elif isinstance(value, list) and "items" in schema:
        for index, item in enumerate(value):
            yield from _strays(root, schema["items"], item, (*path, index))


def _of_kind(root: Mapping[str, Any], node: Any, value: dict[str, Any] | list[Any]) -> Mapping[str, Any]:
    """The schema that *node* has for an object or a list, as *value* is one."""
    schema = references.resolve_reference(root, node) if isinstance(node, Mapping) else {}
    wanted = "properties" if isinstance(value, dict) else "items"
    if wanted not in schema:
        for one in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
            alternative = references.resolve_reference(root, one) if isinstance(one, Mapping) else {}
            if wanted in alternative:
                return alternative
    return schema


def schema_around(model: Model, path: pointer.Path, payload: Any) -> Mapping[str, Any]:
    """The schema of the object in *payload* that is around *path*."""
    node: Any = model.schema
    for number, part in enumerate(path[:-1]):
        schema = _of_kind(model.schema, node, pointer.value_at(payload, path[:number]))
        node = schema.get("items", {}) if isinstance(part, int) else schema.get("properties", {}).get(part, {})
    return _of_kind(model.schema, node, {})


@cache
def _homes(model: Model) -> Mapping[str, tuple[pointer.Path, ...]]:
    """By the name of a member, where the model declares it."""
    found: dict[str, tuple[pointer.Path, ...]] = {}
    for path in islice(_declared(model.schema, model.schema, (), ()), _MOST_HOMES):
        if path not in found.get(str(path[-1]), ()):
            found[str(path[-1])] = (*found.get(str(path[-1]), ()), path)
    return found


def _declared(
    root: Mapping[str, Any], node: Any, path: pointer.Path, around: tuple[int, ...]
) -> Iterator[pointer.Path]:
    """The paths of the members that *node* declares at *path*. Of *around*, the objects on the way, none is again."""
    members = _of_kind(root, node, {}).get("properties", {})
    if id(members) in around:
        return
    for name, member in members.items():
        yield (*path, name)
        inside = (*around, id(members))
        yield from _declared(root, member, (*path, name), inside)
        yield from _declared(root, _of_kind(root, member, []).get("items"), (*path, name, ANY_ITEM), inside)


def _spoken_home(path: pointer.Path) -> str:
    """The place of the object around *path*: ``at the top``, ``in inputs``, ``in an item of elements``."""
    around = path[:-1]
    if around[-1:] == (ANY_ITEM,):
        return f"in an item of {pointer.spoken_path(around[:-1])}"
    return f"in {pointer.spoken_path(around)}" if around else "at the top"
