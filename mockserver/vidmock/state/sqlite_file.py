"""State in one SQLite file, with a write-ahead log beside it."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Final

from vidmock.state.store import ChangeBatch, KeptPart, PartChange, StateLost

FILE_FORM: Final = 1
"""The ``user_version`` of the files that are written; a changed form gets another number."""
_OURS: Final = 0x7669646D
"""The ``application_id`` of our files: "vidm"."""
_INSIDE: Final = "state.sqlite3"
_TABLE: Final = """
CREATE TABLE part (
  place INTEGER PRIMARY KEY,
  key TEXT NOT NULL,
  part TEXT NOT NULL,
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  UNIQUE (key, part, name)
) STRICT
"""
_PUT: Final = """
INSERT INTO part (key, part, name, value) VALUES (?, ?, ?, ?)
ON CONFLICT (key, part, name) DO UPDATE SET value = excluded.value
"""
_WORLD: Final = "SELECT part, name, value FROM part WHERE key = ? ORDER BY place"
_DROP: Final = "DELETE FROM part WHERE key = ? AND part = ? AND name = ?"


class SqliteFile:
    """The state in the file at *path*, or in ``state.sqlite3`` in that folder. Only its owner may read it.

    It belongs to one process at a time.

    Raises:
        StateLost: it cannot be opened, is no such file, is of another version, or is used by another process.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self.path = file_of(path)
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
            self._file = sqlite3.connect(self.path, isolation_level=None, timeout=0.5, check_same_thread=False)
        except (OSError, ValueError, sqlite3.Error) as error:
            # A path with a NUL is a ValueError.
            raise self._lost(error) from error
        try:
            self._open()
        except sqlite3.Error as error:
            self.close()
            raise self._lost(error) from error
        except StateLost:
            self.close()
            raise

    @property
    def where(self) -> str:
        """The file, for people."""
        return str(self.path)

    @property
    def size(self) -> int:
        """Its bytes."""
        return self.path.stat().st_size

    def _open(self) -> None:
        run = self._file.execute
        # One process at a time: SQLite's own lock, which goes with the process however that ends.
        run("PRAGMA locking_mode = EXCLUSIVE")
        [form], [ours] = run("PRAGMA user_version").fetchone(), run("PRAGMA application_id").fetchone()
        empty = run("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
        if not empty and ours != _OURS:
            raise StateLost(f"{self.path} is a database of something else. Name another file")
        if not empty and form != FILE_FORM:
            raise StateLost(
                f"{self.path} has form {form}, and this vidmock reads form {FILE_FORM}. "
                "Use the vidmock that wrote it, or name another file"
            )
        run("PRAGMA journal_mode = WAL")
        # The log is on the disk before an answer leaves, so that not even the machine's end loses what was answered.
        run("PRAGMA synchronous = FULL")
        run("BEGIN IMMEDIATE")
        if empty:
            run(_TABLE)
            run(f"PRAGMA user_version = {FILE_FORM}")
            run(f"PRAGMA application_id = {_OURS}")
        run("COMMIT")

    def write(self, batch: ChangeBatch) -> Collection[str]:
        def keep(run: Callable[..., sqlite3.Cursor]) -> None:
            if not batch.closed and not batch.changes:
                # The first page is written, though nothing in it is different.
                run(f"PRAGMA user_version = {FILE_FORM}")
            for key in batch.closed:
                run("DELETE FROM part WHERE key = ?", (key,))
            for change in batch.changes:
                write_change(run, change)

        self.change(keep)
        return ()

    def change(self, work: Callable[[Callable[..., sqlite3.Cursor]], None]) -> None:
        """Do *work*, which is given what runs a statement, whole or not at all. Raises StateLost: not at all."""
        run = self._file.execute
        try:
            run("BEGIN IMMEDIATE")
            work(run)
            run("COMMIT")
        except BaseException as error:
            with contextlib.suppress(sqlite3.Error):
                run("ROLLBACK")
            if isinstance(error, sqlite3.Error):
                raise self._lost(error) from error
            raise

    def worlds(self) -> Iterator[tuple[str, Sequence[KeptPart]]]:
        try:
            rows = self._file.execute("SELECT key, part, name, value FROM part ORDER BY key, place")
            for key, parts in groupby(rows, lambda row: str(row[0])):
                yield key, [(part, name, value) for _, part, name, value in parts]
        except sqlite3.Error as error:
            raise self._lost(error) from error

    def world(self, key: str) -> Sequence[KeptPart]:
        try:
            return self._file.execute(_WORLD, (key,)).fetchall()
        except sqlite3.Error as error:
            raise self._lost(error) from error

    def vacuum(self) -> None:
        """Give the disk back what is not needed any more. Raises StateLost: it has no room for a second copy."""
        try:
            self._file.execute("VACUUM")
            self._file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.Error as error:
            raise self._lost(error) from error

    def close(self) -> None:
        with contextlib.suppress(sqlite3.Error):
            self._file.close()

    def _lost(self, error: Exception) -> StateLost:
        if isinstance(error, sqlite3.Error) and "locked" in str(error):
            return StateLost(f"{self.path} is in use by another vidmock. Stop that one, or name another file")
        if isinstance(error, sqlite3.DatabaseError) and "not a database" in str(error):
            return StateLost(f"{self.path} is no state of vidmock's. Name another file")
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        return StateLost(f"the state in {self.path} cannot be kept: {reason}")


def write_change(run: Callable[..., sqlite3.Cursor], change: PartChange) -> None:
    """Write *change* by what *run* does with a statement."""
    place = change.key, change.part, change.name
    if change.anew or change.value is None:
        run(_DROP, place)
    if change.value is not None:
        run(_PUT, (*place, change.value))


def file_of(path: Path) -> Path:
    """The file that *path* means, which may be a folder."""
    return path / _INSIDE if path.is_dir() else path
