"""What a client has said, for files."""

from __future__ import annotations


def legal(text: str) -> str:
    """*text* without the control characters and lone surrogates that XML, HTML and UTF-8 do not have."""
    return "".join(character if character.isprintable() or character in "\n\t" else "?" for character in text)
