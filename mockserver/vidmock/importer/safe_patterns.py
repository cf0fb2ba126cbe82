"""Tells which regular expressions of a page may be used: those that no text can keep busy."""

from __future__ import annotations

import re
from typing import Final

LONGEST_SAFE_PATTERN: Final = 200
"""Characters of a pattern that is taken over from a page."""
_PART: Final = r"(?:[^\\\[\](){}|*+?.^$]|\\[-.*+?/\\()\[\]{}|^$]|\[\^?(?:[^\\\[\]]|\\[-.\]\\^])+\])"
_COUNTED: Final = r"(?:\{[0-9]{1,3}(?:,[0-9]{1,3})?\}|\?)?"
_SAFE: Final = re.compile(rf"\^(?:{_PART}{_COUNTED})*(?:{_PART}[*+](?:{_PART}{_COUNTED})*+)?\$?")


def is_safe_pattern(pattern: str) -> bool:
    """Whether *pattern* begins at the start of a text, has no groups, and repeats one part at most without a limit.

    It then takes no longer than its text is long, in Python, JavaScript and RE2 alike.
    """
    return len(pattern) <= LONGEST_SAFE_PATTERN and bool(_SAFE.fullmatch(pattern))
