"""Patterns of the schemas on texts of any length: a long one is searched in windows, and never from its end again.

While one regular expression is at work, nothing else runs in the process, in no thread.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

TEXT_WINDOW: Final = 2**18
"""Characters of a text that are looked at in one go."""
_CLASS: Final = r"\[(?:[^\]\\]|\\.)+\]|[^\\^$.|?*+()\[\]{}]|\\n"
_ONE: Final = re.compile(_CLASS)
_RUN: Final = re.compile(rf"(\^.*[^+*?\\])({_CLASS})\+(=\{{0,2\}}\$)|(\^)({_CLASS})\+(=\{{0,2\}}\$)")

Search = Callable[[str], bool]


def compile_pattern(pattern: str) -> Search:
    """A function that tells whether *pattern* is found in a text.

    In a text of more than ``TEXT_WINDOW`` characters, one character is looked for everywhere, and so is a run of them
    up to the end, as in ``^data:[a-z/]+;base64,[A-Za-z0-9+/]+={0,2}$``; any other pattern only at the beginning.
    """
    search = re.compile(pattern).search
    if _ONE.fullmatch(pattern):
        return lambda text: search(text) is not None if len(text) <= TEXT_WINDOW else _anywhere(search, text)
    if run := _RUN.fullmatch(pattern):
        head, kind, tail = (part for part in run.groups() if part is not None)
        long = _run(head, kind, tail)
        return lambda text: search(text) is not None if len(text) <= TEXT_WINDOW else long(text)
    return lambda text: search(text, 0, TEXT_WINDOW) is not None


def _anywhere(search: Callable[[str, int, int], object], text: str) -> bool:
    return any(search(text, at, at + TEXT_WINDOW) for at in range(0, len(text), TEXT_WINDOW))


def _run(head: str, kind: str, tail: str) -> Search:
    """A function that tells whether *head* begins a text, characters of a *kind* follow, and *tail* ends it."""
    begins, goes_on, ends = re.compile(head), re.compile(f"{kind}*+"), re.compile(tail)

    def search(text: str) -> bool:
        begun = begins.match(text, 0, TEXT_WINDOW)
        if begun is None:
            return False
        start = at = begun.end()
        while (step := goes_on.match(text, at, at + TEXT_WINDOW)) and step.end() > at:
            at = step.end()
        return at > start and ends.match(text, at) is not None

    return search
