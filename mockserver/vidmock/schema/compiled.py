"""Compiles a JSON Schema into a Python function that says valid or not, many times quicker than a full report.

It knows the keywords that the schema files use, and refuses to compile any other. An integer is written as
one: 5.0 is none. Everything else means what it means in the 2020-12 draft.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Final

from vidmock.schema import references
from vidmock.schema.expressions import (
    EXPRESSION_NAMES,
    joined_tests,
    keyword_expression,
    required_expression,
    type_expression,
)

Verdict = Callable[[Any], bool]

_ANNOTATIONS: Final = frozenset(
    (
        *("$schema", "$id", "$comment", "$defs", "title", "description", "default", "examples", "format", "deprecated"),
        *("contentMediaType", "contentSchema"),
    )
)
_OF_MEMBERS: Final = ("properties", "required", "additionalProperties")
"""Keywords that are compiled together."""
_WITH_IF: Final = frozenset({"then", "else"})
_HOLD_SCHEMAS: Final = frozenset(
    (*("$ref", "properties", "additionalProperties", "items", "allOf", "anyOf", "oneOf", "not", "if"), *_WITH_IF)
)
_FEW: Final = 3
"""So many members are looked for in an object; of more, each member that it has is looked up."""
_SHORT: Final = 200
"""Characters of what is written in the place of a reference; longer ones are functions."""
_DEEP: Final = 8
"""Schemas inside each other that are one expression: Python takes only so many brackets."""
_ABSENT: Final = object()


def compile_verdict(schema: Any, root: Mapping[str, Any]) -> Verdict:
    """A function that tells whether a value is valid; ``$ref`` is looked up in *root*.

    Raises:
        ValueError: the schema uses a keyword that is not known here.
    """
    return compile_verdicts([schema], root)[0]


def compile_verdicts(schemas: Sequence[Any], root: Mapping[str, Any]) -> list[Verdict]:
    """As :func:`compile_verdict`, one for each of *schemas*, and behind them one of whether all of them hold."""
    return _Writer(root).compiled(schemas)


def keyword_check(keyword: str, schema: Mapping[str, Any], verdict: Callable[[Any], Verdict]) -> Verdict | None:
    """The check of *keyword* of *schema* by itself; ``None`` for annotations, ``$ref`` and what applies schemas.

    *verdict* gives the verdict of a schema inside of *schema*.
    """
    said = schema[keyword]
    if keyword == "not":
        holds = verdict(said)
        return lambda value: not holds(value)
    if keyword == "additionalProperties" and said is False:
        known = schema.get("properties", {}).keys()
        return lambda value: not isinstance(value, dict) or value.keys() <= known
    if keyword in _HOLD_SCHEMAS or _is_annotation(keyword):
        return None
    return _plain_check(keyword, said) if isinstance(said, str | int) else compile_verdict({keyword: said}, {})


def is_type(names: str | list[str], value: Any) -> bool:
    """Whether *value* is of the JSON Schema type of that name, or of one of several."""
    return any(_plain_check("type", name)(value) for name in ([names] if isinstance(names, str) else names))


@cache
def _plain_check(keyword: str, said: str | int) -> Verdict:
    return compile_verdict({keyword: said}, {})


def _is_annotation(keyword: str) -> bool:
    return keyword in _ANNOTATIONS or keyword.startswith("x-")


class _Writer:
    """Writes a schema as functions in Python. An expression is about a value by its name."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root = root
        self._names: dict[str, Any] = {**EXPRESSION_NAMES, "ABSENT": _ABSENT, "each_member": _each_member}
        self._lines: list[str] = []
        self._number = 0
        self._references: dict[str, str] = {}
        self._open: dict[str, str] = {}
        self._short: set[str] = set()

    def compiled(self, schemas: Sequence[Any]) -> list[Verdict]:
        names = [self._function(schema) for schema in schemas]
        self._lines.append(f"def all_of(v): return {joined_tests('and', [f'{name}(v)' for name in names])}")
        # What is written consists of names of ours, and of texts and numbers as Python shows them.
        exec("\n".join(self._lines), self._names)  # noqa: S102 - for this reason
        return [self._names[name] for name in (*names, "all_of")]

    def _fresh(self, kind: str) -> str:
        self._number += 1
        return f"{kind}{self._number}"

    def _bind(self, value: object) -> str:
        name = self._fresh("k")
        self._names[name] = value
        return name

    def _function(self, schema: Any) -> str:
        """The name of a function that tells whether a value is valid by *schema*."""
        expression, name = self._schema(schema, "v"), self._fresh("f")
        self._lines.append(f"def {name}(v): return {expression}")
        return name

    def _schema(self, schema: Any, value: str, known: str = "", depth: int = 0) -> str:
        """Whether *value*, of the *known* type if one is, is valid by *schema*, which stands *depth* levels deep."""
        if isinstance(schema, bool):
            return str(schema)
        if depth >= _DEEP:
            return f"{self._function(schema)}({value})"
        tests = []
        said = schema.get("type")
        if said is not None and said != known:
            tests.append(type_expression(said, value))
            known = said if isinstance(said, str) else ""
        asserting = [keyword for keyword in schema if keyword != "type" and not _is_annotation(keyword)]
        tests += [self._keyword(keyword, schema, value, known, depth + 1) for keyword in asserting]
        return joined_tests("and", [test for test in tests if test != "True"])

    def _keyword(self, keyword: str, schema: Mapping[str, Any], value: str, known: str, depth: int) -> str:
        said = schema[keyword]
        match keyword:
            case "$ref":
                return self._reference(said, value, known, depth)
            case "properties" | "required" | "additionalProperties":
                first = next(each for each in _OF_MEMBERS if each in schema)
                return self._members(schema, value, known, depth) if keyword == first else "True"
            case "items":
                items = f"all(map({self._function(said)}, {value}))"
                return items if known == "array" else f"(not isinstance({value}, list) or {items})"
            case "allOf" | "anyOf":
                return joined_tests("and" if keyword == "allOf" else "or", self._all(said, value, known, depth))
            case "oneOf":
                return f"sum(({', '.join(self._all(said, value, known, depth))},)) == 1"
            case "not":
                return f"not {self._schema(said, value, known, depth)}"
            case "if":
                then, otherwise = (
                    self._schema(schema.get(branch, True), value, known, depth) for branch in ("then", "else")
                )
                return f"({then} if {self._schema(said, value, known, depth)} else {otherwise})"
            case "then" | "else" if "if" in schema:
                return "True"
        try:
            return keyword_expression(keyword, said, value, known, self._bind)
        except KeyError:
            raise ValueError(f"the keyword {keyword!r} is not known here") from None

    def _all(self, schemas: list[Any], value: str, known: str, depth: int) -> list[str]:
        return [self._schema(schema, value, known, depth) for schema in schemas]

    def _reference(self, ref: str, value: str, known: str, depth: int) -> str:
        target = references.reference_target(self._root, {"$ref": ref})
        if ref in self._open:
            # Inside of itself, it is called by its name.
            name = self._open[ref] = self._open[ref] or self._fresh("r")
            return f"{name}({value})"
        if ref in self._short:
            return self._schema(target, value, known, depth)
        if ref not in self._references:
            self._open[ref] = ""
            expression = self._schema(target, value, known, depth)
            name = self._open.pop(ref)
            if not name and len(expression) < _SHORT:
                self._short.add(ref)
                return expression
            self._references[ref] = name or self._fresh("r")
            told = self._schema(target, "v") if value != "v" or known else expression
            self._lines.append(f"def {self._references[ref]}(v): return {told}")
        return f"{self._references[ref]}({value})"

    def _members(self, schema: Mapping[str, Any], value: str, known: str, depth: int) -> str:
        members, wanted = schema.get("properties", {}), schema.get("required", ())
        more = schema.get("additionalProperties", True)
        if isinstance(more, bool) and len(members) <= _FEW:
            tests = [required_expression([name for name in wanted if name not in members], value, self._bind)]
            tests += (self._member(name, members[name], value, name in wanted, depth) for name in members)
            if not more:
                tests.append(f"{value}.keys() <= {self._bind(frozenset(members))}")
        else:
            checks = ", ".join(f"{name!r}: {self._function(member)}" for name, member in members.items())
            others = self._function(more) if more is not True else "None"
            name = self._fresh("m")
            self._lines.append(f"{name} = each_member({{{checks}}}, {others})")
            tests = [required_expression(wanted, value, self._bind), f"{name}({value})"]
        told = joined_tests("and", [test for test in tests if test != "True"])
        return told if known == "object" else f"(not isinstance({value}, dict) or {told})"

    def _member(self, name: str, schema: Any, value: str, wanted: bool, depth: int) -> str:
        member = self._fresh("v")
        test = self._schema(schema, member, "", depth)
        if test == "True":
            return f"{name!r} in {value}" if wanted else "True"
        found = f"({member} := {value}.get({name!r}, ABSENT))"
        return f"({found} is not ABSENT and {test})" if wanted else f"({found} is ABSENT or {test})"


def _each_member(checks: Mapping[str, Verdict], others: Verdict | None) -> Verdict:
    """The verdict on an object of which each member is judged: by *checks*, and without a check by *others*, if any."""

    def verdict(value: dict[str, Any]) -> bool:
        for name, member in value.items():
            check = checks.get(name, others)
            if check is not None and not check(member):
                return False
        return True

    return verdict
