"""``vidmock validate --fix``: the smallest edit is shown, and written only if that is asked for."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

Say = Callable[..., tuple[int, str, str]]
O1 = ("validate", "fal", "fal-ai/kling-video/o1/reference-to-video")


def test_an_edit_is_shown_and_nothing_is_written(say: Say, tmp_path: Path) -> None:
    file = tmp_path / "request.json"
    file.write_text('{\n    "prompt": "A kite",\n    "duration": 5,\n    "sed": 1\n}\n')
    before = file.read_bytes()
    code, out, _ = say(*O1, str(file), "--fix")
    assert (code, file.read_bytes()) == (1, before)
    assert '-    "duration": 5,\n' in out
    assert '+    "duration": "5",\n' in out
    assert out.endswith("nothing was written: --write does that\n")


def test_an_edit_is_written_where_that_is_asked_for(say: Say, tmp_path: Path) -> None:
    file = tmp_path / "request.json"
    file.write_bytes(b'{\r\n  "prompt": "K\xc3\xa4fer",\r\n  "durration": "10"\r\n}\r\n')
    code, out, _ = say(*O1, str(file), "--fix", "--write")
    assert (code, out.splitlines()[-1]) == (0, f"{file}: written, 1 mended")
    assert json.loads(file.read_text("utf-8")) == {"prompt": "Käfer", "duration": "10"}
    assert list(tmp_path.iterdir()) == [file]
    assert say(*O1, str(file), "--fix", "--write")[:2] == (0, "valid\n")


def test_of_several_requests_each_is_mended_in_its_line(say: Say, tmp_path: Path) -> None:
    file, other = tmp_path / "requests.jsonl", tmp_path / "unclear.json"
    file.write_text('{"prompt": 5.5, "seed": 1}\n\n{"prompt": "b"}\n{"promt": "c"}\n{"prompt": []}\n')
    other.write_text('{"prompt": []}')
    code, out, _ = say(*O1, str(file), str(other), "--fix", "--write")
    assert code == 1
    assert file.read_text() == '{"prompt": "5.5", "seed": 1}\n\n{"prompt": "b"}\n{"prompt": "c"}\n{"prompt": []}\n'
    assert out.splitlines()[-1] == f"{file}: written, 2 mended"
    assert other.read_text() == '{"prompt": []}'


def test_standard_input_is_mended_on_paper(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b'{"promt":"a"}')))
    code, out, _ = say(*O1, "-", "--fix")
    assert code == 1
    assert '+{"prompt": "a"}' in out
    # A request in quotes is shown as it is.
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(json.dumps('{"promt":"a"}').encode())))
    assert "+" not in say(*O1, "-", "--fix")[1]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--write",), "--write is for --fix"),
        (("--fix", "--json"), "--fix shows edits of requests as text"),
        (("--fix", "--format", "sarif"), "--fix shows edits of requests as text"),
    ],
)
def test_what_cannot_be_fixed_is_told(say: Say, tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    file = tmp_path / "request.json"
    file.write_text("{}")
    code, _, err = say(*O1, str(file), *words)
    assert (code, said in err) == (2, True)
    code, _, err = say(*O1, "-", "--fix", "--write")
    assert (code, "standard input cannot be written to" in err) == (2, True)


def test_a_file_that_cannot_be_written_is_told(say: Say, tmp_path: Path) -> None:
    file = tmp_path / "request.json"
    file.write_text('{"promt": "a"}')
    (tmp_path / "request.json.mended").mkdir()
    code, _, err = say(*O1, str(file), "--fix", "--write")
    assert (code, f"cannot write {file}" in err, file.read_text()) == (2, True, '{"promt": "a"}')


def test_a_file_that_changes_meanwhile_stays_as_it_is(
    say: Say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from vidmock.cli import mended_requests

    file = tmp_path / "request.json"
    file.write_text('{"promt": "a"}')
    show = mended_requests.difference

    def meddle(*told: object) -> str:
        file.write_text('{"promt": "b"}')
        return show(*told)  # type: ignore[arg-type]  # it has a string in place of each

    monkeypatch.setattr(mended_requests, "difference", meddle)
    code, _, err = say(*O1, str(file), "--fix", "--write")
    assert (code, f"{file} has changed meanwhile" in err, file.read_text()) == (2, True, '{"promt": "b"}')
