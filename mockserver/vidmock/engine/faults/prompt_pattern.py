"""What a fault rule asks of a prompt: text that is a part of it, in which ``*`` stands for any other text.

Looking for it takes time in proportion to the prompt, whatever the pattern is. A regular expression may take for ever:
``(a+)+$`` does with forty letters. A library that cannot, RE2, has no package for Alpine Linux, and no types.
"""

from __future__ import annotations

import re
from typing import Final

from vidmock.problems import BadRequest

LONGEST_PATTERN: Final = 4096
"""Characters of a pattern, a limit of ours: a longer one is refused as a bad rule."""
SEARCHED_PROMPT: Final = 16 * 1024
"""Characters of a prompt that are looked at, a limit of ours: what comes behind them is searched for nothing.

No model here takes a prompt of more than 2,500.
"""
_OF_AN_EXPRESSION: Final = re.compile(r"[\\^$|()\[\]{}+]|\.[*?]")
_SHOWN: Final = 80


def check_pattern(pattern: str) -> None:
    """Raise BadRequest if *pattern* is too long, or was meant as a regular expression."""
    if len(pattern) > LONGEST_PATTERN:
        raise BadRequest(f"a prompt pattern has at most {LONGEST_PATTERN} characters, not {len(pattern)}", "prompt")
    if sign := _OF_AN_EXPRESSION.search(pattern):
        quoted = pattern if len(pattern) < _SHOWN else f"{pattern[: _SHOWN - 3]}…"
        raise BadRequest(
            f"the prompt pattern {quoted!r} has a {sign[0]!r}, and is not a regular expression, which could take for "
            "ever: it is a part of the prompt, with * for any text, as in 'kite * dunes'. Write * for that sign in a "
            "prompt, and a rule for each alternative",
            "prompt",
        )


def is_in_prompt(pattern: str, prompt: str) -> bool:
    """Whether the pieces of *pattern* stand in *prompt*, one behind the other."""
    at = 0
    for piece in pattern.split("*"):
        found = prompt.find(piece, at, SEARCHED_PROMPT)
        if found < 0:
            return False
        at = found + len(piece)
    return True


def longest_piece(pattern: str) -> str:
    """The longest text in *pattern*, which is in every prompt that it fits; "" if it fits any."""
    return max(pattern.split("*"), key=len)
