"""Reads the text of a page from a file or standard input, within bounds. Nothing is fetched."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from vidmock.problems import BadRequest

PAGE_BYTES: Final = 4 * 2**20
"""Bytes of a page. The largest that a provider has is some 150 KiB."""
LONGEST_PAGE_LINE: Final = 256 * 2**10
"""Characters of one line: a page may stand on a single one."""


@dataclass(frozen=True, slots=True)
class SourceText:
    """The *text* of a page, and the *name* under which messages speak of it. *stem* is its file's name, or empty."""

    name: str
    stem: str
    text: str


def read_source(source: str) -> SourceText:
    """The text behind *source*: a file's name, or ``-`` for standard input.

    Raises:
        BadRequest: it is an address, cannot be read, is too large, or is no text.
    """
    if source.lower().startswith(("http://", "https://")):
        raise BadRequest(
            f"{source} is an address, and vidmock fetches nothing. "
            f"Type: curl -fsSL '{_quotable(source)}' | vidmock import -"
        )
    if source == "-":
        return SourceText("standard input", "", as_text("standard input", sys.stdin.buffer.read(PAGE_BYTES + 1)))
    file = Path(source)
    try:
        with file.open("rb") as opened:
            content = opened.read(PAGE_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise BadRequest(f"cannot read {source!r}: {reason.lower()}") from error
    return SourceText(source, file.stem, as_text(source, content))


def as_text(name: str, content: bytes) -> str:
    """*content* as text, with line feeds alone at the ends of lines.

    Raises:
        BadRequest: it is larger than ``PAGE_BYTES``, empty, no UTF-8, holds control characters or an endless line.
    """
    if len(content) > PAGE_BYTES:
        raise BadRequest(f"{name} has more than {PAGE_BYTES // 2**20} MiB: no model page is that long")
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise BadRequest(f"{name} is no text in UTF-8: byte {error.start} is {content[error.start]:#04x}") from None
    if not text.strip():
        raise BadRequest(f"{name} is empty: it must be the page of a model")
    if any(ord(character) < 32 and character not in "\n\t\r\f" for character in text):
        raise BadRequest(f"{name} is no text: it has control characters")
    if any(len(line) > LONGEST_PAGE_LINE for line in text.split("\n")):
        raise BadRequest(f"{name} has a line of more than {LONGEST_PAGE_LINE // 2**10} KiB: no model page has")
    return text


def _quotable(source: str) -> str:
    return source.replace("'", "%27")
