"""What RFC 8259 allows passes; everything else is BadJSON with a place."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidmock import strict_json
from vidmock.problems import BadJSON

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
DEEP: Any = []
for _ in range(127):
    DEEP = [DEEP]


@pytest.mark.parametrize(
    ("text", "line", "column", "what"),
    [
        ('{"a": 1,\n "a": 2}', 2, 2, "'a' appears twice"),
        ('{"a": [{"b": 1, "b": 2}]}', 1, 17, "'b' appears twice"),
        ('{"a": {"x": 1}, "a": 2}', 1, 17, "'a' appears twice"),
        ('{"a": 1, "\\u0061": 2}', 1, 10, "'a' appears twice"),
        ("[1,\n NaN]", 2, 2, "NaN is not JSON"),
        ("[Infinity]", 1, 2, "Infinity is not JSON"),
        ('{"NaN": -Infinity}', 1, 9, "-Infinity is not JSON"),
        ("[1e999]", 1, 2, "too large"),
        ("[-1e999]", 1, 2, "too large"),
        ('{"a" 1}', 1, 6, "Expecting ':'"),
        ("", 1, 1, "Expecting value"),
        ("[1] 2", 1, 5, "Extra data"),
        ("\ufeff{}", 1, 1, "Expecting value"),
        (b"[\n\xff]", 2, 1, "not UTF-8"),
        ('{"é": "x"}'.encode("latin-1"), 1, 3, "not UTF-8"),
        (b"{\x00}", 1, 2, "property name"),
        ('{"a":\n ["\\ud800"]}', 2, 3, "lone surrogate"),
        ('{"\\udc00": 1}', 1, 2, "lone surrogate"),
        ('["x", "\ud800"]', 1, 8, "lone surrogate"),
        ("[" * 100_000, 0, 0, "nested too deeply"),
        ("[" * 100_000 + "]" * 100_000, 0, 0, "nested too deeply"),
        ("[" * 129 + "]" * 129, 0, 0, "nested too deeply: more than 128 levels"),
        ('{"a":' * 129 + "1" + "}" * 129, 0, 0, "nested too deeply"),
        ("1" * 5_000, 0, 0, "too many digits"),
        ("[1,\n -" + "9" * 400 + "]", 2, 2, "9 is too large"),
        ("{'a': 1}", 1, 2, "double quotes"),
        ("[1,]", 1, 4, "Expecting value"),
        ('["\n"]', 1, 3, "Invalid control character"),
    ],
    ids=lambda value: repr(value)[:24] if isinstance(value, str | bytes) else str(value),
)
def test_what_is_not_strict_json_is_refused_with_its_place(
    text: str | bytes, line: int, column: int, what: str
) -> None:
    with pytest.raises(BadJSON, match=what) as refusal:
        strict_json.loads(text)
    assert (refusal.value.line, refusal.value.column) == (line, column)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('["\\ud83d\\ude00"]', ["😀"]),
        ('{"a": {"a": {"a": 1}}}', {"a": {"a": {"a": 1}}}),
        ('[{"a": 1}, {"a": 2}]', [{"a": 1}, {"a": 2}]),
        ('["NaN", "Infinity", "{\\"a\\": 1, \\"a\\": 2}"]', ["NaN", "Infinity", '{"a": 1, "a": 2}']),
        ('"\\\\ud800"', "\\ud800"),
        (b' \t\r\n{"\xc3\xa9": -0.5e1} ', {"é": -5.0}),
        ("1e308", 1e308),
        ("1" + "0" * 308, 10**308),
        ("[" * 128 + "]" * 128, DEEP),
        (json.dumps([{}] * 1000), [{}] * 1000),
        ("null", None),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_strict_json_is_read(text: str | bytes, value: Any) -> None:
    assert strict_json.loads(text) == value


@given(JSON)
def test_whatever_json_writes_is_read_back(value: Any) -> None:
    assert strict_json.loads(json.dumps(value)) == value
    assert strict_json.loads(json.dumps(value, ensure_ascii=False).encode()) == value


@given(st.text() | st.binary() | st.text('{}[]",:\\uud8001eNaInfity \n', max_size=40))
def test_no_input_raises_anything_but_bad_json(text: str | bytes) -> None:
    with suppress(BadJSON):
        json.dumps(strict_json.loads(text), allow_nan=False).encode()


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('{"a": "\\ud83d\\ude00\\"", "b": [",,"], "c": {"a": 1, "a": "%s"}}', '"a": "%s'),
        ('{"a": "%s\\"\\\\", "b": NaN}', "NaN"),
        ('{"%s": 1, "b": "\\ud83d"}', '"\\ud83d'),
    ],
    ids=["a key twice", "NaN", "a lone surrogate"],
)
@pytest.mark.parametrize("window", range(2, 9))
def test_a_fault_behind_a_long_text_is_found_at_its_place(
    monkeypatch: pytest.MonkeyPatch, window: int, text: str, place: str
) -> None:
    monkeypatch.setattr(strict_json, "_WINDOW", window)
    long = text.replace("%s", "x\\n" * 20)
    with pytest.raises(BadJSON) as refused:
        strict_json.loads(long)
    assert refused.value.position == long.index(place.replace("%s", "x\\n" * 20))


@pytest.mark.parametrize("window", [2, 3, 7, 2**20])
def test_any_number_of_spaces_is_passed_over(monkeypatch: pytest.MonkeyPatch, window: int) -> None:
    monkeypatch.setattr(strict_json, "_WINDOW", window)
    spaces = " \t\r\n" * 5
    assert strict_json.loads(f"{spaces}{{}}{spaces}") == {}
    for text, found, message in (
        (f"{spaces}{{}}{spaces}x", "x", "Extra data"),
        (f"{spaces}x", "x", "Expecting value"),
        (f"{{}}{spaces}\u00a0", "\u00a0", "Extra data"),
    ):
        with pytest.raises(BadJSON, match=message) as refused:
            strict_json.loads(text)
        assert refused.value.position == text.index(found)
    with pytest.raises(BadJSON, match="Expecting value") as refused:
        strict_json.loads(spaces)
    assert refused.value.position == len(spaces)


@pytest.mark.parametrize("window", [2, 3, 7, 2**20])
def test_only_commas_outside_of_texts_are_counted(monkeypatch: pytest.MonkeyPatch, window: int) -> None:
    monkeypatch.setattr(strict_json, "_WINDOW", window)
    value = ['a, \\, ", ', {"b,": ",,,"}, 1]
    assert strict_json.loads(json.dumps(value), most=4) == value
    with pytest.raises(BadJSON, match="more than 2 values"):
        strict_json.loads(json.dumps(value), most=2)
    for broken in ('["a, b", "\\', '["a, b", "c,', '[""' + '""' * 20):
        with pytest.raises(BadJSON, match=r"Unterminated|delimiter"):
            strict_json.loads(broken, most=2)
