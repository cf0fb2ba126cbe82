"""``vidmock state``: what a server has kept is shown, carried elsewhere and made smaller, and nothing is lost."""

from __future__ import annotations

import io
import json
import sqlite3
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.state.test_keeper import kept_in, kept_worlds

from vidmock.cli import main
from vidmock.state.sqlite_file import SqliteFile

SUBMIT = "/fal/queue/fal-ai/kling-video/o1/reference-to-video"
WEBHOOK = "http://receiver.test/"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file with the worlds of two keys, of which one has a job that has ended and a webhook that was refused."""
    path = tmp_path / "kept"
    with kept_in(path) as kept:
        kept.house.receiver.statuses = [500]
        for key in ("first", "second"):
            query = f"?fal_webhook={WEBHOOK}" if key == "first" else ""
            headers = {"authorization": f"Key {key}"}
            answer = kept.house.post(f"{SUBMIT}{query}", {"prompt": "a kite"}, key=None, headers=headers)
            assert answer.status_code == 200
        kept.house.world("second").set_label("test_\x1b[31m")
        kept.house.advance(4, "first")
        kept.settle()
    return path


def told(capsys: pytest.CaptureFixture[str], *argv: object, code: int = 0) -> str:
    assert main(["state", *map(str, argv)]) == code
    said = capsys.readouterr()
    return said.err if code else said.out


def test_show_tells_of_each_world_its_jobs_and_money(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shown = json.loads(told(capsys, "show", path, "--json"))
    first, second = shown["worlds"]
    assert shown["bytes"] == path.stat().st_size
    assert (first["key"], first["jobs"], first["webhooks_to_come"]) == ("first", {"succeeded": 1}, 1)
    assert (second["key"], second["jobs"], second["webhooks_to_come"]) == ("second", {"queued": 1}, 0)
    assert Decimal(first["spent"]) > 0
    lines = told(capsys, "show", path).splitlines()
    assert lines[0].endswith(", 2 worlds")
    assert [world["label"] for world in shown["worlds"]] == ["", "test_\x1b[31m"]
    assert "second (test_\\x1b[31m)" in lines[2]
    assert "1 succeeded" in lines[1]
    assert first["id"] in lines[1]


def test_what_is_exported_and_imported_is_the_same(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    exported, copy = tmp_path / "worlds.jsonl", tmp_path / "copy"
    assert told(capsys, "export", path, "-o", exported) == f"written: {exported}, 2 worlds\n"
    assert exported.stat().st_mode & 0o077 == 0
    assert told(capsys, "import", copy, exported).count("imported: the world ") == 2
    assert kept_worlds(copy) == kept_worlds(path)


def test_one_world_is_exported_by_its_id_or_its_key(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shown = json.loads(told(capsys, "show", path, "--json"))["worlds"][1]
    by_id = json.loads(told(capsys, "export", path, "--world", shown["id"]))
    assert by_id == json.loads(told(capsys, "export", path, "--world", "second"))
    assert by_id["key"] == "second"
    assert "there is no world third" in told(capsys, "export", path, "--world", "third", code=2)


def test_a_world_that_is_there_stays_unless_it_is_to_be_replaced(
    path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = json.loads(told(capsys, "export", path, "--world", "second"))
    before = kept_worlds(path)
    changed = {**one, "jobs": [], "due": [], "ended": [], "handover": {"told": [], "downloaded": [], "begun": {}}}
    given(monkeypatch, json.dumps(changed, indent=2))
    assert "--replace" in told(capsys, "import", path, "-", code=2)
    assert kept_worlds(path) == before
    given(monkeypatch, json.dumps(changed, indent=2))
    told(capsys, "import", path, "-", "--replace")
    assert kept_worlds(path)["second"]["jobs"] == []
    assert kept_worlds(path)["first"] == before["first"]


def test_of_several_worlds_of_which_one_is_wrong_none_is_taken(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    exported, copy = tmp_path / "worlds.jsonl", tmp_path / "copy"
    told(capsys, "export", path, "-o", exported)
    first, second = exported.read_text("utf-8").splitlines()
    for lines, why in (
        ([first, '{"form": 1}'], "world 2: this is no snapshot"),
        ([first, first], "world 2 is of the same key as one before"),
        ([first, second[:-1]], "line 2 is no JSON"),
        (["nothing"], "is no JSON"),
    ):
        exported.write_text("\n".join(lines), "utf-8")
        assert why in told(capsys, "import", copy, exported, code=2)
        assert not copy.exists() or kept_worlds(copy) == {}


def test_vacuum_gives_back_what_worlds_that_are_gone_took(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = sqlite3.connect(path)
    with file:
        file.execute("INSERT INTO part (key, part, name, value) VALUES ('gone', 'x', '', ?)", ("x" * 2**20,))
        file.execute("DELETE FROM part WHERE key = 'gone'")
    file.close()
    before = path.stat().st_size
    assert told(capsys, "vacuum", path) == f"{path}: {before:,} bytes before, {path.stat().st_size:,} now\n"
    assert path.stat().st_size < before // 2


@pytest.mark.parametrize("action", ["show", "export", "vacuum"])
def test_a_file_that_is_not_there_is_not_made(action: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "vidmock serve --state" in told(capsys, action, tmp_path / "none", code=2)
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("action", ["show", "export", "vacuum"])
def test_a_file_that_a_server_uses_is_left_alone(action: str, path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    used = SqliteFile(path)
    try:
        assert "is in use by another vidmock" in told(capsys, action, path, code=2)
    finally:
        used.close()


def test_a_world_that_cannot_be_read_is_named(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = sqlite3.connect(path)
    with file:
        file.execute("UPDATE part SET value = '{' WHERE key = 'first' AND part = 'world'")
    file.close()
    assert "what is kept of the world" in told(capsys, "show", path, code=2)


def given(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """*text* as standard input."""
    stream: Any = io.TextIOWrapper(io.BytesIO(text.encode()))
    monkeypatch.setattr(sys, "stdin", stream)
