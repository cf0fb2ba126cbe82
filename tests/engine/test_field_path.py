"""Where a path leads in a JSON value, and what is made there."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidmock.engine.faults.field_path import objects_in, with_field, without_field

TREE = {"status": "OK", "data": [{"status": 1, "deep": {"status": 2}}, {"b": 3}], "a/b": 4}


@pytest.mark.parametrize(
    ("value", "path", "expected"),
    [
        ({}, "error", {"error": None}),
        ({"error": "x"}, "/error", {"error": None}),
        ({"output": "text"}, "/output/url", {"output": {"url": None}}),
        ({}, "/a/b/c", {"a": {"b": {"c": None}}}),
        ({"a/b": 1, "c~d": 2}, "/a~1b", {"a/b": None, "c~d": 2}),
        ({"a/b": 1, "c~d": 2}, "/c~0d", {"a/b": 1, "c~d": None}),
        ({"data": [1, 2]}, "/data/1", {"data": [1, None]}),
        ({"data": [1, 2]}, "/data/7", {"data": [1, 2, None]}),
        ({"data": [1, 2]}, "/data/-", {"data": [1, 2, None]}),
        ({"data": [1, 2]}, "/data/*", {"data": [None, None]}),
        ({"data": [{"a": 1}, {"b": 2}]}, "/data/a", {"data": [{"a": None}, {"b": 2, "a": None}]}),
        ({"data": [{"a": 1}, {"b": 2}]}, "/data/*/a", {"data": [{"a": None}, {"b": 2, "a": None}]}),
        ({"data": []}, "/data/a", {"data": [{"a": None}]}),
        ({"a": {"x": 1}, "b": {"x": 2}}, "/*/x", {"a": {"x": None}, "b": {"x": None}}),
        ({"a": 1}, "/", {"a": 1, "": None}),
        ({"x": 1, "in": [{"x": 2, "y": {"x": 3}}]}, "x", {"x": None, "in": [{"x": None, "y": {"x": None}}]}),
        ([{"x": 1}, {"y": 2}], "x", [{"x": None}, {"y": 2}]),
        ([{"y": 2}], "x", [{"y": 2, "x": None}]),
        ([], "x", [{"x": None}]),
        (None, "x", {"x": None}),
        ("text", "/x", {"x": None}),
    ],
    ids=repr,
)
def test_a_field_is_set_where_its_path_leads(value: Any, path: str, expected: Any) -> None:
    before = repr(value)
    assert with_field(value, path, None) == expected
    assert repr(value) == before


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("status", {"data": [{"deep": {}}, {"b": 3}], "a/b": 4}),
        ("/status", {"data": TREE["data"], "a/b": 4}),
        ("/data", {"status": "OK", "a/b": 4}),
        ("/data/0", {"status": "OK", "data": [{"b": 3}], "a/b": 4}),
        ("/data/*", {"status": "OK", "data": [], "a/b": 4}),
        ("/data/status", {**TREE, "data": [{"deep": {"status": 2}}, {"b": 3}]}),
        ("/data/0/deep/status", {**TREE, "data": [{"status": 1, "deep": {}}, {"b": 3}]}),
        ("/data/9/x", TREE),
        ("/*", {}),
        ("/status/x", TREE),
        ("/no/such", TREE),
        ("/a~1b", {"status": "OK", "data": TREE["data"]}),
    ],
)
def test_a_field_is_left_out_where_its_path_leads(path: str, expected: Any) -> None:
    assert without_field(TREE, path) == expected


JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "0", "*"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(JSON, st.sampled_from(["a", "/a", "/a/b", "/0/a", "/*/a", "/-", "/b/-/0"]))
def test_what_was_set_is_there_and_can_be_left_out(value: Any, path: str) -> None:
    mark = {"it": "is here"}
    changed = with_field(value, path, mark)
    empty = isinstance(value, dict) and not value and "*" in path
    assert empty or mark in objects_in(changed)
    if "-" not in path:
        assert mark not in objects_in(without_field(changed, path))
