"""Names that people give: in one line, and of characters that can be seen wherever they are shown."""

from __future__ import annotations

import re
from typing import Final

from vidmock.problems import BadRequest

_UNSEEN: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
"""Control characters, ends of lines, and halves of characters, of which UTF-8 has none."""


def check_seen(text: str, what: str, where: str) -> str:
    """*text*, which is *what* somebody has named something, in the member *where*.

    Raises:
        BadRequest: it has a control character, such as a line break.
    """
    if wrong := _UNSEEN.search(text):
        place = wrong.start() + 1
        raise BadRequest(
            f"{what} must be one line of text without control characters; character {place} is {wrong[0]!a}", where
        )
    return text


def seen_part(text: str) -> str:
    """*text* with a question mark in place of each character that :func:`check_seen` refuses."""
    return _UNSEEN.sub("?", text)
