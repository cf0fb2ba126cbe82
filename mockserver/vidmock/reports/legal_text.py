"""What a client has said, for files."""

from __future__ import annotations


def well_formed(text: str) -> str:
    """*text* with a ``?`` for each lone surrogate, which UTF-8 does not have."""
    return text.encode("utf-8", "replace").decode("utf-8")


def legal(text: str) -> str:
    """*text* without the control characters and lone surrogates that XML, HTML and UTF-8 do not have."""
    return "".join(character if character.isprintable() or character in "\n\t" else "?" for character in text)
