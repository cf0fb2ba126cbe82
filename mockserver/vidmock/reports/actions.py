"""What GitHub Actions reads of a program's output: annotations of lines of files."""

from __future__ import annotations

_DATA = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_PROPERTY = {**_DATA, ":": "%3A", ",": "%2C"}


def annotation(level: str, message: str, *, file: str, line: int, title: str) -> str:
    """A workflow command (``::error file=…``) that shows *message* at a *line* of a *file*, from 1 on."""
    places = {"file": file, "line": str(line), "title": title}
    told = ",".join(f"{name}={_escaped(value, _PROPERTY)}" for name, value in places.items())
    return f"::{level} {told}::{_escaped(message, _DATA)}"


def _escaped(text: str, by: dict[str, str]) -> str:
    return "".join(by.get(character, character) for character in text)
