"""A page of HTML that needs nothing but itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from html import escape
from pathlib import Path

from vidmock.reports.legal_text import legal

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
{body}
</body>
</html>
"""


def html_page(title: str, body: str) -> str:
    """The page with *body*, which is HTML."""
    return _PAGE.format(title=text(title), style=_style(), body=body)


def text(said: str) -> str:
    """*said* as it stands in HTML."""
    return escape(legal(said))


def markup(name: str, *content: str, **attributes: str) -> str:
    """An element with *content*, which is HTML. ``class_`` is ``class``, ``aria_label`` is ``aria-label``."""
    told = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{text(value)}"' for key, value in attributes.items() if value
    )
    return f"<{name}{told}>{''.join(content)}</{name}>"


def wide_table(caption: str, label: str, names: Sequence[str], rows: Iterable[str], class_: str = "") -> str:
    """A table that moves under a page which is narrower; its *rows* are HTML, and *label* is what it is called."""
    head = markup("thead", markup("tr", *(markup("th", text(name), scope="col") for name in names)))
    table = markup("table", markup("caption", text(caption)), head, markup("tbody", *rows))
    return markup("div", table, class_=f"wide {class_}".rstrip(), tabindex="0", role="region", aria_label=label)


def story_cells(line: str) -> tuple[str, str]:
    """A *line* of a story as its moment, if it has one, and what happened."""
    when, found, what = line.partition(" s  ")
    return (f"{when.strip()} s", what) if found else ("", line.strip())


@cache
def _style() -> str:
    return Path(__file__).with_name("page.css").read_text("utf-8")
