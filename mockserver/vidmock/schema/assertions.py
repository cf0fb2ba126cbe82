"""What a schema asserts of its input, and states beside that, one at a time and in words that a person reads."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from vidmock.problems import BadRequest
from vidmock.schema import pointer, references
from vidmock.schema.evidence import Evidence, stated_evidence
from vidmock.schema.explain import counted

_TYPES: Final[Mapping[str, str]] = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "object": "an object",
    "array": "an array",
    "null": "null",
}
_WORDS: Final[Mapping[str, Callable[[Any], str]]] = {
    "type": lambda said: " or ".join(_TYPES[kind] for kind in ([said] if isinstance(said, str) else said)),
    "const": lambda said: f"exactly {_shown(said)}",
    "enum": lambda said: f"one of {', '.join(map(_shown, said))}",
    "minimum": lambda said: f"at least {said}",
    "maximum": lambda said: f"at most {said}",
    "exclusiveMinimum": lambda said: f"more than {said}",
    "exclusiveMaximum": lambda said: f"less than {said}",
    "multipleOf": lambda said: f"a multiple of {said}",
    "minLength": lambda said: f"at least {counted(said, 'character')}",
    "maxLength": lambda said: f"at most {counted(said, 'character')}",
    "pattern": lambda said: f"matching {said}",
    "minItems": lambda said: f"at least {counted(said, 'item')}",
    "maxItems": lambda said: f"at most {counted(said, 'item')}",
    "uniqueItems": lambda said: "no item twice" if said else "items may repeat",
    "minProperties": lambda said: f"at least {counted(said, 'member')}",
    "default": lambda said: f"{_shown(said)} if it is left out",
    "dependentRequired": lambda said: "; ".join(f"{name} needs {', '.join(others)}" for name, others in said.items()),
    "anyOf": lambda said: f"any of {_shown(said)}",
    "oneOf": lambda said: f"exactly one of {_shown(said)}",
    "not": lambda said: f"not {_shown(said)}",
    "if": lambda said: f"a condition: {_shown(said)}",
}
"""What each keyword of an input's schema asserts; those of members and items are told at their own places."""
_WORDED: Final = frozenset({"anyOf", "oneOf", "not", "if", "pattern"})
"""The keywords for which a schema's own message stands, if it has one."""
_STATED: Final = frozenset({"x-media", "x-error", "x-case"})
"""What is stated of a place beside what is asserted of it."""
_FIGURES: Final = ("x-model", "x-pricing", "x-video", "x-result")
_DEEPEST: Final = 24
MOST_SCHEMA_PARTS: Final = 50_000
"""Parts of a schema that are read, each as often as something refers to it."""


@dataclass(frozen=True, slots=True)
class Assertion:
    """What *keyword* asserts at *place*, as it is *said* in the schema and in *words*, and how sure that is."""

    place: str
    keyword: str
    words: str
    said: Any
    evidence: Evidence


def assertions_of(schema: Mapping[str, Any]) -> tuple[Assertion, ...]:
    """All that *schema*, which refers to nothing outside of itself, asserts, in its order; its rules are last.

    Raises:
        BadRequest: its parts refer to each other so often that it does not end.
    """
    reading = _Reading(schema)
    return (*reading.asserted(schema, (), 0), *reading.rules())


def statements_of(schema: Mapping[str, Any]) -> tuple[Assertion, ...]:
    """What :func:`assertions_of` gives, and all else that *schema* states: files, codes, warnings, prices, results.

    Raises:
        BadRequest: as there.
    """
    reading = _Reading(schema, all_of_it=True)
    return (*reading.asserted(schema, (), 0), *reading.rules(), *reading.lints(), *reading.figures())


