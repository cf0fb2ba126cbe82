"""The table of parameters on Eachlabs' pages: on one line or on many, with a column of constraints or without."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from vidmock import strict_json
from vidmock.importer.literals import UNREADABLE, bare, page_type, read_literal
from vidmock.importer.markdown import plain_text, table_rows
from vidmock.importer.page import NOTHING, Parameter, Unsure
from vidmock.problems import BadJSON

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,79}")
_DASHES: Final = frozenset("-: ")
_RANGE: Final = re.compile(r"(-?[0-9]{1,12}(?:\.[0-9]{1,6})?)\s?[–—-]\s?(-?[0-9]{1,12}(?:\.[0-9]{1,6})?)")
_MEDIA_TYPE: Final = re.compile(r"(?:image|video|audio|application)/[a-z0-9.+*-]+")
_NOTHING: Final = frozenset({"", "-", "—", "–"})
_COLUMNS: Final = ("parameter", "type", "required", "default", "constraints", "description")


def eachlabs_rows(text: str) -> Iterator[Mapping[str, str]]:
    """The rows of the table in *text*, by the names of its columns in small letters."""
    tables = [table for table in table_rows(text) if len(table) > 1]
    if tables:
        head, *body = tables[0]
        names = [name.lower() for name in head]
        yield from (dict(zip(names, row, strict=False)) for row in body)
        return
    cells = [plain_text(cell.replace("\0", "|")) for cell in text.replace("\\|", "\0").split("|")]
    names = [cell.lower() for cell in cells if cell.lower() in _COLUMNS][: len(_COLUMNS)]
    behind = [number for number, cell in enumerate(cells) if "--" in cell and _DASHES.issuperset(cell)]
    if len(names) < 3 or len(behind) < len(names):
        return
    rows = _one_line(cells[behind[len(names) - 1] + 1 :], len(names))
    yield from (dict(zip(names, row, strict=False)) for row in rows)


def _one_line(cells: list[str], width: int) -> Iterator[list[str]]:
    """The rows of a table on one line; a bar within a description parts no cells."""
    starts = [
        number
        for number in range(len(cells) - width + 1)
        if _NAME.match(cells[number]) and page_type(cells[number + 1]) and (number == 0 or not cells[number - 1])
    ]
    for start, following in zip(starts, [*starts[1:], len(cells)], strict=False):
        row = cells[start:following]
        while len(row) > width and not row[-1]:
            row.pop()
        yield [*row[: width - 1], " | ".join(row[width - 1 :])]


def eachlabs_parameter(row: Mapping[str, str], section: str, notes: list[Unsure]) -> Parameter | None:
    """The parameter of a *row*; ``None`` where its first cell has no name."""
    named = _NAME.match(bare(row.get("parameter", "")))
    if not named:
        return None
    name, kind = named[0], page_type(row.get("type", ""))
    at, about = f"/{name}", row.get("description", "")
    keywords, doubt = read_constraints(row.get("constraints", ""), kind)
    if doubt:
        notes.append(Unsure(at, row["constraints"][:300], doubt))
    stated = bare(row.get("default", ""))
    default: Any = NOTHING if stated in _NOTHING else read_literal(stated, kind or "string")
    if default is UNREADABLE:
        notes.append(Unsure(at, f"default: {stated[:200]}", f"no value of type {kind}"))
        default = NOTHING
    return Parameter(
        name,
        type=kind,
        required=bare(row.get("required", "")).lower() == "yes",
        default=default,
        about="" if about.strip() in _NOTHING else about,
        keywords=keywords,
        source=f"{section} › {name}",
    )


def read_constraints(text: str, kind: str) -> tuple[dict[str, Any], str]:
    """The keywords that the constraints of a parameter of type *kind* are, and what is doubtful of them."""
    said = text.strip().strip("`").strip()
    if said in _NOTHING:
        return {}, ""
    if span := _RANGE.fullmatch(said):
        return _span(span, kind)
    if said.startswith("{"):
        return _keys(said)
    if said.startswith("["):
        return {}, "a list that was joined character by character"
    if "..." in said or "…" in said:
        return {}, "a list that is cut off"
    words = [word for word in map(str.strip, said.split(",")) if word]
    if len(words) < 2:
        return {}, "one value alone: it may be all that is taken, or an example"
    if all(_MEDIA_TYPE.fullmatch(word) for word in words):
        return {}, "the media types of a file, which its address does not show"
    values = [read_literal(word, kind) for word in words]
    if kind not in ("string", "integer", "number") or UNREADABLE in values:
        return {}, f"its members are no values of type {kind or 'unknown'}"
    return {"enum": list(dict.fromkeys(values))}, ""


def _span(span: re.Match[str], kind: str) -> tuple[dict[str, Any], str]:
    ends = [read_literal(end, "integer" if kind in ("integer", "array") else "number") for end in span.groups()]
    if kind in ("integer", "number") and UNREADABLE not in ends:
        return {"minimum": ends[0], "maximum": ends[1]}, ""
    if kind == "array" and UNREADABLE not in ends:
        return {**({"minItems": ends[0]} if ends[0] > 0 else {}), "maxItems": ends[1]}, ""
    return {}, "a range, which is neither the length nor the value of a text"


def _keys(said: str) -> tuple[dict[str, Any], str]:
    """The keys of a JSON object, which are the values that are taken."""
    try:
        keys = list(strict_json.loads(said))
    except BadJSON:
        return {}, "a JSON object that breaks off"
    return ({"enum": keys}, "") if keys else ({}, "an empty JSON object")
