"""Every block of docs/clients.md does what the page says, and the banner of ``vidmock serve`` says the same."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from vidmock.cli.serve import banner
from vidmock.engine.world.settings import Settings
from vidmock.server.server import ThreadedServer

TOP = Path(__file__).parents[2]
PAGE = (TOP / "docs" / "clients.md").read_text(encoding="utf-8")
ADDRESS = "http://127.0.0.1:8787"
SECONDS = 120

_BLOCK = re.compile(r"^```(python|js)\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A program of the page, under its heading, and what the page says that it prints."""

    heading: str
    line: int
    language: str
    code: str
    printed: str


def blocks() -> list[Block]:
    found: list[Block] = []
    for match in _BLOCK.finditer(PAGE):
        heading = re.findall(r"^## (.*)$", PAGE[: match.start()], re.MULTILINE)[-1]
        line = PAGE.count("\n", 0, match.start()) + 1
        found.append(Block(heading, line, match[1], match[2], match[3] or ""))
    return found


@pytest.mark.parametrize("block", blocks(), ids=lambda block: f"{block.heading} line {block.line}")
def test_the_block_prints_what_the_page_says(block: Block, mock: ThreadedServer, tmp_path: Path) -> None:
    program = tmp_path / {"python": "block.py", "js": "block.mjs"}[block.language]
    program.write_text(block.code.replace(ADDRESS, mock.url), encoding="utf-8")
    if block.language == "js":
        # A module's imports are looked up from the folder that it is in.
        (tmp_path / "node_modules").symlink_to(TOP / "tests" / "node" / "node_modules")
    command = {"python": [sys.executable], "js": ["node"]}[block.language]
    done = subprocess.run(
        [*command, str(program)],
        cwd=tmp_path,
        env=os.environ | {"NO_PROXY": "127.0.0.1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stderr
    assert block.printed
    # Clients may print as well, before the block does: aiflow logs each of its requests.
    assert done.stdout.endswith(block.printed)


def test_every_client_has_a_block_that_succeeds_and_one_that_fails() -> None:
    headings = [block.heading for block in blocks()]
    for client in re.findall(r"^## (.*)$", PAGE, re.MULTILINE):
        assert headings.count(client) >= 2, client
    assert PAGE.count("```python") + PAGE.count("```js") == len(headings)


def test_every_setting_in_the_banner_is_on_the_page() -> None:
    # A name, then the address that it is to have: NAME=http://…, name = "http://…", name: "http://…".
    settings = re.findall(r"(\w+) ?[=:] ?\"?(http://[\w.:/]+)", banner(ADDRESS, Settings(), Path("ca.pem")))
    assert {name for name, _ in settings} >= {
        "RUNPOD_ENDPOINT_BASE_URL",
        "http_base_url",
        "QUEUE_URL_FORMAT",
        "apiBaseUrl",
    }
    assert [setting for setting in settings if not all(part in PAGE for part in setting)] == []
