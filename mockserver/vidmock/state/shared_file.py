"""State in one SQLite file for several processes of this machine: each world belongs to one of them at a time."""

from __future__ import annotations

import contextlib
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from vidmock.state.sqlite_file import SqliteFile, write_change
from vidmock.state.store import OUTSIDE, ChangeBatch, Claim, KeptPart, PartChange, StateLost
from vidmock.state.world_names import NAMED, names_of

WORKER_LEASE_SECONDS: Final = 6.0
"""Real seconds after which the worlds of a process that is silent are taken over; those of one that ended, at once."""
_BUSY_SECONDS: Final = 10.0
"""Real seconds that others may take to write."""
_TABLES: Final = (
    "DROP TABLE IF EXISTS shared",
    "DROP TABLE IF EXISTS lease",
    "DROP TABLE IF EXISTS owner",
    "DROP TABLE IF EXISTS awaited",
    "DROP TABLE IF EXISTS name",
    "CREATE TABLE shared (secret TEXT NOT NULL, fence INTEGER NOT NULL) STRICT",
    "CREATE TABLE lease (replica TEXT PRIMARY KEY, address TEXT NOT NULL, until REAL NOT NULL) STRICT",
    "CREATE TABLE owner (key TEXT PRIMARY KEY, replica TEXT NOT NULL, token INTEGER NOT NULL) STRICT",
    "CREATE TABLE awaited (key TEXT PRIMARY KEY) STRICT",
    "CREATE TABLE name (place INTEGER PRIMARY KEY, name TEXT, key TEXT, part TEXT, of TEXT) STRICT",
    "CREATE INDEX name_by_name ON name (name)",
    "CREATE INDEX name_by_part ON name (key, part, of)",
    "INSERT INTO awaited SELECT DISTINCT key FROM part WHERE part = 'due'",
)
_NAME: Final = "INSERT INTO name (name, key, part, of) VALUES (?, ?, ?, ?)"
_OWNER: Final = """
SELECT owner.replica, owner.token, lease.address FROM owner
LEFT JOIN lease ON lease.replica = owner.replica AND lease.until > ? WHERE owner.key = ?
"""
_OWN: Final = """
INSERT INTO owner (key, replica, token) VALUES (?, ?, ?)
ON CONFLICT (key) DO UPDATE SET replica = excluded.replica, token = excluded.token
"""
_LEASE: Final = """
INSERT INTO lease (replica, address, until) VALUES (?, ?, ?)
ON CONFLICT (replica) DO UPDATE SET address = excluded.address, until = excluded.until
"""
_ORPHANS: Final = """
SELECT DISTINCT key FROM {of} WHERE key NOT IN (
  SELECT owner.key FROM owner JOIN lease ON lease.replica = owner.replica AND lease.until > ?
) AND key NOT IN ('', ?) LIMIT ?
"""
_OTHERS: Final = "SELECT address FROM lease WHERE replica != ? AND until > ? ORDER BY address"
_AWAITED: Final = """
INSERT OR IGNORE INTO awaited SELECT ? WHERE EXISTS (SELECT 1 FROM part WHERE key = ? AND part = 'due')
"""

_Run = Callable[..., sqlite3.Cursor]


def share_file(path: Path) -> str:
    """Prepare the file at *path* for several processes; returns the secret by which they know each other.

    Raises:
        StateLost: as :class:`SqliteFile`.
    """
    with contextlib.closing(SqliteFile(path)) as file:
        secret = secrets.token_hex(16)

        def prepare(run: _Run) -> None:
            for line in _TABLES:
                run(line)
            run("INSERT INTO shared (secret, fence) VALUES (?, 0)", (secret,))
            marks = ", ".join("?" * len(NAMED))
            named = f"SELECT key, part, name, value FROM part WHERE part IN ({marks})"  # noqa: S608 - question marks
            for key, part, name, value in run(named, NAMED):
                for each in names_of(PartChange(key, part, name, value)):
                    run(_NAME, (each, key, part, name))

        file.change(prepare)
    return secret


