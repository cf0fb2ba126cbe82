"""Compiles a JSON Schema into a Python function that says valid or not, ten times quicker than a full report.

It knows the keywords that the schema files use, and refuses to compile any other. An integer is written as
one: 5.0 is none. Everything else means what it means in the 2020-12 draft.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import partial
from typing import Any, Final

from vidmock.schema import references
from vidmock.schema.text_pattern import compile_pattern

Verdict = Callable[[Any], bool]

_ANNOTATIONS: Final = frozenset(
    {"$schema", "$id", "$comment", "$defs", "title", "description", "default", "examples", "format", "deprecated"}
)
_SEEN_TO_BY: Final = {"then": "if", "else": "if", "required": "properties", "additionalProperties": "properties"}
"""Keywords that are compiled together with another one, where the schema has that."""
_FEW: Final = 3
"""So many members are looked for in an object; of more, each member that it has is looked up."""


def compile_verdict(schema: Any, root: Mapping[str, Any]) -> Verdict:
    """A function that tells whether a value is valid; ``$ref`` is looked up in *root*.

    Raises:
        ValueError: the schema uses a keyword that is not known here.
    """
    return _Compiler(root).schema(schema)


def keyword_check(keyword: str, schema: Mapping[str, Any], verdict: Callable[[Any], Verdict]) -> Verdict | None:
    """The check of *keyword* of *schema* by itself; ``None`` for annotations, ``$ref`` and what applies schemas.

    *verdict* gives the verdict of a schema inside of *schema*.
    """
    said = schema[keyword]
    if keyword in _LEAVES:
        return _LEAVES[keyword](said)
    if keyword == "not":
        return _negated(verdict(said))
    if keyword == "additionalProperties" and said is False:
        known = schema.get("properties", {}).keys()
        return lambda value: not isinstance(value, dict) or value.keys() <= known
    return None


def same_json(left: Any, right: Any) -> bool:
    """Whether two JSON values are equal: true is not 1, while 1.0 is 1."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same_json, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same_json(left[key], right[key]) for key in left)
    return bool(left == right)


def is_type(names: str | list[str], value: Any) -> bool:
    """Whether *value* is of the JSON Schema type of that name, or of one of several."""
    return _of_type(names)(value)


def _of_type(names: str | list[str]) -> Verdict:
    return _TYPES[names] if isinstance(names, str) else _any([_TYPES[name] for name in names])


def _is_number(value: Any) -> bool:
    # A union would be made anew with each call.
    return isinstance(value, (int, float)) and not isinstance(value, bool)


_TYPES: Final[Mapping[str, Verdict]] = {
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": _is_number,
    "boolean": lambda value: isinstance(value, bool),
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "null": lambda value: value is None,
}


def _member_of(members: list[Any]) -> Verdict:
    if all(isinstance(member, str) for member in members):
        strings = frozenset(members)
        return lambda value: isinstance(value, str) and value in strings
    return lambda value: any(same_json(value, member) for member in members)


def _searching(pattern: str) -> Verdict:
    search = compile_pattern(pattern)
    return lambda value: not isinstance(value, str) or search(value)


def _holding(names: frozenset[str]) -> Verdict:
    if len(names) == 1:
        (name,) = names
        return lambda value: not isinstance(value, dict) or name in value
    return lambda value: not isinstance(value, dict) or names <= value.keys()


def _multiple_of(divisor: float) -> Verdict:
    # As fractions of what was written: 0.3 is a multiple of 0.1, though not of the nearest binary number.
    step = Fraction(str(divisor))
    return lambda value: not _is_number(value) or Fraction(str(value)) % step == 0


def _all_different(wanted: bool) -> Verdict:
    return lambda value: not (wanted and isinstance(value, list)) or not _has_twice(value)


def _has_twice(items: list[Any]) -> bool:
    if all(isinstance(item, str) for item in items):
        return len({*items}) < len(items)
    return any(same_json(item, other) for number, item in enumerate(items) for other in items[:number])


# For each keyword that contains no schema: from the keyword's value, the check that it asks for.
_LEAVES: Final[Mapping[str, Callable[[Any], Verdict]]] = {
    "type": _of_type,
    "const": lambda expected: lambda value: same_json(value, expected),
    "enum": _member_of,
    "minimum": lambda limit: lambda value: not _is_number(value) or value >= limit,
    "maximum": lambda limit: lambda value: not _is_number(value) or value <= limit,
    "exclusiveMinimum": lambda limit: lambda value: not _is_number(value) or value > limit,
    "exclusiveMaximum": lambda limit: lambda value: not _is_number(value) or value < limit,
    "multipleOf": _multiple_of,
    "minLength": lambda limit: lambda value: not isinstance(value, str) or len(value) >= limit,
    "maxLength": lambda limit: lambda value: not isinstance(value, str) or len(value) <= limit,
    "minItems": lambda limit: lambda value: not isinstance(value, list) or len(value) >= limit,
    "maxItems": lambda limit: lambda value: not isinstance(value, list) or len(value) <= limit,
    "uniqueItems": _all_different,
    "minProperties": lambda limit: lambda value: not isinstance(value, dict) or len(value) >= limit,
    "pattern": _searching,
    "required": lambda names: _holding(frozenset(names)),
    "dependentRequired": lambda needs: (
        lambda value: (
            not isinstance(value, dict) or all(value.keys() >= {*needs[name]} for name in needs if name in value)
        )
    ),
}


