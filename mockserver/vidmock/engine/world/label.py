"""The label of a world: what somebody calls it, such as the test whose it is."""

from __future__ import annotations

from typing import Final

from vidmock.engine.world.seen_text import check_seen
from vidmock.problems import BadRequest

LONGEST_LABEL: Final = 300
"""Characters of a label."""


def check_label(label: object) -> str:
    """*label*, which may be empty.

    Raises:
        BadRequest: it is no text, has more than LONGEST_LABEL characters, or one that cannot be seen.
    """
    return check_seen(kept_label(label), "a label", "label")


def kept_label(label: object) -> str:
    """*label* as it was kept: of characters that are refused by now, a world is not lost.

    Raises:
        BadRequest: it is no text, or has more than LONGEST_LABEL characters.
    """
    if not isinstance(label, str):
        raise BadRequest("a label must be a string, such as the name of a test", "label")
    if len(label) > LONGEST_LABEL:
        raise BadRequest(f"a label must have {LONGEST_LABEL} characters at most, not {len(label)}", "label")
    return label
