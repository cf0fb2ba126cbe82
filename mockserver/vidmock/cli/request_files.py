"""Reads the requests in the files that people name on the command line: of JSON, or of JSON Lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from vidmock.cli.named_files import FileKind
from vidmock.located_file import Location, lines_of, nearest_line
from vidmock.problems import BadJSON, BadRequest
from vidmock.user_files import as_request, read_request_text

MOST_REQUEST_LINES: Final = 100_000
"""Requests in one file of JSON Lines."""
SEVERAL: Final = "; several requests are one a line, in a file that ends in .jsonl or with --lines"
"""What to do with a file of several requests, as the end of a sentence."""
_OF_LINES: Final = (".jsonl", ".ndjson")
REQUESTS: Final = FileKind("request", (".json", *_OF_LINES))


@dataclass(frozen=True, slots=True)
class FoundRequest:
    """A request: its *value*, in *file* (``-`` for standard input), from *line* on; *text* is the value's, if any.

    *name* is what people call it: the file, with the line where a file has several.
    """

    file: str
    name: str
    line: int
    value: Any
    text: bytes

    def lines_at(self, places: Sequence[Location]) -> list[int]:
        """The line in the file for each of *places* in the value."""
        if not self.text:
            return [self.line] * len(places)
        lines = lines_of(self.text.decode()) if places else {}
        return [self.line - 1 + nearest_line(lines, place) for place in places]


@dataclass(frozen=True, slots=True)
class UnreadRequest:
    """What cannot be read as a request, and *why*; *file* and *line* say where."""

    file: str
    line: int
    why: str


def read_requests(file: str, *, lines: bool) -> Iterator[FoundRequest | UnreadRequest]:
    """The requests in *file*: one, or one a line in JSON Lines, which *lines* says that it is whatever its name."""
    try:
        name, text = read_request_text(file)
    except BadRequest as problem:
        yield UnreadRequest(file, 1, str(problem))
        return
    if not lines and Path(file).suffix not in _OF_LINES:
        yield _read(file, name, 1, text)
        return
    written = [(number, line) for number, line in enumerate(text.split(b"\n"), 1) if line.strip()]
    if not written:
        yield UnreadRequest(file, 1, f"{name} is empty: each of its lines must be a request")
    if len(written) > MOST_REQUEST_LINES:
        yield UnreadRequest(file, 1, f"{name} has more than {MOST_REQUEST_LINES:,} lines: split it")
        return
    for number, line in written:
        yield _read(file, f"{name}:{number}", number, line)


def _read(file: str, name: str, line: int, text: bytes) -> FoundRequest | UnreadRequest:
    try:
        return FoundRequest(file, name, line, as_request(name, text), text)
    except BadRequest as problem:
        several = isinstance(problem.__cause__, BadJSON) and problem.__cause__.what == "Extra data"
        return UnreadRequest(file, line, f"{problem}{SEVERAL if several else ''}")
