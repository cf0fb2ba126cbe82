"""A rule's pattern is a part of a prompt, with ``*`` for any text; it is no regular expression."""

from __future__ import annotations

import pytest

from vidmock.engine.faults.prompt_pattern import (
    LONGEST_PATTERN,
    SEARCHED_PROMPT,
    check_pattern,
    is_in_prompt,
    longest_piece,
)
from vidmock.problems import BadRequest


@pytest.mark.parametrize(
    ("pattern", "prompt", "found"),
    [
        ("", "", True),
        ("", "a kite", True),
        ("kite", "a kite?", True),
        ("kite?", "a kite?", True),
        ("kite?", "a kit", False),
        ("Kite", "a kite", False),
        ("*", "", True),
        ("kite*dunes", "a kite\nover dunes", True),
        ("kite*dunes", "dunes, and a kite", False),
        ("aa*a", "aa", False),
        ("v1.5", "v1x5", False),
        ("x", "y" * SEARCHED_PROMPT + "x", False),
        ("x", "y" * (SEARCHED_PROMPT - 1) + "x", True),
    ],
)
def test_a_pattern_is_found_as_it_is_written(pattern: str, prompt: str, *, found: bool) -> None:
    check_pattern(pattern)
    assert is_in_prompt(pattern, prompt) is found


def test_the_longest_piece_is_in_every_prompt_that_fits() -> None:
    assert longest_piece("a*kite*x") == "kite"
    assert longest_piece("*") == ""


@pytest.mark.parametrize(
    ("pattern", "sign"),
    [
        ("(a+)+$", "("),
        ("^a kite", "^"),
        ("kite|dune", "|"),
        (r"\bkite", "\\"),
        ("kite.*dune", ".*"),
        ("a.?kite", ".?"),
        ("[ab]", "["),
        ("a{2}", "{"),
        ("a+", "+"),
        ("(?=kite)", "("),
        (r"(a)\1", "("),
        ("a" * 100 + "$", "$"),
    ],
)
def test_a_regular_expression_is_refused_with_what_to_write(pattern: str, sign: str) -> None:
    with pytest.raises(BadRequest, match="not a regular expression") as refused:
        check_pattern(pattern)
    assert f"has a {sign!r}" in str(refused.value)
    assert "Write * for that sign" in str(refused.value)
    assert refused.value.parameter == "prompt"
    assert len(str(refused.value)) < 400


def test_a_pattern_has_a_longest() -> None:
    check_pattern("x" * LONGEST_PATTERN)
    with pytest.raises(BadRequest, match=f"at most {LONGEST_PATTERN} characters, not {LONGEST_PATTERN + 1}"):
        check_pattern("x" * (LONGEST_PATTERN + 1))
