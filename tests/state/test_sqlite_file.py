"""The file that state is kept in: what it takes, what it refuses, and what whoever names a wrong one is told."""

from __future__ import annotations

import shutil
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from vidmock.engine.changes import PartKind
from vidmock.state.sqlite_file import FILE_FORM, SqliteFile
from vidmock.state.store import ChangeBatch, PartChange, StateLost


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "kept"


@pytest.fixture
def file(path: Path) -> Iterator[SqliteFile]:
    with closing(SqliteFile(path)) as file:
        yield file


def put(name: str, value: str | None, part: PartKind = "job", *, anew: bool = False) -> PartChange:
    return PartChange("a-key", part, name, value, anew)


def kept(file: SqliteFile) -> dict[str, list[tuple[str, str, str]]]:
    return {key: list(parts) for key, parts in file.worlds()}


def test_a_part_keeps_its_place_until_it_begins_anew(file: SqliteFile) -> None:
    file.write(ChangeBatch((), [put("a", "1"), put("b", "2"), put("c", "3")]))
    file.write(ChangeBatch((), [put("a", "4"), put("b", None), put("c", "5")]))
    assert kept(file) == {"a-key": [("job", "a", "4"), ("job", "c", "5")]}
    file.write(ChangeBatch((), [put("a", "6", anew=True), put("b", "7")]))
    assert kept(file) == {"a-key": [("job", "c", "5"), ("job", "a", "6"), ("job", "b", "7")]}


def test_a_world_that_is_closed_is_gone_and_others_are_not(file: SqliteFile) -> None:
    other = PartChange("other", "job", "a", "9")
    file.write(ChangeBatch((), [put("a", "1"), other]))
    file.write(ChangeBatch(("a-key",), [put("b", "2")]))
    assert kept(file) == {"a-key": [("job", "b", "2")], "other": [("job", "a", "9")]}


def test_a_batch_is_kept_whole_or_not_at_all(file: SqliteFile, path: Path) -> None:
    file.write(ChangeBatch((), [put("a", "1")]))
    broken = PartChange("a-key", "job", "c", "\udcff")
    with pytest.raises((StateLost, UnicodeEncodeError)):
        file.write(ChangeBatch(("a-key",), [put("b", "2"), broken]))
    assert kept(file) == {"a-key": [("job", "a", "1")]}
    file.write(ChangeBatch((), [put("b", "3")]))
    assert kept(file) == {"a-key": [("job", "a", "1"), ("job", "b", "3")]}


def test_only_its_owner_may_read_it(file: SqliteFile, path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_folder_has_the_file_inside(tmp_path: Path) -> None:
    with closing(SqliteFile(tmp_path)) as file:
        assert file.path == tmp_path / "state.sqlite3"


def test_a_copy_opens_elsewhere(file: SqliteFile, path: Path, tmp_path: Path) -> None:
    file.write(ChangeBatch((), [put("a", "1")]))
    file.close()
    shutil.copy(path, tmp_path / "copy")
    with closing(SqliteFile(tmp_path / "copy")) as copy:
        assert kept(copy) == {"a-key": [("job", "a", "1")]}


def test_a_second_process_is_told_that_it_is_in_use(file: SqliteFile, path: Path) -> None:
    with pytest.raises(StateLost, match="in use by another vidmock"):
        SqliteFile(path)


def _text(path: Path) -> None:
    path.write_text("a diary\n" * 1000, "utf-8")


def _database_of_others(path: Path) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE diary (day TEXT)")


def _newer_form(path: Path) -> None:
    SqliteFile(path).close()
    with closing(sqlite3.connect(path)) as file:
        file.execute(f"PRAGMA user_version = {FILE_FORM + 1}")


def _no_folder(path: Path) -> None:
    path.symlink_to(path.parent / "nowhere" / "kept")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (_text, "is no state of vidmock's. Name another file"),
        (_database_of_others, "is a database of something else. Name another file"),
        (_newer_form, f"has form {FILE_FORM + 1}, and this vidmock reads form {FILE_FORM}"),
        (_no_folder, "cannot be kept: No such file or directory"),
    ],
)
def test_what_is_no_state_is_left_as_it_is(path: Path, make: Callable[[Path], None], said: str) -> None:
    make(path)
    before = path.read_bytes() if path.exists() else b""
    with pytest.raises(StateLost, match=said):
        SqliteFile(path)
    assert (path.read_bytes() if path.exists() else b"") == before
