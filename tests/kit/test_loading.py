from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from vidmock.kit import loading
from vidmock.kit.loading import ClientNotFound


def test_a_client_is_found_in_a_module() -> None:
    found: object = loading.load_client("vidmock.kit.loading:ClientNotFound")
    assert found is ClientNotFound


def test_a_client_is_found_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("def make(**_):\n    return 'made'\n")
    make: Any = loading.load_client(f"{tmp_path}/mine.py:make")
    assert make(base_url="http://mock.test") == "made"


def test_a_file_runs_once(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("")
    assert loading.load_module(file) is loading.load_module(tmp_path / "." / "mine.py")


def test_a_file_that_fails_is_not_kept(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("1 / 0")
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            loading.load_module(file)
    assert not any(str(file) in name for name in sys.modules)


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("no_colon", "not of the form"),
        (":Client", "not of the form"),
        ("module:", "not of the form"),
        ("no.such.module:Client", "cannot import 'no.such.module'.*PYTHONPATH"),
        ("no/such/file.py:Client", "there is no Python file .*/no/such/file.py"),
        ("vidmock.kit.loading:Missing", "vidmock.kit.loading has no 'Missing'"),
        ("vidmock.kit.loading:load_clien", "has no 'load_clien'. Did you mean 'load_client'?"),
        ("vidmock.kit.loading:__name__", "'__name__' in vidmock.kit.loading is a str, and cannot be called"),
    ],
)
def test_what_leads_nowhere_says_where_it_ended(spec: str, says: str) -> None:
    with pytest.raises(ClientNotFound, match=says):
        loading.load_client(spec)