class _Reading:
    """One reading of the schema *root*, with what it refers to in its place; *all_of_it* is more than assertions."""

    def __init__(self, root: Mapping[str, Any], *, all_of_it: bool = False) -> None:
        self._root = root
        self._stated = _STATED if all_of_it else frozenset[str]()
        self._left = MOST_SCHEMA_PARTS

    def asserted(self, node: Any, path: pointer.Path, depth: int) -> Iterator[Assertion]:
        """What *node*, a schema for what is at *path*, asserts."""
        place = pointer.spoken_path(path)
        if node is False:
            yield Assertion(place, "false", "nothing is taken here", said=False, evidence=stated_evidence((), "false"))
        if not isinstance(node, Mapping) or depth > _DEEPEST:
            return
        self._count()
        chain = [node]
        while "$ref" in chain[-1]:
            chain.append(references.reference_target(self._root, chain[-1]))
        node = references.resolve_reference(self._root, node)
        message = node.get("x-message")
        for keyword, said in node.items():
            if keyword in _WORDS:
                full = self._inlined({key: node[key] for key in (keyword, "then", "else") if key in node}, depth)
                whole = full if keyword == "if" else full[keyword]
                spoken = message if keyword in _WORDED else None
                yield Assertion(
                    place, keyword, spoken or _WORDS[keyword](whole), whole, stated_evidence(chain, keyword)
                )
                if self._stated and keyword in ("anyOf", "oneOf"):
                    yield from self._beside_choices(said, path, depth)
            elif keyword in self._stated:
                yield from self._beside(place, keyword, said)
            elif keyword == "required":
                for name in said:
                    about = (*chain, node.get("properties", {}).get(name, {}))
                    there = pointer.spoken_path((*path, name))
                    yield Assertion(there, keyword, "required", said=True, evidence=stated_evidence(about, keyword))
            elif keyword == "additionalProperties" and said is False:
                founded = stated_evidence(chain, keyword)
                yield Assertion(place, keyword, "no other member than these", said=False, evidence=founded)
            elif keyword in ("additionalProperties", "items"):
                yield from self.asserted(said, (*path, "*"), depth + 1)
            elif keyword == "properties":
                for name, member in said.items():
                    yield from self.asserted(member, (*path, name), depth + 1)

    def rules(self) -> Iterator[Assertion]:
        """The rules over several members: what is in the root's ``allOf``."""
        for number, entry in enumerate(self._root.get("allOf", ())):
            node = references.resolve_reference(self._root, entry)
            name = node.get("x-rule") or node.get("title") or f"number {number + 1}"
            said = self._inlined({key: value for key, value in node.items() if key != "$ref"}, 0)
            words = node.get("x-message") or node.get("description") or _shown(said)
            yield Assertion(f"rule {name}", "rule", words, said, stated_evidence([node], "rule"))

    def lints(self) -> Iterator[Assertion]:
        """The warnings of the root."""
        for lint in self._root.get("x-lints", ()):
            said = self._inlined(lint["schema"], 0)
            yield Assertion(f"lint {lint['name']}", "lint", lint["message"], said, stated_evidence([lint], "lint"))

    def figures(self) -> Iterator[Assertion]:
        """What the root says of the model, of its prices and of what it makes."""
        for part in _FIGURES:
            yield from self._beside("", part, self._root.get(part, {}))

    def _beside(self, place: str, keyword: str, said: Any) -> Iterator[Assertion]:
        """What *keyword*, which judges no input, says at *place*, or of the whole: one for each of its members."""
        for name, value in _members(said):
            called = f"{keyword} {name}".rstrip()
            whole = self._inlined(value, 0)
            words = f"{called} {_shown(whole)}" if place else _shown(whole)
            stated = stated_evidence([said] if isinstance(said, Mapping) else [], name)
            yield Assertion(place or called, called, words, whole, stated)

    def _beside_choices(self, choices: Sequence[Any], path: pointer.Path, depth: int) -> Iterator[Assertion]:
        """What each of *choices* at *path* states beside its assertions, which are told as a whole."""
        for number, choice in enumerate(choices, 1):
            for each in self.asserted(choice, path, depth + 1):
                if each.keyword.partition(" ")[0] in self._stated:
                    yield replace(each, place=f"{each.place}, choice {number}")

    def _inlined(self, node: Any, depth: int) -> Any:
        """*node* with what it refers to in it, and without words for people."""
        self._count()
        if isinstance(node, list):
            return [self._inlined(item, depth) for item in node]
        if not isinstance(node, Mapping):
            return node
        if "$ref" in node and depth <= _DEEPEST:
            target = references.resolve_reference(self._root, node)
            return self._inlined({key: value for key, value in target.items() if key != "$ref"}, depth + 1)
        return {
            key: self._inlined(value, depth)
            for key, value in node.items()
            if not key.startswith("x-") and key not in ("title", "description", "examples")
        }

    def _count(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise BadRequest(
                f"the schema's parts refer to each other more than {MOST_SCHEMA_PARTS:,} times: it is none of an input"
            )


def _members(said: Any, around: str = "") -> Iterator[tuple[str, Any]]:
    """The members of *said*, with their names, those of codes and the like by themselves; *said* itself if it is plain.

    Of several alternatives, the second and all others have their number *around* their members' names.
    """
    if isinstance(said, list):
        for number, one in enumerate(said):
            yield from _members(one, f"{around}{number + 1} " if number else around)
    elif not isinstance(said, Mapping):
        yield around.strip(), said
    else:
        for name, value in said.items():
            if name in ("codes", "limits", "beside") and isinstance(value, Mapping):
                yield from _members(value, f"{around}{name} ")
            elif name != "x-evidence":
                yield f"{around}{name}", value


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