class _Compiler:
    def __init__(self, root: Mapping[str, Any]) -> None:
        self.root = root
        self.references: dict[str, Verdict] = {}
        self.applicators: Mapping[str, Callable[[Any, Mapping[str, Any]], Verdict]] = {
            "$ref": lambda ref, _: self.reference(ref),
            "properties": self.members,
            "additionalProperties": lambda _, schema: self.members({}, schema),
            "items": lambda schema, _: self.items(schema),
            "allOf": lambda schemas, _: _all([self.schema(schema) for schema in schemas]),
            "anyOf": lambda schemas, _: _any([self.schema(schema) for schema in schemas]),
            "oneOf": lambda schemas, _: _one([self.schema(schema) for schema in schemas]),
            "not": lambda schema, _: _negated(self.schema(schema)),
            "if": self.conditional,
        }

    def schema(self, schema: Any) -> Verdict:
        if isinstance(schema, bool):
            return lambda _value: schema
        checks = [
            self.keyword(keyword, schema)
            for keyword in schema
            if keyword not in _ANNOTATIONS and not keyword.startswith("x-")
            if keyword not in _SEEN_TO_BY or _SEEN_TO_BY[keyword] not in schema
            if keyword != "type" or not _is_of_members(schema)
        ]
        return checks[0] if len(checks) == 1 else _all(checks)

    def keyword(self, keyword: str, schema: Mapping[str, Any]) -> Verdict:
        if keyword == "required" and _is_of_members(schema):
            names = frozenset(schema["required"])
            return lambda value: isinstance(value, dict) and names <= value.keys()
        if keyword in _LEAVES:
            return _LEAVES[keyword](schema[keyword])
        if keyword in self.applicators:
            return self.applicators[keyword](schema[keyword], schema)
        raise ValueError(f"the keyword {keyword!r} is not known here")

    def reference(self, ref: str) -> Verdict:
        if ref not in self.references:
            # Inside of itself, it is found once it is complete.
            self.references[ref] = partial(self.again, ref)
            self.references[ref] = self.schema(references.reference_target(self.root, {"$ref": ref}))
        return self.references[ref]

    def again(self, ref: str, value: Any) -> bool:
        return self.references[ref](value)

    def items(self, schema: Any) -> Verdict:
        item = self.schema(schema)
        return lambda value: not isinstance(value, list) or all(map(item, value))

    def members(self, properties: Mapping[str, Any], beside: Mapping[str, Any]) -> Verdict:
        members = {name: self.schema(member) for name, member in properties.items()}
        wanted = frozenset(beside.get("required", ()))
        more = beside.get("additionalProperties", True)
        if more is True and len(members) <= _FEW:
            return _some_members(members, wanted, without=not _is_of_members(beside))
        others = None if isinstance(more, bool) else self.schema(more)
        open_to_more = more is not False
        without_members = not _is_of_members(beside)

        def verdict(value: Any) -> bool:
            if not isinstance(value, dict):
                return without_members
            if not wanted <= value.keys():
                return False
            for name, member in value.items():
                check = members.get(name)
                if check is None:
                    if not open_to_more or (others and not others(member)):
                        return False
                elif not check(member):
                    return False
            return True

        return verdict

    def conditional(self, schema: Any, beside: Mapping[str, Any]) -> Verdict:
        condition = self.schema(schema)
        then, otherwise = self.schema(beside.get("then", True)), self.schema(beside.get("else", True))
        return lambda value: then(value) if condition(value) else otherwise(value)


def _some_members(members: Mapping[str, Verdict], wanted: frozenset[str], *, without: bool) -> Verdict:
    """The verdict on an object by a few of its *members*; rules ask for one or two of twenty.

    *without* is the verdict on what is none.
    """
    checks = tuple(members.items())
    if not wanted and len(checks) == 1:
        ((only, holds),) = checks

        def of_one(value: Any) -> bool:
            if not isinstance(value, dict):
                return without
            return only not in value or holds(value[only])

        return of_one

    def verdict(value: Any) -> bool:
        if not isinstance(value, dict):
            return without
        if not wanted <= value.keys():
            return False
        for name, check in checks:  # noqa: SIM110 - all() over a generator takes twice the time
            if name in value and not check(value[name]):
                return False
        return True

    return verdict


def _is_of_members(schema: Mapping[str, Any]) -> bool:
    """Whether *schema* is for objects alone and names members, with which the type is judged."""
    return schema.get("type") == "object" and ("properties" in schema or "required" in schema)


def _negated(check: Verdict) -> Verdict:
    return lambda value: not check(value)


def _any(checks: list[Verdict]) -> Verdict:
    every = tuple(checks)

    def verdict(value: Any) -> bool:
        for check in every:  # noqa: SIM110 - any() over a generator takes twice the time
            if check(value):
                return True
        return False

    return verdict


def _one(checks: list[Verdict]) -> Verdict:
    return lambda value: sum(check(value) for check in checks) == 1


def _all(checks: list[Verdict]) -> Verdict:
    every = tuple(checks)

    def verdict(value: Any) -> bool:
        for check in every:  # noqa: SIM110 - all() over a generator takes twice the time
            if not check(value):
                return False
        return True

    return verdict
