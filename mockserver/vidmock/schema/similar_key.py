"""Finds the parameter whose name somebody has misspelt. ``negativePrompt`` is no misspelt ``positivePrompt``."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from functools import lru_cache
from typing import Final

from vidmock.problems import LONGEST_MISSPELT

_WORDS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_SAYS_NOTHING: Final = frozenset({"url", "uri"})
"""Words that one name of a file has and another has not."""
_CHANGES_NOTHING: Final = frozenset({"positive", "input", "source", "main", "user", "my"})
"""Words that some names have besides, and that make nothing else of it, as *negative* and *end* do."""
_OF_FILES: Final = frozenset({"image", "picture", "photo", "video", "clip", "audio", "file"})
_SAME: Final = (
    frozenset({"prompt", "text", "script"}),
    frozenset({"image", "picture", "photo"}),
    frozenset({"video", "clip"}),
)
"""Words that different providers have for one thing."""
_SHORT: Final = 5
"""In a name of so many letters, one may be wrong; in a longer one, two."""


def similar_key(name: str, known: Iterable[str]) -> str | None:
    """The one of *known* that was meant by *name*: other capitals, separators, a plural, ``_url``, or wrong letters."""
    if len(name) > LONGEST_MISSPELT:
        return None
    choices = list(known)
    words = _words(name)
    same = [choice for choice in choices if words and _words(choice) == words]
    if len(same) == 1:
        return same[0]
    letters = _letters(name)
    allowed = 1 if len(letters) <= _SHORT else 2
    distances = {choice: _distance(letters, _letters(choice), allowed) for choice in same or choices}
    close = [choice for choice in distances if distances[choice] <= min(allowed, len(letters) - 1)]
    return min(close, key=distances.__getitem__, default=None)


def shorter_key(name: str, known: Iterable[str]) -> str | None:
    """The only one of *known* that has all words of *name*, and others: ``prompt`` for ``positivePrompt``.

    Where none has, it is the only one that is called by another word for the same: ``text`` for ``prompt``.
    """
    words = set(_words(name)) if len(name) <= LONGEST_MISSPELT else set()
    choices = list(known)
    for alike in (words, *(group for group in _SAME if words < group and len(words) == 1)):
        found = [choice for choice in choices if words and _has_words(choice, words, alike)]
        if len(found) == 1:
            return found[0]
    return None


def longer_key(name: str, known: Iterable[str]) -> str | None:
    """The only one of *known* of which *name* has all words, and some that change nothing: ``image``."""
    words = set(_words(name)) if len(name) <= LONGEST_MISSPELT else set()
    found = [choice for choice in known if words - {*_words(choice)} <= _CHANGES_NOTHING and words > {*_words(choice)}]
    return found[0] if len(found) == 1 else None


def is_address_of(name: str, member: str) -> bool:
    """Whether *name* says only that it is an address, as ``url`` does, and *member* is a file of some kind."""
    return name.casefold() in _SAYS_NOTHING and not _OF_FILES.isdisjoint(_words(member))


def _has_words(choice: str, words: set[str], alike: Collection[str]) -> bool:
    """Whether *choice* has all of *words*, and others; or is another one of those that are *alike*."""
    there = set(_words(choice))
    return words < there if alike == words else len(there) == 1 and there <= set(alike)


@lru_cache(maxsize=4096)
def _words(name: str) -> tuple[str, ...]:
    """The words of *name* in small letters and in the singular, without those that say nothing if any other is left."""
    words = [word.casefold() for word in _WORDS.findall(name)]
    single = [word.removesuffix("s") if len(word) > len("gas") else word for word in words]
    return (*[word for word in single if word not in _SAYS_NOTHING],) or (*single,)


@lru_cache(maxsize=4096)
def _letters(name: str) -> str:
    return re.sub(r"[\W_]", "", name).casefold()


def _distance(left: str, right: str, most: int) -> int:
    """How many letters are wrong, missing, too many or in each other's place; any number above *most* if more."""
    if abs(len(left) - len(right)) > most:
        return most + 1
    # Each letter that only one of them has is one that is wrong, or too many: most names are told apart by this alone.
    if len({*left} - {*right}) > most or len({*right} - {*left}) > most:
        return most + 1
    rows = [list(range(len(right) + 1))]
    for i, one in enumerate(left, 1):
        row, above = [i], rows[-1]
        for j, other in enumerate(right, 1):
            best = min(above[j] + 1, row[-1] + 1, above[j - 1] + (one != other))
            if i > 1 and j > 1 and one == right[j - 2] and other == left[i - 2]:
                best = min(best, rows[-2][j - 2] + 1)
            row.append(best)
        rows.append(row)
    return rows[-1][-1]
