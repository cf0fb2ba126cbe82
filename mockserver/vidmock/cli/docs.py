"""``vidmock docs``: prints a page of the documentation, which comes with the program, or searches all pages."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from vidmock import resources
from vidmock.cli.output import say
from vidmock.problems import BadRequest, did_you_mean

EXAMPLES = ("vidmock docs", "vidmock docs faults", "vidmock docs --search webhook")


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("page", nargs="?", help="the page's name; without one, all of them are listed")
    parser.add_argument("--search", metavar="TEXT", help="the lines that have this text; exit code 1 if none has")


def run(arguments: argparse.Namespace) -> int:
    pages = documentation_pages()
    if arguments.page is not None:
        pages = {name: pages[name] for name in [_named(arguments.page, pages)]}
    if arguments.search is not None:
        return _search(arguments.search, pages)
    if arguments.page is None:
        width = max(map(len, pages))
        for name, file in pages.items():
            say(f"{name:<{width}}  {_title(file)}")
        return 0
    (file,) = pages.values()
    text = file.read_text("utf-8")
    if sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty():
        import pydoc

        # It obeys $PAGER, and does without where there is none.
        pydoc.pager(text)
    else:
        say(text.removesuffix("\n"))
    return 0


def documentation_pages() -> Mapping[str, Path]:
    """The file of each page, by its name, such as ``faults`` and ``providers/fal``."""
    folder = resources.folder("docs")
    return {file.relative_to(folder).with_suffix("").as_posix(): file for file in sorted(folder.rglob("*.md"))}


def _named(asked: str, pages: Mapping[str, Path]) -> str:
    """The name of the page that *asked* means: ``faults``, ``docs/faults.md``, ``fal``. Raises BadRequest."""
    name = asked.removeprefix("docs/").removesuffix(".md")
    # Of two that end alike, the first: a provider's own page, and not that of its rules.
    known = {**{page.rpartition("/")[2]: page for page in reversed([*pages])}, **{page: page for page in pages}}
    if name not in known:
        raise BadRequest(f"there is no page {asked!r}.{did_you_mean(name, known)} vidmock docs lists them")
    return known[name]


def _title(file: Path) -> str:
    return file.read_text("utf-8").partition("\n")[0].removeprefix("# ")


def _search(text: str, pages: Mapping[str, Path]) -> int:
    if not text.strip():
        raise BadRequest("--search needs a text. Try: vidmock docs --search webhook")
    count = 0
    for name, file in pages.items():
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
            if text.casefold() in line.casefold():
                count += 1
                say(f"{name}:{number}: {line.strip()}")
    if not count:
        print(f"vidmock: no page has {text!r}", file=sys.stderr)
    return 0 if count else 1
