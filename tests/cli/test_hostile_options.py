"""Each option of each command with each value that makes no sense: a sentence and exit code 2, or it works."""

from __future__ import annotations

import argparse
import asyncio
import io
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from vidmock.cli import COMMANDS

if TYPE_CHECKING:
    from tests.cli.conftest import Said

MODEL = "fal-ai/kling-video/o1/reference-to-video"
NEEDED = {"validate": ["fal", MODEL, "-"], "price": ["fal", MODEL, "-"], "run": ["--port=0"], "serve": ["--port=0"]}
"""What a command needs beside the option, so that it gets to the option's value."""
BEHIND = {"run": ["--", "true"]}
HOSTILE = {
    "empty": "",
    "a space": " ",
    "long": "x" * 100_000,
    "many digits": "9" * 5_000,
    "nan": "nan",
    "inf": "inf",
    "negative": "-1",
    "too large": "65536",
    "a fraction": "0.5",
    "NUL": "a\0b",
    "NUL in the name of a file": "a\0b.json",
    "a line break": "a\nb",
    "an escape": "\x1b[31m",
    "a lone surrogate": "\udcff",
    "another script": "ünï",
    "no such file": "/no/such/file.json",
    "a folder": ".",
    "a folder that ends as a file": "FOLDER.json",
    "a device": "/dev/null",
    "JSON": '{"a": [1]}',
    "a pair": "a=b",
    "a colon": "a:b",
    "brackets": "http://[",
    "a dash": "-",
}
LONGEST = 3_000


def _options() -> Iterator[tuple[str, str]]:
    """Each command with the name of each option that takes a value, and each argument by its place."""
    for command in COMMANDS:
        parser = argparse.ArgumentParser()
        import_module(f"vidmock.cli.{command}").add_options(parser)
        for action in parser._actions:
            if action.nargs not in (0, argparse.REMAINDER):
                yield command, action.option_strings[-1] if action.option_strings else action.dest


def _words(command: str, option: str, value: str) -> list[str]:
    needed = NEEDED.get(command, [])
    if option.startswith("--"):
        return [command, *needed, f"{option}={value}", *BEHIND.get(command, [])]
    places = {"provider": 0, "model": 1, "file": 2}
    if command in ("validate", "price"):
        place = places[option]
        return [command, *needed[:place], value, *needed[place + 1 :]]
    return [command, "--", value]


@pytest.fixture(autouse=True)
def ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A server that ends as soon as it has begun, and a folder of its own for its certificates."""

    class Stopped(asyncio.Event):
        async def wait(self) -> bool:  # type: ignore[override]  # it never is anything else
            return True

    monkeypatch.setattr(asyncio, "Event", Stopped)
    (tmp_path / "FOLDER.json").mkdir()
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(("command", "option"), list(_options()))
def test_no_value_of_an_option_is_a_traceback(
    command: str, option: str, say: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in HOSTILE.items():
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b'{"prompt": "a kite"}')))
        code, out, err = say(*_words(command, option, value))
        assert code in (0, 1, 2), (name, err)
        if code == 2:
            assert out == "", name
            assert "vidmock: " in err or "error: " in err, name
            assert len(err) < LONGEST, name
            assert err.replace("\n", "").isprintable(), name


def test_a_value_that_makes_sense_is_taken(say: Callable[..., Said]) -> None:
    code, out, err = say("serve", "--port=0", "--seed=7")
    assert (code, err) == (0, "")
    assert out.startswith("vidmock is at http://127.0.0.1:")
