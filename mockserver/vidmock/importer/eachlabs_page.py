"""Eachlabs' page of a model: ``llms.txt``, which is one line, and the ``.mdx`` of its documentation's repository."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from vidmock.importer.eachlabs_table import eachlabs_parameter, eachlabs_rows
from vidmock.importer.literals import bare
from vidmock.importer.markdown import first_json, plain_text, table_rows
from vidmock.importer.page import Makes, ModelPage, PageExample, Rate, Unsure
from vidmock.importer.parameter_tree import FlatParameter, parameter_tree
from vidmock.importer.rates import plain_rate
from vidmock.importer.source import SourceText
from vidmock.problems import BadRequest

_SECTION: Final = re.compile(r"(?:^|(?<=\s))## (?=[A-Z])")
_FACT: Final = re.compile(r"- \*\*([A-Za-z ()]{1,60}):\*\* ")
_TITLE: Final = re.compile(r"^title: *\"?([^\"\n]{1,200})\"?$", re.MULTILINE)
_SLUG: Final = re.compile(r"[a-z0-9][a-z0-9.-]{0,120}")
_TABLES: Final = ("Input Schema", "Input Parameters")


def is_eachlabs_page(text: str) -> bool:
    return "**Model Slug:**" in text or ("**Slug**" in text and "eachlabs" in text)


def read_eachlabs_page(source: SourceText) -> ModelPage:
    """The model of *source*. Raises BadRequest: it has no slug, or names no parameter."""
    sections = _sections(source.text)
    facts = _facts(source.text, sections)
    slug = facts.get("model slug") or facts.get("slug", "")
    if not _SLUG.fullmatch(slug):
        raise BadRequest(f"{source.name} has no slug: what is behind Model Slug must be the name of a model")
    notes = list[Unsure]()
    section = next((name for name in _TABLES if name in sections), "")
    parameters = [
        parameter
        for row in eachlabs_rows(sections.get(section, ""))
        if (parameter := eachlabs_parameter(row, section.lower(), notes))
    ]
    if not parameters:
        raise BadRequest(f"{source.name} names no parameter: no input parameters are documented on it")
    title = _TITLE.search(source.text)
    docs = facts.get("branded url", "")
    price = facts.get("base cost") or facts.get("pricing details", "")
    rate = plain_rate(price.removeprefix("Charge "))
    seconds = re.match(r"([0-9]{1,5})\b", facts.get("estimated processing time", ""))
    return ModelPage(
        provider="eachlabs",
        form="Eachlabs' page",
        id=slug,
        name=plain_text(title[1]) if title else " ".join(word.capitalize() for word in slug.split("-")),
        docs=docs if docs.startswith("https://") else f"https://www.eachlabs.ai/ai-models/{slug}",
        makes=_makes(facts),
        parameters=parameter_tree([FlatParameter(each.name, each) for each in parameters]),
        rates=_rates(rate),
        price=price,
        examples=tuple(_examples(source.text)),
        notes=tuple(notes),
        category=facts.get("category", ""),
        envelope="input",
        seconds=int(seconds[1]) or None if seconds else None,
        seconds_from="documented: API information › estimated processing time" if seconds and int(seconds[1]) else "",
    )


def _rates(rate: Rate | None) -> tuple[Rate, ...]:
    return (rate,) if rate else ()


def _sections(text: str) -> dict[str, str]:
    """What stands under each second-level heading, also where all is on one line; the first of a name counts."""
    found: dict[str, str] = {}
    starts = [*_SECTION.finditer(text)]
    ends = [*(start.start() for start in starts[1:]), len(text)]
    for start, end in zip(starts, ends, strict=False):
        body = text[start.end() : end]
        name = next((name for name in (*_TABLES, "API Information", "Pricing") if body.startswith(name)), "")
        if name:
            found.setdefault(name, body.removeprefix(name))
    return found


def _facts(text: str, sections: dict[str, str]) -> dict[str, str]:
    """The facts by name in small letters: a list with bold names, or a table of two columns."""
    found: dict[str, str] = {}
    for name in ("API Information", "Pricing"):
        parts = _FACT.split(sections.get(name, "").partition("### ")[0])[1:]
        for fact, said in zip(parts[::2], parts[1::2], strict=False):
            found.setdefault(fact.lower(), plain_text(said))
    for table in table_rows(text):
        for row in table:
            if len(row) == 2 and row[0].startswith("**"):
                found.setdefault(row[0].strip("* ").lower(), bare(row[1]))
    return found


def _makes(facts: dict[str, str]) -> Makes:
    told = f"{facts.get('output type', '')} {facts.get('output', '')} {facts.get('category', '')}".lower()
    for word, made in _WORDS:
        if re.search(rf"\b{word}\b", told.rpartition(" to ")[2] if " to " in told else told):
            return made
    return "video"


_WORDS: Final[tuple[tuple[str, Makes], ...]] = (
    ("video", "video"),
    ("image", "image"),
    ("audio", "audio"),
    ("speech", "audio"),
    ("voice", "audio"),
    ("music", "audio"),
    ("text", "text"),
)


def _examples(text: str) -> Iterator[PageExample]:
    """The inputs of the calls that the page prints, each once."""
    seen = list[object]()
    for part in re.split(r"\s-d\s+'", text)[1:]:
        body = first_json(part)
        sent = body.get("input") if isinstance(body, dict) else None
        if isinstance(sent, dict) and sent and sent not in seen:
            seen.append(sent)
            yield PageExample(sent, "of the request")