class SharedFile:
    """The state in the file at *path*, for the process *replica* of those that know *secret* (:func:`share_file`).

    One that is not *durable* outlives this process, and not the machine.

    Raises:
        StateLost: it cannot be opened, or another vidmock uses it by now.
    """

    keeps = True

    def __init__(self, path: Path, secret: str, replica: str, *, durable: bool = True) -> None:
        self.secret, self.seconds, self.where = secret, WORKER_LEASE_SECONDS, f"the file {path}"
        self._path, self._id, self._address = path, replica, ""
        self._tokens: dict[str, int] = {}
        self._writes, self._reads = threading.Lock(), threading.Lock()
        with self._told():
            self._writer, self._reader = (self._connect(durable=durable) for _ in range(2))
        with self._told(), self._reads:
            found = self._reader.execute("SELECT secret FROM shared").fetchone()
        if found != (secret,):
            self.close()
            raise StateLost(f"{path} is in use by another vidmock. Stop that one, or name another file")

    def _connect(self, *, durable: bool) -> sqlite3.Connection:
        made = sqlite3.connect(self._path, isolation_level=None, timeout=_BUSY_SECONDS, check_same_thread=False)
        made.execute(f"PRAGMA synchronous = {'FULL' if durable else 'OFF'}")
        return made

    def join(self, address: str) -> None:
        self._address = address
        self.renew()

    def renew(self) -> Collection[str]:
        now = time.monotonic()
        with self._writing() as run:
            held = run("SELECT 1 FROM lease WHERE replica = ? AND until > ?", (self._id, now)).fetchone()
            run(_LEASE, (self._id, self._address, now + self.seconds))
            if held:
                return []
            owned = dict(run("SELECT key, token FROM owner WHERE replica = ?", (self._id,)).fetchall())
        return [key for key, token in dict(self._tokens).items() if owned.get(key) != token]

    def claim(self, key: str, given: str = "") -> Claim:
        # Most of those that are elsewhere stay there: that is found without waiting for whoever writes.
        if owner := self._elsewhere(self._read(_OWNER, (time.monotonic(), key)), given):
            return Claim(owner=owner)
        with self._writing() as run:
            if owner := self._elsewhere(run(_OWNER, (time.monotonic(), key)).fetchall(), given):
                return Claim(owner=owner)
            self._tokens[key] = self._own(run, key)
        return Claim(parts=tuple(self.world(key)))

    def _elsewhere(self, found: Sequence[tuple[str, int, str | None]], given: str) -> str:
        """The address of the other process that has the world, and has not *given* it."""
        for replica, token, address in found:
            if address and replica != self._id and f"{replica} {token}" != given:
                return address
        return ""

    def _own(self, run: _Run, key: str) -> int:
        """Have the world of *key* be ours: its new fencing token."""
        run("UPDATE shared SET fence = fence + 1")
        [token] = run("SELECT fence FROM shared").fetchone()
        run(_OWN, (key, self._id, token))
        return int(token)

    def let_go(self, key: str) -> str:
        token = self._tokens.pop(key, None)
        return f"{self._id} {token}" if token else ""

    def orphans(self, most: int, *, due: bool = True) -> Sequence[str]:
        line = _ORPHANS.format(of="awaited" if due else "part")
        return [key for (key,) in self._read(line, (time.monotonic(), OUTSIDE, most))]

    def others(self) -> Sequence[str]:
        return [address for (address,) in self._read(_OTHERS, (self._id, time.monotonic()))]

    def find(self, names: Sequence[str]) -> str | None:
        marks = ", ".join("?" * len(names))
        rows = self._read(f"SELECT name, key FROM name WHERE name IN ({marks}) ORDER BY place DESC", names)  # noqa: S608 - question marks
        found = dict(rows)
        return next((found[name] for name in names if name in found), None)

    def write(self, batch: ChangeBatch) -> Collection[str]:
        by_key: dict[str, list[PartChange]] = {key: [] for key in batch.closed}
        for change in batch.changes:
            by_key.setdefault(change.key, []).append(change)
        gone, tokens = [], {}
        with self._writing() as run:
            if not by_key:
                run("UPDATE shared SET fence = fence + 1")
            for key, changes in by_key.items():
                # What belongs to no key stays with its process: calls without a good one, the clock of new worlds.
                if key in ("", OUTSIDE):
                    continue
                before = self._tokens.get(key, 0)
                owner = run("SELECT replica, token FROM owner WHERE key = ?", (key,)).fetchone()
                if not before and owner is None:
                    tokens[key] = self._own(run, key)
                elif owner != (self._id, before):
                    gone += [key] if changes or before else []
                    continue
                self._change(run, key, changes, closed=key in batch.closed)
        self._tokens.update(tokens)
        return gone

    def _change(self, run: _Run, key: str, changes: Sequence[PartChange], *, closed: bool) -> None:
        if closed:
            for line in ("DELETE FROM part WHERE key = ?", "DELETE FROM name WHERE key = ?"):
                run(line, (key,))
        for change in changes:
            write_change(run, change)
            if change.part in NAMED:
                run("DELETE FROM name WHERE key = ? AND part = ? AND of = ?", (key, change.part, change.name))
                for name in names_of(change):
                    run(_NAME, (name, key, change.part, change.name))
        if closed or any(change.part == "due" for change in changes):
            run("DELETE FROM awaited WHERE key = ?", (key,))
            run(_AWAITED, (key, key))

    def worlds(self) -> Iterator[tuple[str, Sequence[KeptPart]]]:
        """None: each is loaded when it is claimed."""
        return iter(())

    def world(self, key: str) -> Sequence[KeptPart]:
        return self._read("SELECT part, name, value FROM part WHERE key = ? ORDER BY place", (key,))

    def close(self) -> None:
        """Let others have the worlds at once."""
        with contextlib.suppress(StateLost):
            self.end_lease(self._id)
        for connection in (self._writer, self._reader):
            with contextlib.suppress(sqlite3.Error):
                connection.close()

    def end_lease(self, replica: str) -> None:
        """Have the worlds of *replica*, which has ended, be for whoever claims them. Raises StateLost."""
        with self._writing() as run:
            run("DELETE FROM lease WHERE replica = ?", (replica,))

    def _read(self, line: str, given: Sequence[Any]) -> list[Any]:
        with self._told(), self._reads:
            return self._reader.execute(line, given).fetchall()

    @contextlib.contextmanager
    def _writing(self) -> Iterator[_Run]:
        """Wrap what is done in one step."""
        run = self._writer.execute
        with self._told(), self._writes:
            run("BEGIN IMMEDIATE")
            try:
                yield run
                run("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    run("ROLLBACK")
                raise

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise StateLost(f"the state in {self._path} cannot be kept: {error}") from error
