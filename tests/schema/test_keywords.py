"""The keywords of JSON Schema that no shipped model uses, and a user's may: judged as jsonschema judges them."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, validators

from vidmock.schema import compiled
from vidmock.schema.catalog import as_model
from vidmock.schema.validate import find_violations
from vidmock.strict_json import DEEPEST

TREE = {"$defs": {"leaf": {"type": "integer"}}, "type": "object", "additionalProperties": {"$ref": "#"}}
LOOP = {"$defs": {"list": {"type": "array", "items": {"$ref": "#/$defs/list"}}}, "$ref": "#/$defs/list"}
ONE = {"oneOf": [{"type": "integer"}, {"type": "number", "minimum": 5}, {"type": "string", "maxLength": 2}]}
PAIR = {
    "$defs": {
        "one": {
            "type": "object",
            "properties": {"a": {"$ref": "#/$defs/other"}, "b": {"allOf": [{"$ref": "#/$defs/one"}]}},
        },
        "other": {"type": "array", "items": {"allOf": [{"$ref": "#/$defs/one"}]}},
    },
    "anyOf": [{"$ref": "#/$defs/one"}, {"$ref": "#/$defs/other"}, {"$ref": "#/$defs/one"}],
}
MAP = {"properties": {"a": {"type": "string"}}, "additionalProperties": {"type": "integer"}}
NUMBERS: list[Any] = [0, 0.3, 0.35, 1, 2.5, 5, 6, 7.5]
VALUES = [
    *NUMBERS,
    True,
    None,
    "",
    "ab",
    "abc",
    [],
    [1, 1],
    [1, 1.0],
    [1, True],
    ["a", "a"],
    ["a", "b"],
    [[], [[]]],
    [[], [1]],
    {},
    {"a": "x"},
    {"a": 1},
    {"b": 1},
    {"b": "x"},
    {"b": {}},
    {"b": {"c": 1}},
]


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        ({"exclusiveMinimum": 1}, "must be more than 1; got 0"),
        ({"exclusiveMaximum": 6}, "must be less than 6; got 6"),
        ({"multipleOf": 0.5}, "must be a multiple of 0.5; got 0.35"),
        ({"multipleOf": 3}, "must be a multiple of 3; got 1"),
        ({"uniqueItems": True}, "must hold nothing twice; got [1, 1]"),
        ({"uniqueItems": False}, ""),
        ({"minProperties": 1}, "must have at least 1 member; got 0"),
        (MAP, "must be a string; got 1"),
        ({"additionalProperties": {"type": "integer"}}, 'must be an integer; got "x"'),
        ({"additionalProperties": False}, "is not a parameter here: leave it out"),
        (ONE, "is not what the schema asks for; got 5"),
        (TREE, "must be an object; got 0"),
        (LOOP, "must be an array; got 0"),
        (PAIR, "is not what the schema asks for; got"),
        ({"format": "uri", "deprecated": True, "required": ["z"]}, "is missing, and required"),
    ],
    ids=str,
)
def test_a_keyword_means_what_it_means_elsewhere(schema: dict[str, Any], told: str) -> None:
    theirs, quick = Draft202012Validator(schema), compiled.compile_verdict(schema, schema)
    ours = as_model(Path("x.json"), MappingProxyType(schema))
    said = []
    for value in VALUES:
        found = find_violations(ours, value)
        assert quick(value) is theirs.is_valid(value), value
        assert bool(found) is not quick(value), value
        said += [violation.message for violation in found]
    assert any(message.startswith(told) for message in said) or not (said or told)


def test_a_multiple_is_one_of_the_number_that_was_written() -> None:
    tenths = compiled.compile_verdict({"multipleOf": 0.1}, {})
    assert [tenths(number) for number in (0.3, 0.35, 1e300, 7)] == [True, False, True, True]


STRICT = validators.extend(  # type: ignore[no-untyped-call]  # the stubs leave a parameter without a type
    Draft202012Validator,
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", lambda _, value: type(value) is int),
)
PLAIN = st.sampled_from([None, True, False, 0, 1, 2, 5, -1, 1.5, 0.3, 10**20, "", "a", "ab", "abc"])
SOME = st.recursive(
    PLAIN,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abcde"), inner, max_size=4),
    max_leaves=6,
)
TYPES = st.sampled_from(["string", "integer", "number", "boolean", "object", "array", "null"])
SIZES, LIMITS = st.integers(0, 3), st.sampled_from([0, 1, 1.5, 2, -1, 10**20])
NAMES = st.lists(st.sampled_from("abcde"), max_size=5, unique=True)
LEAVES: dict[str, st.SearchStrategy[Any]] = {
    "type": TYPES | st.lists(TYPES, min_size=1, max_size=3, unique=True),
    "enum": st.lists(SOME, min_size=1, max_size=4),
    "const": SOME,
    "pattern": st.sampled_from(["^a", "b$", "[bc]", "^a+$"]),
    "multipleOf": st.sampled_from([1, 2]),
    "uniqueItems": st.booleans(),
    "required": NAMES,
    "dependentRequired": st.dictionaries(st.sampled_from("abc"), NAMES, max_size=2),
    "default": SOME,
    **dict.fromkeys(["minLength", "maxLength", "minItems", "maxItems", "minProperties"], SIZES),
    **dict.fromkeys(["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"], LIMITS),
}
THEN = ("then", "else")
REFS = st.sampled_from([{"$ref": "#/$defs/x"}, {"$ref": "#/$defs/y"}, {"$ref": "#/$defs/x", "type": "object"}])


def around(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several = st.lists(inner, min_size=1, max_size=3)
    holding = {
        "properties": st.dictionaries(st.sampled_from("abcde"), inner, max_size=5),
        **dict.fromkeys(["additionalProperties", "items", "not", "if", "then", "else"], inner),
        **dict.fromkeys(["allOf", "anyOf", "oneOf"], several),
    }
    made = st.fixed_dictionaries({}, optional={**LEAVES, **holding})
    return made.map(lambda each: each if "if" in each else {key: said for key, said in each.items() if key not in THEN})


SCHEMAS = st.recursive(st.booleans() | REFS | st.fixed_dictionaries({}, optional=LEAVES), around, max_leaves=8)


@settings(max_examples=100)
@given(whole=SCHEMAS, x=SCHEMAS, y=SCHEMAS, values=st.lists(SOME, min_size=4, max_size=4))
def test_any_schema_is_judged_as_jsonschema_judges_it(whole: Any, x: Any, y: Any, values: list[Any]) -> None:
    root = {"allOf": [whole], "$defs": {"x": x, "y": y}}
    quick = compiled.compile_verdict(root, root)
    try:
        theirs, ours = [STRICT(root).is_valid(value) for value in values], [quick(value) for value in values]
    except RecursionError:
        # Of a reference that leads back to itself at once, one of them may not ask.
        return
    assert ours == theirs


def test_a_reference_that_leads_back_to_itself_at_once_is_no_end() -> None:
    root = {"$defs": {"x": {"anyOf": [{"$ref": "#/$defs/x"}]}}, "$ref": "#/$defs/x"}
    with pytest.raises(RecursionError):
        compiled.compile_verdict(root, root)(1)


def test_a_schema_that_says_what_is_unknown_is_not_compiled_however_deep_it_says_so() -> None:
    schemas: list[dict[str, Any]] = [
        {"properties": {"a": {"minContains": 1}}},
        {"items": {"then": {}}},
        {"not": {"text": "__import__"}},
    ]
    for wrong in schemas:
        with pytest.raises(ValueError, match="is not known here"):
            compiled.compile_verdict(wrong, {})


@pytest.mark.parametrize("name", ["a'b", 'a"b', "a\\", "a\nb", "\ud800", "{v}", "v", "__class__", "') or (True"])
def test_a_name_of_a_member_is_never_code(name: str) -> None:
    for schema in (
        {"required": [name]},
        {"type": "object", "required": [name], "properties": {name: {"const": name}}},
        {"properties": {name: {"enum": [name, 1]}, **{letter: {"type": "null"} for letter in "abc"}}},
        {"dependentRequired": {name: [name]}, "minProperties": 1},
    ):
        assert compiled.compile_verdict(schema, {})({name: name})
    assert not compiled.compile_verdict({"required": [name]}, {})({})


def test_a_schema_as_deep_as_json_may_be_is_compiled() -> None:
    deep: dict[str, Any] = {"type": "object", "required": ["a"]}
    for _ in range(DEEPEST // 7):
        deep = {"type": "object", "properties": {"a": {"anyOf": [{"type": "null"}, {"allOf": [deep]}]}}}
    holds, plain = compiled.compile_verdict(deep, deep), Draft202012Validator(deep)
    value: dict[str, Any] = {}
    for _ in range(DEEPEST // 7 + 2):
        assert holds(value) is plain.is_valid(value)
        value = {"a": value}
