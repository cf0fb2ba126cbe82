"""Keywords of JSON Schema that hold no schema, as Python expressions that are true of a valid value.

Each can stand in a line of ``and`` or ``or``, or behind ``not``, as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from vidmock.schema.equality import same_json
from vidmock.schema.text_pattern import compile_pattern

Bind = Callable[[object], str]
"""Gives a name by which an expression finds a value."""

_TYPES: Final[Mapping[str, str]] = {
    "string": "isinstance({v}, str)",
    "integer": "(type({v}) is int or is_integer({v}))",
    "number": "(type({v}) is int or type({v}) is float or is_number({v}))",
    "boolean": "isinstance({v}, bool)",
    "object": "isinstance({v}, dict)",
    "array": "isinstance({v}, list)",
    "null": "{v} is None",
}
"""What is quick to ask stands first: there are few subclasses."""
_FEW: Final = 3
"""So many names are looked for one by one; more are compared at once."""
_MOST_EXACT: Final = 2**53


def type_expression(names: str | Sequence[str], value: str) -> str:
    """Whether *value* is of the type of that name, or of one of several."""
    each = [names] if isinstance(names, str) else names
    return joined_tests("or", [_TYPES[name].format(v=value) for name in each])


def keyword_expression(keyword: str, said: Any, value: str, known: str, bind: Bind) -> str:
    """Whether *value* obeys *keyword*, of which *said* is the value; of what the keyword does not judge, it is true.

    *known* is the type that *value* is known to have, or empty.

    Raises:
        KeyError: the keyword holds schemas, or is not known here.
    """
    kind, expression = _KEYWORDS[keyword]
    told = expression(said, value, bind)
    if kind in ("", known) or (kind == "number" and known == "integer"):
        return told
    return "True" if known else f"(not {type_expression(kind, value)} or {told})"


def joined_tests(word: str, tests: Sequence[str]) -> str:
    """*tests* joined by *word*, ``and`` or ``or``; of none, what makes no difference."""
    if not tests:
        return str(word == "and")
    return tests[0] if len(tests) == 1 else f"({f' {word} '.join(tests)})"


def required_expression(names: Sequence[str], value: str, bind: Bind) -> str:
    """Whether *value*, an object, has members of these names."""
    if len(names) > _FEW:
        return f"{bind(frozenset(names))} <= {value}.keys()"
    return joined_tests("and", [f"{name!r} in {value}" for name in names])


def _limited(of: str, comparison: str) -> Callable[[Any, str, Bind], str]:
    """The expression that *of* a value, such as its length, is in *comparison* with a limit."""

    def expression(limit: Any, value: str, bind: Bind) -> str:
        plain = type(limit) is int and abs(limit) < _MOST_EXACT
        return f"{of.format(v=value)} {comparison} {limit if plain else bind(limit)}"

    return expression


def _member(members: Sequence[Any], value: str, bind: Bind) -> str:
    plain = frozenset(member for member in members if type(member) in _PLAIN)
    if len(plain) == len(members) and all(isinstance(member, str) for member in plain):
        return f"(isinstance({value}, str) and {value} in {bind(plain)})"
    return f"({value} in {bind(plain)} if type({value}) in PLAIN else is_one_of({value}, {bind(members)}))"


def _depending(needs: Mapping[str, Sequence[str]], value: str, bind: Bind) -> str:
    return joined_tests(
        "and",
        [f"({name!r} not in {value} or {required_expression(others, value, bind)})" for name, others in needs.items()],
    )


def _multiple(divisor: Any, value: str, bind: Bind) -> str:
    told = f"is_multiple({value}, {bind(divisor)})"
    return f"({value} % {divisor} == 0 if type({value}) is int else {told})" if type(divisor) is int else told


_KEYWORDS: Final[Mapping[str, tuple[str, Callable[[Any, str, Bind], str]]]] = {
    "type": ("", lambda names, value, _: type_expression(names, value)),
    "const": ("", lambda expected, value, bind: _member([expected], value, bind)),
    "enum": ("", _member),
    "minimum": ("number", _limited("{v}", ">=")),
    "maximum": ("number", _limited("{v}", "<=")),
    "exclusiveMinimum": ("number", _limited("{v}", ">")),
    "exclusiveMaximum": ("number", _limited("{v}", "<")),
    "multipleOf": ("number", _multiple),
    "minLength": ("string", _limited("len({v})", ">=")),
    "maxLength": ("string", _limited("len({v})", "<=")),
    "pattern": ("string", lambda pattern, value, bind: f"{bind(compile_pattern(pattern))}({value})"),
    "minItems": ("array", _limited("len({v})", ">=")),
    "maxItems": ("array", _limited("len({v})", "<=")),
    "uniqueItems": ("array", lambda wanted, value, _: f"not has_twice({value})" if wanted else "True"),
    "minProperties": ("object", _limited("len({v})", ">=")),
    "required": ("object", required_expression),
    "dependentRequired": ("object", _depending),
}
"""For each keyword the type of what it judges, empty for any, and its expression."""


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    # A union would be made anew with each call.
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_one_of(value: Any, members: Sequence[Any]) -> bool:
    return any(same_json(value, member) for member in members)


def _is_multiple(value: Any, divisor: Any) -> bool:
    from fractions import Fraction  # rarely asked for, and it comes with decimal numbers

    # As fractions of what was written: 0.3 is a multiple of 0.1, though not of the nearest binary number.
    return Fraction(str(value)) % Fraction(str(divisor)) == 0


def _has_twice(items: Sequence[Any]) -> bool:
    if all(isinstance(item, str) for item in items):
        return len({*items}) < len(items)
    return any(same_json(item, other) for number, item in enumerate(items) for other in items[:number])


_PLAIN: Final = frozenset({str, int, float})
EXPRESSION_NAMES: Final[Mapping[str, object]] = {
    "PLAIN": _PLAIN,
    "is_integer": _is_integer,
    "is_number": _is_number,
    "is_one_of": _is_one_of,
    "is_multiple": _is_multiple,
    "has_twice": _has_twice,
}
"""What expressions use, by its name in them."""
