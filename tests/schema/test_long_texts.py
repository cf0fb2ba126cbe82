"""Patterns and base64 mean the same on a text of any length, and no single step goes through all of a long one."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vidmock.schema import base64_text, text_pattern
from vidmock.schema.base64_text import decode_base64
from vidmock.schema.catalog import models
from vidmock.schema.text_pattern import compile_pattern

DATA = "^data:image/[A-Za-z0-9.+-]+;base64,[A-Za-z0-9+/]+={0,2}$"
BARE = "^[A-Za-z0-9+/]+={0,2}$"
CONTROL = "[\\x00-\\x20\\x7f]"
NEWLINE = "\\n"


def patterns() -> set[str]:
    """The patterns of all models' schemas."""

    def found(node: object) -> set[str]:
        if isinstance(node, Mapping):
            own = {node["pattern"]} if isinstance(node.get("pattern"), str) else set()
            return own.union(*map(found, node.values()))
        return set().union(*map(found, node)) if isinstance(node, Sequence) and not isinstance(node, str) else set()

    return set().union(*(found(model.schema) for model in models()))


@pytest.fixture
def small_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows of a few characters, so that short texts are long ones."""
    monkeypatch.setattr(text_pattern, "TEXT_WINDOW", 32)
    monkeypatch.setattr(base64_text, "_WINDOW", 8)


TEXTS = [
    "",
    "A" * 31,
    "A" * 200,
    "A" * 200 + "==",
    "A" * 200 + "===",
    "A" * 200 + "!",
    "A" * 200 + "\n",
    "A" * 100 + "=" + "A" * 100,
    "data:image/png;base64," + "A" * 200,
    "data:image/png;base64," + "A" * 200 + "=",
    "data:image/png;base64," + "A" * 200 + " ",
    "data:image/png;base64,",
    "data:image/png;base64,=",
    "data:video/png;base64," + "A" * 200,
    "x" * 63 + "\x7f",
    "x" * 64 + " " + "x" * 64,
]


@pytest.mark.usefixtures("small_windows")
@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
@pytest.mark.parametrize("pattern", [DATA, BARE, CONTROL, NEWLINE])
def test_in_windows_a_pattern_finds_what_it_finds_at_once(pattern: str, text: str) -> None:
    assert compile_pattern(pattern)(text) is (re.search(pattern, text) is not None)


@pytest.mark.usefixtures("small_windows")
def test_any_other_pattern_looks_at_the_beginning_of_a_long_text() -> None:
    assert compile_pattern("^[a-z]+://")("x" * 20 + "://" + "y" * 100)
    assert not compile_pattern("^[a-z]+://")("x" * 40 + "://")


def test_the_patterns_that_go_to_the_end_of_a_text_are_read_in_windows() -> None:
    whole = {pattern for pattern in patterns() if pattern.endswith("+={0,2}$")}
    assert {DATA, BARE} <= whole
    assert all(text_pattern._RUN.fullmatch(pattern) for pattern in whole)


@settings(max_examples=100)
@given(st.binary(max_size=60), st.sampled_from(["", "=", "==", "!", "A", "é"]), st.integers(0, 80))
def test_base64_in_windows_is_base64(data: bytes, odd: str, at: int) -> None:
    encoded = base64.b64encode(data).decode()
    text = encoded[:at] + odd + encoded[at:]
    try:
        whole = base64.b64decode(text, validate=True)
    except ValueError:
        whole = b""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(base64_text, "_WINDOW", 8)
        assert decode_base64(text) == whole
