"""The line that says how far something is: where there is one, and what becomes of it."""

from __future__ import annotations

import io
import os
import pty
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cli.test_check import BAD

from vidmock import progress as module
from vidmock import resources
from vidmock.cli import main
from vidmock.progress import PROGRESS_AFTER, PROGRESS_EVERY, Progress

REFERENCE = resources.folder("contracts") / "clients" / "runpod.py"
ERASED = "\r\x1b[K"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def _a_terminal_that_is_not_dumb(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")


@pytest.fixture
def on_terminal(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str]]:
    """Runs a command on a real terminal, where the line waits for nothing; its exit code, and what that was told."""

    def run(*words: str) -> tuple[int, str]:
        ours, theirs = pty.openpty()
        with os.fdopen(theirs, "w") as stream, monkeypatch.context() as patched:
            patched.setattr(module, "PROGRESS_AFTER", 0.0)
            patched.setattr(module, "PROGRESS_EVERY", 0.0)
            patched.setattr(sys, "stdout", stream)
            patched.setattr(sys, "stderr", stream)
            code = main(words)
        said = b""
        try:
            while part := os.read(ours, 65536):
                said += part
        except OSError:
            # Linux says so at the end of what a terminal has been told.
            pass
        os.close(ours)
        return code, said.decode().replace("\r\n", "\n")

    return run


def test_it_is_written_when_something_takes_long_and_not_too_often() -> None:
    stream, clock = Terminal(), Clock()
    with Progress(stream, clock) as progress:
        progress.show("too early")
        assert stream.getvalue() == ""
        clock.now = PROGRESS_AFTER
        progress.show("1 of 3")
        progress.show("too soon")
        clock.now += PROGRESS_EVERY
        progress.show("3 of 3")
    assert stream.getvalue() == f"{ERASED}1 of 3{ERASED}3 of 3{ERASED}"
    progress.erase()
    assert stream.getvalue().endswith(f"3 of 3{ERASED}")


def test_it_is_no_wider_than_the_terminal() -> None:
    stream, clock = Terminal(), Clock()
    progress = Progress(stream, clock)
    clock.now = PROGRESS_AFTER
    progress.show("x" * 200)
    assert stream.getvalue() == ERASED + "x" * 79


@pytest.mark.parametrize(("stream", "term"), [(io.StringIO(), "xterm"), (Terminal(), "dumb")], ids=["file", "dumb"])
def test_it_is_for_terminals_that_can_erase(stream: io.StringIO, term: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", term)
    clock = Clock()
    with Progress(stream, clock) as progress:
        clock.now = 9.0
        progress.show("1 of 3")
    assert stream.getvalue() == ""


def test_a_terminal_that_has_gone_stops_nobody() -> None:
    class Gone(Terminal):
        def write(self, text: str) -> int:
            raise OSError(5, "no terminal")

    clock = Clock()
    with Progress(Gone(), clock) as progress:
        clock.now = PROGRESS_AFTER
        progress.show("1 of 3")


def test_check_says_how_many_cases_are_done(on_terminal: Callable[..., tuple[int, str]]) -> None:
    words = ("--provider", "runpod", "--case", "POLL-02", "--case", "SPEND-06")
    code, said = on_terminal("check", f"{REFERENCE}:Client", *words)
    assert code == 0
    assert f"{ERASED}check: 0 of 2 cases{ERASED}[ 1/2] S1 SPEND-06" in said
    assert f"{ERASED}check: 1 of 2 cases{ERASED}[ 2/2] " in said
    assert f"{ERASED}check: 2 of 2 cases{ERASED}" in said
    assert "check:" not in said.rpartition(ERASED)[2]


def test_check_counts_what_fails(on_terminal: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    file = tmp_path / "client.py"
    file.write_text(BAD.format(good=str(REFERENCE)))
    code, said = on_terminal("check", f"{file}:Client", "--provider", "runpod", "--case", "POLL-02", "--json", "-")
    assert code == 1
    assert said.startswith(f"{ERASED}check: 0 of 1 cases{ERASED}check: 1 of 1 cases, 1 failed{ERASED}{{")


def test_validate_says_how_many_files_are_done(on_terminal: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / f"{name}.json").write_text("{}")
    (tmp_path / "c.json").write_text("no json")
    code, said = on_terminal("validate", "runpod", "kling-video-o1-r2v", str(tmp_path))
    assert code == 2
    assert f"{ERASED}validate: 0 of 3 files, 0 read, 0 invalid{ERASED}" in said
    assert f"{ERASED}validate: 2 of 3 files, 2 read, 2 invalid{ERASED}vidmock: " in said
    assert "validate:" not in said.rpartition(ERASED)[2]
