"""The keywords of JSON Schema that no shipped model uses, and a user's may: judged as jsonschema judges them."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from vidmock.schema import compiled
from vidmock.schema.catalog import as_model
from vidmock.schema.validate import find_violations

TREE = {"$defs": {"leaf": {"type": "integer"}}, "type": "object", "additionalProperties": {"$ref": "#"}}
LOOP = {"$defs": {"list": {"type": "array", "items": {"$ref": "#/$defs/list"}}}, "$ref": "#/$defs/list"}
ONE = {"oneOf": [{"type": "integer"}, {"type": "number", "minimum": 5}, {"type": "string", "maxLength": 2}]}
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
