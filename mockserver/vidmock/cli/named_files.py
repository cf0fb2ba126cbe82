"""Finds the files that people name on the command line: one by one, folders of them, patterns, standard input."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from vidmock.problems import BadRequest

MOST_NAMED_FILES: Final = 10_000
"""Files that one command looks at."""
_MAGIC: Final = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class FileKind:
    """Files that hold a *noun*, such as ``request``: in a folder, those whose names end in one of *suffixes*."""

    noun: str
    suffixes: tuple[str, ...]


def files_named(places: Iterable[str], kind: FileKind) -> list[str]:
    """The files that *places* mean: files, folders with such of *kind*, patterns, and ``-``, each once, in order.

    Raises:
        BadRequest: a folder has none, nothing fits a pattern, or there are more than can be meant.
    """
    found: dict[str, None] = {}
    for place in places:
        found |= dict.fromkeys(_meant(place, kind))
        if len(found) > MOST_NAMED_FILES:
            raise BadRequest(f"these are more than {MOST_NAMED_FILES:,} files: name the folder that holds {kind.noun}s")
    return list(found)


def _meant(place: str, kind: FileKind) -> list[str]:
    if place == "-" or "://" in place:
        # Whoever reads it says that an address is no file.
        return [place]
    try:
        if Path(place).is_dir():
            inside = (file for file in sorted(Path(place).rglob("*")) if _is_of(kind, file, Path(place)))
            if found := [str(file) for file in inside]:
                return found
            example = f"{kind.noun}{kind.suffixes[0]}"
            raise BadRequest(f"there is no {kind.noun} in the folder {place!r}: each is a file such as {example}")
        if _MAGIC.intersection(place) and not Path(place).exists():
            top = Path(place).anchor
            if found := sorted(str(file) for file in Path(top).glob(place.removeprefix(top)) if file.is_file()):
                return found
            raise BadRequest(f"no file fits {place!r}")
    except (OSError, ValueError) as error:
        # A name that no file can have.
        raise BadRequest(f"cannot read {place!r}: {error}") from error
    return [place]


def _is_of(kind: FileKind, file: Path, folder: Path) -> bool:
    hidden = any(part.startswith(".") for part in file.relative_to(folder).parts)
    return file.suffix in kind.suffixes and not hidden and file.is_file()
