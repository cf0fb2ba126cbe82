"""The token with which other machines use the control API: drawn or chosen, and known to who started the server."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import pytest

from vidmock.cli import main, serve
from vidmock.engine.world.settings import Settings


def _settings(*words: str) -> Settings:
    parser = argparse.ArgumentParser()
    serve.add_options(parser)
    return serve.settings_of(parser.parse_args(words))


def test_there_is_none_unless_other_machines_are_let_in() -> None:
    assert _settings().control_token == ""
    assert "token" not in serve.banner("http://x", _settings(), Path("ca.pem"))


def test_a_drawn_one_is_printed_and_another_each_time() -> None:
    first, second = (_settings("--control-from-anywhere") for _ in range(2))
    assert len(first.control_token) >= 20
    assert first.control_token != second.control_token
    assert f"x-vidmock-token: {first.control_token}'" in serve.banner("http://x", first, Path("ca.pem"))


def test_a_chosen_one_needs_no_print() -> None:
    assert _settings("--control-from-anywhere", "--control-token", "s3same", "--quiet").control_token == "s3same"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--control-token", "s3same"], "--control-from-anywhere --control-token"),
        (["--control-from-anywhere", "--control-token", ""], "a word of ASCII"),
        (["--control-from-anywhere", "--control-token", "two words"], "a word of ASCII"),
        (["--control-from-anywhere", "--quiet"], "--quiet prints no token"),
    ],
)
def test_what_would_let_in_nobody_is_refused(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--port", "0", *words]) == 2
    assert said in capsys.readouterr().err


def test_a_command_is_run_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VIDMOCK_STATE", str(tmp_path))
    assert main(["run", "--control-from-anywhere", "--", "true"]) == 0
    assert re.search(r"x-vidmock-token: [\w-]{20,}'", capfd.readouterr().err)
