"""fal's Markdown of one endpoint: ``llms.txt`` beside its page, and its page of the API reference."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Final

from vidmock import strict_json
from vidmock.importer.addresses import is_address
from vidmock.importer.fal_openapi import endpoint_name, what_it_makes
from vidmock.importer.literals import UNREADABLE, page_type, read_literal
from vidmock.importer.markdown import fences, first_json, mdx_tags, plain_text
from vidmock.importer.page import NOTHING, Contradiction, ModelPage, PageExample, Parameter, Rate, Unsure
from vidmock.importer.parameter_tree import FlatParameter, parameter_tree
from vidmock.importer.rates import decimal_text, plain_rate
from vidmock.importer.source import SourceText
from vidmock.problems import BadJSON, BadRequest

_ENDPOINT: Final = re.compile(r"https://(?:queue\.)?fal\.run/([A-Za-z0-9][A-Za-z0-9._-]*(?:/[A-Za-z0-9._-]+){1,8})")
_ENTRY: Final = re.compile(r"- \*\*`([^`]{1,100})`\*\* \(`([^`]{1,200})`, _(required|optional)_\):?")
_LITERAL: Final = re.compile(r"`([^`]*)`")
_DEFAULT: Final = re.compile(r"Default value: `([^`]*)`")
_LIST: Final = re.compile(r"list<(.*)>", re.IGNORECASE)
_RATE: Final = re.compile(r"\\?\$([0-9]{1,6}(?:\.[0-9]{1,6})?) per (second|image|video)s?\b")
_FILE: Final = re.compile(r"(?:Image|Video|Audio)?File|Image|Video|Audio")


@dataclass(slots=True)
class _Entry:
    """One parameter as either form lists it, its literals as text."""

    name: str
    type: str
    required: bool
    about: list[str] = field(default_factory=list)
    default: str | None = None
    options: list[str] = field(default_factory=list)
    range: tuple[str, str] | None = None
    nullable: bool = False

    def take(self, line: str) -> None:
        """Take in a line of its text: a statement of the form, or prose."""
        name, _, stated = line.removeprefix("- ").partition(": ")
        if name in ("Options", "Possible values") and "`" in stated:
            self.options = _LITERAL.findall(stated)
        elif name == "Default" and line.startswith("- "):
            self.default = stated.strip("`")
        elif name == "Range" and len(ends := _LITERAL.findall(stated)) == 2:
            self.range = (ends[0], ends[1])
        elif name == "Examples" and line.startswith("- "):
            self.nullable = stated == "null"
        elif not line.startswith("- Array of "):
            if self.default is None and (default := _DEFAULT.search(line)):
                self.default = default[1]
            self.about.append(_DEFAULT.sub("", line).strip())


def is_fal_page(text: str) -> bool:
    return bool(_ENDPOINT.search(text)) and "### Input Schema" in text


def read_fal_page(source: SourceText) -> ModelPage:
    """The endpoint of *source*. Raises BadRequest: it names no parameter."""
    text = source.text
    endpoint = _ENDPOINT.search(text)
    assert endpoint
    asked, _, answered = text.partition("### Input Schema")[2].partition("### Output Schema")
    entries = [*_entries(asked)]
    if not entries:
        raise BadRequest(f"{source.name} names no parameter under its Input Schema")
    notes, contradictions = list[Unsure](), list[Contradiction]()
    category = re.search(r"^- \*\*Category\*\*: ([a-z0-9-]{1,60})$", text, re.MULTILINE)
    title = re.search(r"^# (.{1,200})$", text, re.MULTILINE)
    output = {each.name: _file_kind(each.type) for each in _entries(answered.partition("\n## ")[0])}
    price, rates = _prices(text)
    return ModelPage(
        provider="fal",
        form="fal's Markdown",
        id=endpoint[1],
        name=plain_text(title[1]).removesuffix(" API") if title else endpoint_name(endpoint[1]),
        docs=f"https://fal.ai/models/{endpoint[1]}/api",
        makes=what_it_makes(category[1] if category else "", output),
        parameters=parameter_tree(
            [FlatParameter(each.name, _parameter(each, notes, contradictions)) for each in entries]
        ),
        rates=rates,
        price=price,
        examples=tuple(_examples(text)),
        notes=tuple(notes),
        contradictions=tuple(contradictions),
        category=category[1] if category else "",
        output=output,
    )


def _entries(text: str) -> Iterator[_Entry]:
    for tag in mdx_tags(text, "ParamField"):
        said = tag.attributes
        entry = _Entry(said.get("body", ""), said.get("type", ""), "required" in said)
        for line in tag.body.split("\n"):
            entry.take(line.strip())
        if "default" in said:
            # In the text it is JSON, and here it is bare.
            entry.take(f"Default value: `{json.dumps(said['default'])}`")
        yield entry
    listed, inside = list[_Entry](), False
    for line in text.split("\n"):
        if found := _ENTRY.match(line):
            listed.append(_Entry(found[1], found[2], found[3] == "required"))
            inside = True
        elif line.startswith("  ") and inside:
            listed[-1].take(line.strip())
        elif line.strip():
            # What is not set in belongs to no parameter, nor does what is set in below it.
            inside = False
    yield from listed


def _parameter(entry: _Entry, notes: list[Unsure], contradictions: list[Contradiction]) -> Parameter:
    default = _json(entry.default)
    inner = _LIST.fullmatch(entry.type)
    kind = "array" if inner else page_type(entry.type)
    keywords: dict[str, Any] = {}
    if entry.options:
        keywords["enum"] = _options(entry, default, contradictions)
    if entry.range:
        ends = [read_literal(end, "number") for end in entry.range]
        keywords |= {key: end for key, end in zip(("minimum", "maximum"), ends, strict=True) if end is not UNREADABLE}
    if inner and not page_type(inner[1]) and not _FILE.fullmatch(inner[1]):
        notes.append(Unsure(f"/{entry.name}", entry.type, "the members of its items are not on the page"))
        keywords["items"] = {"type": "object"}
    elif inner and page_type(inner[1]) not in ("", "string"):
        keywords["items"] = {"type": page_type(inner[1])}
    elif not kind and not entry.options:
        notes.append(Unsure(f"/{entry.name}", entry.type, "a type that the page does not describe"))
    read = Parameter(
        entry.name,
        type=kind,
        required=entry.required,
        default=default,
        about=plain_text(" ".join(entry.about)),
        keywords=keywords,
        nullable=entry.nullable,
        source=f"input schema › {entry.name}",
    )
    plain = inner and page_type(inner[1]) == "string" and not is_address(read)
    return replace(read, keywords={**keywords, "items": {"type": "string"}}) if plain else read


def _json(literal: str | None) -> Any:
    """The value of *literal*, which is JSON on these pages; a word is itself."""
    if literal is None:
        return NOTHING
    try:
        return strict_json.loads(literal)
    except BadJSON:
        return literal


def _options(entry: _Entry, default: Any, contradictions: list[Contradiction]) -> list[Any]:
    """The values of *entry*. Bare ones are texts where the default is a text, and numbers where it is a number."""
    quoted = [_json(option) if option.startswith('"') else option for option in entry.options]
    if isinstance(default, int | float) and not isinstance(default, bool):
        numbers = [read_literal(str(option), "number") for option in quoted]
        if UNREADABLE not in numbers:
            if any(option.startswith('"') for option in entry.options):
                contradictions.append(
                    Contradiction(
                        f"the options of {entry.name} are texts",
                        f"its default is the number {default}",
                        "take numbers",
                    )
                )
            return numbers
    return quoted


def _file_kind(word: str) -> str:
    inner = _LIST.fullmatch(word)
    return ("files" if inner else "file") if _FILE.fullmatch(inner[1] if inner else word) else ""


def _prices(text: str) -> tuple[str, tuple[Rate, ...]]:
    """The page's words on its price, and the rate that they are, if they are one."""
    under = text.partition("\n## Pricing\n")[2].partition("\n## ")[0]
    words = [line.strip() for line in under.split("\n") if line.strip() and not line.startswith("For more details")]
    said = plain_text(" ".join(words)).replace("**", "").removeprefix("- ")
    if rate := plain_rate(said):
        return said, (rate,)
    named = {(Decimal(found[1]), found[2]) for found in _RATE.finditer(text)}
    if said or len(named) != 1:
        return said, ()
    ((dollars, unit),) = named
    says = f"${dollars} per {unit}"
    return says, (Rate(decimal_text(dollars), "second" if unit == "second" else "result", says=says),)


def _examples(text: str) -> Iterator[PageExample]:
    """The requests of the page, each once: what stands before its output schema, and its curl calls."""
    seen = list[Any]()
    for place, each in _fenced_requests(text):
        body = first_json(each)
        if isinstance(body, dict) and body not in seen:
            seen.append(body)
            yield PageExample(body, place)


def _fenced_requests(text: str) -> Sequence[tuple[str, str]]:
    asked = text.partition("### Input Schema")[2].partition("### Output Schema")[0]
    shown = text.partition("\n## Input Example")[2].partition("\n## ")[0]
    listed = [("of the input", each.code) for each in (*fences(asked), *fences(shown)) if each.info.startswith("json")]
    calls = [each.code for each in fences(text) if each.info.startswith("bash") and "--data" in each.code]
    return [*listed, *(("of the curl call", call.partition("--data")[2]) for call in calls)]
