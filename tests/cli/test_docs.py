"""``vidmock docs``: the pages that come along."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Said

FOLDER = Path(__file__).parents[2] / "docs"


def test_every_page_is_listed_with_its_title(say: Callable[..., Said]) -> None:
    code, out, _ = say("docs")
    listed = dict(line.split(maxsplit=1) for line in out.splitlines())
    assert code == 0
    assert listed.keys() == {str(file.relative_to(FOLDER).with_suffix("")) for file in FOLDER.rglob("*.md")}
    assert listed["faults"].startswith("Fault")


@pytest.mark.parametrize("name", ["providers/fal", "fal", "docs/providers/fal.md", "providers/fal.md"])
def test_a_page_is_printed_as_it_is(say: Callable[..., Said], name: str) -> None:
    assert say("docs", name) == (0, (FOLDER / "providers" / "fal.md").read_text("utf-8"), "")


def test_a_page_that_is_misspelt_is_answered_with_the_nearest(say: Callable[..., Said]) -> None:
    code, out, err = say("docs", "fautls")
    assert (code, out) == (2, "")
    assert "Did you mean 'faults'?" in err


def test_a_search_names_page_and_line(say: Callable[..., Said]) -> None:
    code, out, _ = say("docs", "--search", "REDELIVER")
    assert code == 0
    for line in out.splitlines():
        name, number, text = line.split(":", 2)
        assert (FOLDER / f"{name}.md").read_text("utf-8").splitlines()[int(number) - 1].strip() == text.strip()
        assert "redeliver" in text.casefold()


def test_a_search_in_one_page_finds_nothing_else(say: Callable[..., Said]) -> None:
    _, out, _ = say("docs", "limits", "--search", "webhook")
    assert {line.partition(":")[0] for line in out.splitlines()} == {"limits"}


def test_a_search_for_what_no_page_has_fails(say: Callable[..., Said]) -> None:
    assert say("docs", "--search", "xyzzyx") == (1, "", "vidmock: no page has 'xyzzyx'\n")


def test_on_a_terminal_a_page_goes_through_the_users_pager(tmp_path: Path) -> None:
    master, slave = pty.openpty()
    pager = f"{sys.executable} -c \"import sys; print('paged', len(sys.stdin.read()))\""
    program = [sys.executable, "-m", "vidmock", "docs", "limits"]
    with subprocess.Popen(
        program, stdin=slave, stdout=slave, env=os.environ | {"PAGER": pager, "TERM": "xterm"}
    ) as child:
        assert child.wait(60) == 0
    os.close(slave)
    assert f"paged {len((FOLDER / 'limits.md').read_text('utf-8'))}" in os.read(master, 10_000).decode()
    os.close(master)
