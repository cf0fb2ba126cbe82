"""The parts of Markdown and MDX that model pages are made of: tables, code, tags, headings."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import unescape
from typing import Any, Final

from vidmock import strict_json
from vidmock.problems import BadJSON

_ATTRIBUTE: Final = re.compile(r'\s*([A-Za-z_][\w:-]{0,60})(?:\s*=\s*("[^"]*"|\{[^{}]*\}))?')
_ESCAPE: Final = re.compile(r"\\([\\$*_`<>{}\[\]()#+.!|~-])")
_RULE: Final = re.compile(r"[\s|:-]+")


@dataclass(frozen=True, slots=True)
class MdxTag:
    """``<Name attribute="value">body</Name>``. An attribute without a value has an empty one."""

    attributes: Mapping[str, str]
    body: str


@dataclass(frozen=True, slots=True)
class Fence:
    """A block of code, with what stands behind its opening marks."""

    info: str
    code: str


def plain_text(text: str) -> str:
    """*text* on one line, without Markdown's escapes and HTML's entities."""
    return " ".join(_ESCAPE.sub(r"\1", unescape(text)).split())


def mdx_tags(text: str, name: str) -> Iterator[MdxTag]:
    """Each tag of that *name*; a tag within another one ends the text of the outer."""
    opening, closing = f"<{name}", f"</{name}>"
    at, end = text.find(opening), 0
    while at >= 0:
        attributes, start = _attributes(text, at + len(opening))
        following = text.find(opening, start)
        if 0 <= end < start:
            # What was not found once is not looked for again: a text may have thousands of tags that never end.
            end = text.find(closing, start)
        stop = min((place for place in (following, end) if place >= 0), default=len(text))
        yield MdxTag(attributes, text[start:stop].strip())
        at = following


def _attributes(text: str, at: int) -> tuple[dict[str, str], int]:
    """The attributes of the tag whose name ends at *at*, and the place behind them."""
    found = {}
    while match := _ATTRIBUTE.match(text, at):
        found[match[1]] = unescape((match[2] or "")[1:-1])
        at = match.end()
    while at < len(text) and text[at] in " \n\t/":
        at += 1
    return found, at + text.startswith(">", at)


def fences(text: str) -> Iterator[Fence]:
    """Each block of code between lines of three backticks, indented or not."""
    info, code = "", list[str]()
    inside = False
    for line in text.split("\n"):
        mark = line.strip()
        if inside and mark == "```":
            yield Fence(info, "\n".join(code))
            inside = False
        elif inside:
            code.append(line)
        elif mark.startswith("```"):
            info, code, inside = mark[3:].strip(), [], True


def table_rows(text: str) -> Iterator[list[list[str]]]:
    """Each table: its rows with their cells, the line of dashes left out."""
    table = list[list[str]]()
    for line in [*text.split("\n"), ""]:
        row = line.strip()
        if row.startswith("|") and len(row) > 1:
            if not _RULE.fullmatch(row) or not table:
                table.append(table_cells(row))
        elif table:
            yield table
            table = []


def table_cells(row: str) -> list[str]:
    """The cells of a row of a table; an escaped bar does not part two."""
    parts = row.strip().removeprefix("|").removesuffix("|").replace("\\|", "\0").split("|")
    return [plain_text(part.replace("\0", "|")) for part in parts]


def section(text: str, heading: str) -> str:
    """What stands under the second-level *heading*, up to the next one; empty where there is none."""
    lines = text.split("\n")
    starts = [number for number, line in enumerate(lines) if line.strip().lower() == f"## {heading.lower()}"]
    if not starts:
        return ""
    rest = lines[starts[0] + 1 :]
    end = next((number for number, line in enumerate(rest) if line.startswith("## ")), len(rest))
    return "\n".join(rest[:end])


def first_json(text: str) -> Any:
    """The first JSON object in *text*, whatever stands around it; ``None`` where there is none that can be read."""
    at = text.find("{")
    if at < 0:
        return None
    try:
        _, end = json.JSONDecoder().raw_decode(text, at)
        return strict_json.loads(text[at:end])
    except (BadJSON, ValueError, RecursionError):
        return None
