"""A fixture of the tests of commands."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from vidmock.cli import main

Said = tuple[int, str, str]


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """Runs a command; gives its exit code, its standard output and its standard error."""

    def run(*words: str) -> Said:
        try:
            code = main(words)
        except SystemExit as ending:
            code = int(ending.code or 0)
        printed = capsys.readouterr()
        assert "\nTraceback" not in f"\n{printed.out}\n{printed.err}"
        return code, printed.out, printed.err

    return run
