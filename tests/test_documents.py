"""Every program on the project's pages runs, against a server of its own, exactly as it is printed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.linked_modules import link_modules

from vidmock.server.server import ThreadedServer

TOP = Path(__file__).parents[1]
ADDRESS = "127.0.0.1:8787"
TRIED_ELSEWHERE = {
    # A fresh machine is what these two need; the release test and CI are such machines.
    "python3 -m venv .venv && .venv/bin/pip install -q . && .venv/bin/vidmock serve\n",
    "scripts/test\n",
    # CI runs these three.
    "scripts/install\nscripts/check\nscripts/test tests/engine -q\n",
}
TESTED_BY = {"clients.md": "tests/clients/test_docs.py", "client-guide.md": "tests/cli/test_client_guide.py"}
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
RUNNERS = {"python": ([sys.executable], ".py"), "js": (["node"], ".mjs"), "sh": (["bash", "-eu"], ".sh")}
PLAIN = {"text", "json", ""}
SHOWN = {"java": ".java", "go": ".go"}
"""Languages of whose blocks each is a file beside its page, which the tests of that folder compile and run."""


@dataclass(frozen=True)
class Block:
    page: str
    line: int
    language: str
    code: str


def pages() -> list[Path]:
    return [
        *sorted(TOP.glob("*.md")),
        *sorted((TOP / "contracts").glob("*.md")),
        *sorted((TOP / "clients").rglob("*.md")),
        *sorted((TOP / "docs").rglob("*.md")),
    ]


def blocks() -> Iterator[Block]:
    """All blocks but those of pages whose tests compare what is said as well."""
    for page in pages():
        text = page.read_text("utf-8")
        for match in BLOCK.finditer(text):
            if match[2] not in TRIED_ELSEWHERE and page.name not in TESTED_BY:
                line = text.count("\n", 0, match.start()) + 1
                yield Block(str(page.relative_to(TOP)), line, match[1], match[2])


BLOCKS = list(blocks())


@pytest.mark.parametrize(
    "block", [b for b in BLOCKS if b.language in RUNNERS], ids=lambda block: f"{block.page}:{block.line}"
)
def test_the_program_runs_as_printed(
    block: Block, mock: ThreadedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIDMOCK_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    command, suffix = RUNNERS[block.language]
    program = tmp_path / f"block{suffix}"
    program.write_text(block.code.replace(ADDRESS, mock.url.removeprefix("http://")), "utf-8")
    if block.language == "js":
        link_modules(tmp_path)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    place = TOP if block.language == "sh" else tmp_path
    done = subprocess.run(
        [*command, str(program)],
        cwd=place,
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_every_block_is_a_program_or_plainly_none() -> None:
    assert {block.language for block in BLOCKS} <= RUNNERS.keys() | SHOWN.keys() | PLAIN


@pytest.mark.parametrize(
    "block", [b for b in BLOCKS if b.language in SHOWN], ids=lambda block: f"{block.page}:{block.line}"
)
def test_what_a_compiler_is_for_is_shown_as_the_file_that_is_run(block: Block) -> None:
    files = (TOP / block.page).parent.glob(f"*{SHOWN[block.language]}")
    assert block.code in [file.read_text("utf-8") for file in files]


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(TOP)))
def test_links_between_the_pages_lead_somewhere(page: Path) -> None:
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)", page.read_text("utf-8")):
        file = page.parent / target if target else page
        assert file.exists(), target
        assert not anchor or anchor in anchors(file.read_text("utf-8")), f"{target}#{anchor}"


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(TOP)))
def test_no_row_of_a_table_or_list_stands_twice(page: Path) -> None:
    for part in BLOCK.sub("", page.read_text("utf-8")).split("\n\n"):
        rows = [line for line in part.splitlines() if line.startswith(("|", "- "))]
        assert sorted(rows) == sorted(set(rows))


def test_the_readme_says_where_its_commands_are_before_it_uses_one() -> None:
    _, start, rest = (TOP / "README.md").read_text("utf-8").partition("## Start")
    before, activated, after = rest.partition("`. .venv/bin/activate`")
    bare = re.compile(r"^(vidmock|pytest|pip) ", re.MULTILINE)
    assert start
    assert activated
    assert not bare.search(before)
    assert bare.search(after)


def anchors(text: str) -> set[str]:
    """The anchors that a page's headings get, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", BLOCK.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
