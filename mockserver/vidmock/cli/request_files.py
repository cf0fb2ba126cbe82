"""Finds the requests that people name on the command line: in files, folders, patterns, JSON Lines, standard input."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from vidmock.located_file import Location, lines_of, nearest_line
from vidmock.problems import BadJSON, BadRequest
from vidmock.user_files import as_request, read_request_text

MOST_REQUEST_FILES: Final = 10_000
"""Files that one command looks at."""
MOST_REQUEST_LINES: Final = 100_000
"""Requests in one file of JSON Lines."""
SEVERAL: Final = "; several requests are one a line, in a file that ends in .jsonl or with --lines"
"""What to do with a file of several requests, as the end of a sentence."""
_SUFFIXES: Final = (".json", ".jsonl", ".ndjson")
_MAGIC: Final = frozenset("*?[")
_OF_LINES: Final = (".jsonl", ".ndjson")


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


def files_named(places: Iterable[str]) -> list[str]:
    """The files that *places* mean: files, folders with such files, patterns, and ``-``, each once, in order.

    Raises:
        BadRequest: a folder has none, nothing fits a pattern, or there are more than can be meant.
    """
    found: dict[str, None] = {}
    for place in places:
        found |= dict.fromkeys(_meant(place))
        if len(found) > MOST_REQUEST_FILES:
            raise BadRequest(f"these are more than {MOST_REQUEST_FILES:,} files: name the folder that holds requests")
    return list(found)


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


def _meant(place: str) -> list[str]:
    try:
        if place != "-" and Path(place).is_dir():
            inside = (file for file in sorted(Path(place).rglob("*")) if _is_request(file, Path(place)))
            if found := [str(file) for file in inside]:
                return found
            raise BadRequest(f"there is no request in the folder {place!r}: each is a file such as request.json")
        if _MAGIC.intersection(place) and not Path(place).exists():
            top = Path(place).anchor
            if found := sorted(str(file) for file in Path(top).glob(place.removeprefix(top)) if file.is_file()):
                return found
            raise BadRequest(f"no file fits {place!r}")
    except (OSError, ValueError) as error:
        # A name that no file can have.
        raise BadRequest(f"cannot read {place!r}: {error}") from error
    return [place]


def _is_request(file: Path, folder: Path) -> bool:
    hidden = any(part.startswith(".") for part in file.relative_to(folder).parts)
    return file.suffix in _SUFFIXES and not hidden and file.is_file()
