"""``vidmock validate --answer``: what a client has recorded of a provider."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Said

RIGHT = {"id": "1-u1", "status": "IN_QUEUE"}
WRONG = {"id": "1-u1", "status": "QUEUED"}
STATUS = (
    'status: must be one of "IN_QUEUE", "IN_PROGRESS", "RUNNING", "COMPLETED", "FAILED", "CANCELLED", "TIMED_OUT"; '
    'got "QUEUED"'
)


def exchange(url: str, text: Any, **content: str) -> dict[str, Any]:
    return {"request": {"method": "GET", "url": url}, "response": {"content": {"text": text, **content}}}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "right.json").write_text(json.dumps(RIGHT))
    (tmp_path / "wrong.json").write_text(json.dumps(WRONG, indent=1))
    return tmp_path


def test_bodies_are_judged_with_file_and_line(say: Callable[..., Said], folder: Path) -> None:
    assert say("validate", "--answer", "runpod", "right.json") == (0, "valid\n", "")
    code, out, _ = say("validate", "--answer", "runpod", "wrong.json")
    assert (code, out.startswith(STATUS)) == (1, True)
    code, out, _ = say("validate", "--answer", "runpod", "right.json", "wrong.json")
    assert code == 1
    assert out.splitlines()[1].startswith(f"wrong.json:3: {STATUS}")
    assert out.splitlines()[2] == "2 answers, 1 of them invalid"
    (found,) = json.loads(say("validate", "--answer", "--json", "runpod", "wrong.json")[1])["violations"]
    assert (found["path"], found["answer"]) == ("/status", None)


def test_exchanges_of_a_har_file_are_judged_as_far_as_they_are_the_providers(
    say: Callable[..., Said], folder: Path
) -> None:
    entries = [
        exchange("https://api.runpod.ai/v2/kling-video-o1-r2v/status/1-u1", json.dumps(RIGHT)),
        exchange("https://other.example/v2/x", json.dumps(WRONG)),
        exchange("https://api.runpod.ai/v2/x", "<html>"),
        exchange("https://api.runpod.ai/v2/x", None),
        exchange("https://api.runpod.ai/v2/x", "?", encoding="base64"),
        exchange("http://[", "{}"),
        {"request": {"url": 7}},
        5,
        exchange(
            "http://127.0.0.1:8787/runpod/v2/x/run",
            base64.b64encode(json.dumps(WRONG).encode()).decode(),
            encoding="base64",
        ),
    ]
    har = folder / "session.har"
    har.write_text(json.dumps({"log": {"entries": entries}}, indent=1))
    (asked,) = (number for number, line in enumerate(har.read_text().splitlines(), 1) if "127.0.0.1" in line)
    code, out, err = say("validate", "--answer", "runpod", "session.har")
    first, second, last = out.splitlines()
    assert (code, err) == (1, "")
    assert first == "session.har (GET /v2/kling-video-o1-r2v/status/1-u1): valid"
    # The entry begins three lines before its URL.
    assert second.startswith(f"session.har:{asked - 3}: {STATUS}")
    assert last == "2 answers, 1 of them invalid"


@pytest.mark.parametrize("content", [{}, {"log": {"entries": []}}, []])
def test_a_har_file_without_an_answer_of_the_provider_is_told(
    say: Callable[..., Said], folder: Path, content: Any
) -> None:
    (folder / "none.har").write_text(json.dumps(content))
    code, _, err = say("validate", "--answer", "fal", "none.har")
    assert (code, err) == (2, "vidmock: none.har is a HAR file without an answer of fal in JSON\n")
    assert say("validate", "--answer", "fal", "gone.har")[0] == 2


def test_a_provider_that_there_is_not_is_told(say: Callable[..., Said], folder: Path) -> None:
    code, _, err = say("validate", "--answer", "fall", "right.json")
    assert code == 2
    assert "unknown provider 'fall'. Did you mean 'fal'?" in err
