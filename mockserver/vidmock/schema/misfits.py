"""Finds each keyword of a schema that a value fails, with its place. What is right is passed over by compiled verdicts.

It knows the keywords that :mod:`vidmock.schema.compiled` knows, and goes through them in the order of the schema.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from vidmock.schema import compiled, pointer, references

_Chain = tuple[Mapping[str, Any], ...]


class Misfit(NamedTuple):
    """A *value* at *path* that fails *keyword* of *schema*. *chain* are the schemas around it, outermost first."""

    path: pointer.Path
    keyword: str
    schema: Mapping[str, Any]
    value: Any
    chain: _Chain


_APPLIED: Final = frozenset({"$ref", "properties", "additionalProperties", "items", "allOf", "anyOf", "oneOf", "if"})
"""The keywords that apply schemas, which a walk goes into."""


class Verdicts:
    """The compiled verdicts of all schemas inside of *root*, each compiled when it is first asked for.

    A schema must be a part of the root, and so outlives this.
    """

    def __init__(self, root: Mapping[str, Any]) -> None:
        self.root = root
        self._by_id: dict[int, compiled.Verdict] = {}
        self._checks_by_id: dict[int, tuple[tuple[str, compiled.Verdict | None], ...]] = {}

    def of(self, schema: Any) -> compiled.Verdict:
        """The verdict of *schema*."""
        found = self._by_id.get(id(schema))
        if found is None:
            found = self._by_id[id(schema)] = compiled.compile_verdict(schema, self.root)
        return found

    def checks(self, schema: Mapping[str, Any]) -> tuple[tuple[str, compiled.Verdict | None], ...]:
        """The keywords of *schema* that can fail, in its order, each with its check if it applies no schemas."""
        found = self._checks_by_id.get(id(schema))
        if found is None:
            checks = ((keyword, compiled.keyword_check(keyword, schema, self.of)) for keyword in schema)
            kept = tuple((keyword, check) for keyword, check in checks if check or keyword in _APPLIED)
            found = self._checks_by_id[id(schema)] = kept
        return found


class Walk:
    """One search for misfits.

    As soon as *enough* says so, wrong items of lists are no longer given one by one: *pass_over* gets the path of the
    list and their number.
    """

    def __init__(
        self, verdicts: Verdicts, enough: Callable[[], bool], pass_over: Callable[[pointer.Path, int], None]
    ) -> None:
        self._verdicts, self._enough, self._pass_over = verdicts, enough, pass_over

    def misfits(self, schema: Any, value: Any, path: pointer.Path = (), chain: _Chain = ()) -> Iterator[Misfit]:
        """What is wrong with *value* at *path* by *schema*. *chain* are the schemas around it, outermost first."""
        if isinstance(schema, bool):
            yield Misfit(path, "not", {"not": True}, value, chain)
            return
        chain = (*chain, schema)
        for keyword, check in self._verdicts.checks(schema):
            if check is not None:
                if not check(value):
                    yield self._misfit(keyword, schema, value, path, chain)
                continue
            said = schema[keyword]
            match keyword:
                case "$ref":
                    target = references.reference_target(self._verdicts.root, schema)
                    yield from self.misfits(target, value, path, chain)
                case "properties" if isinstance(value, dict):
                    for name, member in said.items():
                        if name in value and not self._verdicts.of(member)(value[name]):
                            yield from self.misfits(member, value[name], (*path, name), chain)
                case "additionalProperties" if isinstance(value, dict) and isinstance(said, dict):
                    for name, member in value.items():
                        if name not in schema.get("properties", {}):
                            yield from self.misfits(said, member, (*path, name), chain)
                case "items" if isinstance(value, list):
                    yield from self._items(said, value, path, chain)
                case "allOf":
                    for each in said:
                        yield from self.misfits(each, value, path, chain)
                case "anyOf" | "oneOf":
                    yield from self._alternatives(keyword, schema, value, path, chain)
                case "if":
                    branch = "then" if self._verdicts.of(said)(value) else "else"
                    if isinstance(schema.get(branch), dict):
                        yield from self.misfits(schema[branch], value, path, chain)

    def _items(self, schema: Any, items: list[Any], path: pointer.Path, chain: _Chain) -> Iterator[Misfit]:
        holds = self._verdicts.of(schema)
        for index, item in enumerate(items):
            if self._enough():
                wrong = sum(not holds(each) for each in items[index:])
                if wrong:
                    self._pass_over(path, wrong)
                return
            if not holds(item):
                yield from self.misfits(schema, item, (*path, index), chain)

    def _alternatives(
        self, keyword: str, schema: Mapping[str, Any], value: Any, path: pointer.Path, chain: _Chain
    ) -> Iterator[Misfit]:
        """What is wrong inside of the only alternative that can have been meant; else that none, or several, hold."""
        holding = sum(self._verdicts.of(each)(value) for each in schema[keyword])
        if holding == 1 or (holding and keyword == "anyOf"):
            return
        meant = [each for each in schema[keyword] if self._is_of_type(each, value)]
        if len(meant) == 1:
            yield from self.misfits(meant[0], value, path, chain)
        else:
            yield self._misfit(keyword, schema, value, path, chain)

    def _is_of_type(self, schema: Mapping[str, Any], value: Any) -> bool:
        """Whether *value* has the type that *schema* asks for."""
        if "type" in schema and not compiled.is_type(schema["type"], value):
            return False
        if "$ref" in schema:
            return self._is_of_type(references.reference_target(self._verdicts.root, schema), value)
        return True

    def _misfit(self, keyword: str, schema: Mapping[str, Any], value: Any, path: pointer.Path, chain: _Chain) -> Misfit:
        node = schema
        while "$ref" in node:
            node = references.reference_target(self._verdicts.root, node)
            chain = (*chain, node)
        return Misfit(path, keyword, schema, value, chain)
