"""Reads an input as fal's apps do: by the Pydantic class of the model, item by item as the library words its errors.

The class is the model's schema without what has a code of its own: that is refused by the app behind Pydantic, in its
own words. A test compares with both real libraries.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vidmock.providers.fal.pydantic_library import Item, Library, WrongValue
from vidmock.providers.fal.pydantic_v1 import PYDANTIC_1
from vidmock.providers.fal.pydantic_v2 import PYDANTIC_2
from vidmock.schema import references
from vidmock.schema.catalog import Model
from vidmock.schema.findings import MOST_VIOLATIONS

LIBRARIES: Mapping[str, Library] = {"pydantic2": PYDANTIC_2, "pydantic1": PYDANTIC_1}
"""By value of the behaviour ``fal.validation``."""


@dataclass(frozen=True, slots=True)
class Reading:
    """*value* is the input as the app gets it, or as it was sent where it is refused: with *items*.

    There are at most ``MOST_VIOLATIONS`` items, where the library itself has no limit.
    """

    value: Any
    items: tuple[Item, ...] = ()


class _Full(Exception):
    """As many errors were found as are told."""


def read_by_pydantic(model: Model, payload: object, validation: str) -> Reading:
    """*payload*, an input of *model*, as the library reads it that *validation* names."""
    reader = _Reader(model.schema, LIBRARIES[validation])
    try:
        value = reader.read(model.schema, payload, ("body",))
    except _Full:
        value = None
    return Reading(payload if reader.items else value, tuple(reader.items))


class _Reader:
    def __init__(self, root: Mapping[str, Any], library: Library) -> None:
        self._root, self._library = root, library
        self.items: list[Item] = []

    def read(self, node: Any, value: Any, loc: tuple[str | int, ...]) -> Any:
        """*value* as *node* of the schema makes it; what is wrong is added to the items."""
        schema = references.resolve_reference(self._root, node)
        kind = schema.get("type")
        if isinstance(kind, list):
            if value is None:
                return None
            kind = next(name for name in kind if name != "null")
        try:
            if value is None:
                self._library.refuse_none()
            if "enum" in schema:
                return self._library.literal(value, schema["enum"])
            if kind == "object":
                return self._members(schema, self._library.mapping(value), loc)
            if kind == "array":
                items = self._library.sequence(value)
                return [self.read(schema["items"], item, (*loc, index)) for index, item in enumerate(items)]
            return self._library.scalars[kind](value) if kind else value
        except WrongValue as wrong:
            self._add(wrong, value, loc)
            return value

    def _members(self, schema: Mapping[str, Any], value: Mapping[str, Any], loc: tuple[str | int, ...]) -> Any:
        made = dict(value)
        for name, member in schema["properties"].items():
            if name in value:
                made[name] = self.read(member, value[name], (*loc, name))
            elif name in schema.get("required", ()) and not _is_the_apps(member, "required"):
                self._add(self._library.missing, value, (*loc, name))
        return made

    def _add(self, wrong: WrongValue, value: Any, loc: tuple[str | int, ...]) -> None:
        self.items.append(self._library.item(wrong, value, loc))
        if len(self.items) == MOST_VIOLATIONS:
            raise _Full


def _is_the_apps(schema: Mapping[str, Any], keyword: str) -> bool:
    """Whether it is the app that refuses what fails *keyword*, after Pydantic has let it pass."""
    return keyword in schema.get("x-error", {}).get("codes", {})
