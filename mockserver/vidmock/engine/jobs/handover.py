"""The handover: which results clients have been told of, and which bytes of their files they have got."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from vidmock.engine.changes import Changes
from vidmock.engine.codec import from_plain, to_plain

MOST_FILE_PARTS: Final = 64
"""Separate parts of one file that are remembered; of a client that fetches more of them, the later ones are not."""

Parts = tuple[tuple[int, int], ...]
"""Ranges of bytes, each from its first to behind its last, in their order, none of which touch each other."""


class Handover:
    """What has reached clients, by the id of an output, or of a job that makes no files. Only the job store changes it.

    A result is *told* once an answer, its file or an accepted webhook has reached somebody. Its file is
    *downloaded* once every byte of it has, in one piece, in several, or inside of what told of the result.
    """

    def __init__(self, changes: Changes | None = None) -> None:
        self._changes = changes or Changes()
        self._told: set[str] = set()
        self._downloaded: set[str] = set()
        self._begun: dict[str, Parts] = {}

    def told(self, result: str) -> bool:
        return result in self._told

    def downloaded(self, output_id: str) -> bool:
        return output_id in self._downloaded

    def tell(self, results: Collection[str], enclosed: Iterable[str] = ()) -> None:
        """Note that somebody was told of these, and has got the files of those that were *enclosed*."""
        self._told.update(results)
        if self._changes.on:
            for result in results:
                self._changes.note("told", result)
        for output_id in enclosed:
            self._get(output_id)

    def fetch(self, output_id: str, first: int, end: int, size: int) -> None:
        """Note that the bytes from *first* to before *end* of a file of *size* have reached somebody."""
        if output_id in self._downloaded:
            return
        parts = add_part(self._begun.get(output_id, ()), first, end)
        if parts == ((0, size),):
            self._get(output_id)
            return
        if len(parts) <= MOST_FILE_PARTS:
            self._begun[output_id] = parts
        self._note_file(output_id)

    def _get(self, output_id: str) -> None:
        """Note that all of the file has reached somebody."""
        self._downloaded.add(output_id)
        self._begun.pop(output_id, None)
        self._note_file(output_id)

    def _note_file(self, output_id: str) -> None:
        if self._changes.on:
            self._changes.note("downloaded", output_id)
            self._changes.note("begun", output_id)

    def drop(self, results: Iterable[str]) -> None:
        """Forget all about these."""
        for result in results:
            self._told.discard(result)
            self._downloaded.discard(result)
            self._begun.pop(result, None)
            if self._changes.on:
                self._changes.note("told", result)
                self._changes.note("downloaded", result)
                self._changes.note("begun", result)

    def begun(self, output_id: str) -> Parts:
        """The parts of a file that has not been downloaded whole."""
        return self._begun.get(output_id, ())

    def state(self) -> dict[str, Any]:
        """All of it as plain data, for a snapshot."""
        return {
            "told": to_plain(self._told),
            "downloaded": to_plain(self._downloaded),
            "begun": {name: to_plain(parts) for name, parts in sorted(self._begun.items())},
        }

    def restore(self, state: Mapping[str, Any], known: Iterable[str]) -> None:
        """Take over *state*, as far as it is about results that are *known*. Raises KeyError, TypeError, ValueError."""
        told, downloaded = (from_plain(frozenset[str], state[name]) for name in ("told", "downloaded"))
        begun = from_plain(dict[str, Parts], state["begun"])
        for result in known:
            if result in told:
                self._told.add(result)
            if result in downloaded:
                self._downloaded.add(result)
            elif result in begun:
                self._begun[result] = begun[result]


def add_part(parts: Parts, first: int, end: int) -> Parts:
    """*parts* and that from *first* to before *end*, joined with those that it touches; an empty one adds nothing."""
    if end <= first:
        return parts
    before = tuple(part for part in parts if part[1] < first)
    after = tuple(part for part in parts if part[0] > end)
    touched = [part for part in parts if part[1] >= first and part[0] <= end]
    return (
        *before,
        (min([first, *(part[0] for part in touched)]), max([end, *(part[1] for part in touched)])),
        *after,
    )
