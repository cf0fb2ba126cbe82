"""What a value is that is spelt otherwise than any schema has it."""

from __future__ import annotations

from typing import Any

import pytest

from vidmock.schema.respelling import values_meant


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ({"url": "https://a.b/c"}, ["https://a.b/c"]),
        ({"url": None}, []),
        ({"a": 1, "b": 2}, []),
        (" Five ", [5, "5"]),
        ("5s", [5, "5"]),
        ("2.5 seconds", [2.5]),
        ("1080px", [1080, "1080"]),
        ("5 apples", []),
        ("portrait", ["9:16"]),
        ("https://a.b/c d.png", ["https://a.b/c%20d.png"]),
        ("https://a.b/c.png", []),
        ("https://a.b/c, https://a.b/d\nHTTPS://a.b/e", [["https://a.b/c", "https://a.b/d", "HTTPS://a.b/e"]]),
        ("www.a.b/c.png", ["https://www.a.b/c.png"]),
        ("www. what?", []),
        (1.78, ["16:9"]),
        (1.5, []),
        (1, []),
        ("https://a.b/" + "c d" * 1000, []),
    ],
)
def test_a_value_is_read_as_what_was_probably_meant(value: Any, meant: list[Any]) -> None:
    assert list(values_meant(value)) == meant
