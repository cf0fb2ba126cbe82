"""The parameters of Runware's page: a heading each, a list of facts below it, prose, and the allowed values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from vidmock.importer.addresses import file_kind
from vidmock.importer.literals import UNREADABLE, page_type, read_literal
from vidmock.importer.markdown import plain_text
from vidmock.importer.page import NOTHING, Contradiction, Parameter, Unsure
from vidmock.importer.parameter_tree import FlatParameter

_HEADING: Final = re.compile(r"#{3,4} \[([A-Za-z0-9_]{1,80})\]\(")
_FACT: Final = re.compile(r"- \*\*([A-Z][A-Za-z ]{1,20})\*\*: (.+)")
_LITERAL: Final = re.compile(r"`([^`]*)`")
_SPELLINGS: Final = re.compile(
    r"\(((?:UUID|URL|Data URI|Base64)(?:(?:,? or |, )(?:UUID|URL|Data URI|Base64)){0,3})\)", re.IGNORECASE
)
_WRITTEN: Final[Mapping[str, tuple[str, str]]] = {
    "uuid": ("uuid", "a UUID"),
    "url": ("url", "an http(s) URL"),
    "data uri": ("image-data-uri", "a data URI"),
    "base64": ("bare-base64", "bare base64"),
}
_LIMITS: Final[Mapping[str, tuple[str, str]]] = {
    "string": ("minLength", "maxLength"),
    "array": ("minItems", "maxItems"),
    "integer": ("minimum", "maximum"),
    "number": ("minimum", "maximum"),
}


@dataclass(frozen=True, slots=True)
class RunwareField:
    """A parameter with its *facts*, prose and allowed values, as text."""

    name: str
    facts: Mapping[str, str]
    about: str
    allowed: tuple[str, ...]

    @property
    def place(self) -> str:
        """Its dotted place. An object may have the path of its first member."""
        path = bare_fact(self.facts, "Path") or self.name
        parts = path.split(".")
        if self.facts.get("Type", "").strip("`").startswith("object") and self.name in parts:
            parts = parts[: parts.index(self.name) + 1]
        return ".".join(parts)


@dataclass(slots=True)
class FieldNotes:
    """What reading parameters has left open."""

    notes: list[Unsure] = field(default_factory=list)
    contradictions: list[Contradiction] = field(default_factory=list)


def runware_fields(text: str) -> Iterator[RunwareField]:
    """Each parameter of the section *text*."""
    heads = [*_HEADING.finditer(text)]
    ends = [*(head.start() for head in heads[1:]), len(text)]
    for head, end in zip(heads, ends, strict=False):
        body = text[head.end() : end].split("\n")[1:]
        facts, prose, allowed = _parts(body)
        yield RunwareField(head[1], facts, plain_text(" ".join(prose)), tuple(allowed))


def _parts(lines: list[str]) -> tuple[dict[str, str], list[str], list[str]]:
    facts = dict[str, str]()
    prose, allowed = list[str](), list[str]()
    part = "facts"
    for line in lines:
        if part == "facts" and (fact := _FACT.match(line)):
            facts[fact[1]] = fact[2].strip()
        elif line.startswith("**Allowed values**"):
            allowed += _LITERAL.findall(line)
            part = "allowed"
        elif part == "allowed" and line.startswith("- `"):
            allowed += _LITERAL.findall(line)[:1]
        elif line.startswith(("**", "```", "##")):
            part = "rest"
        elif part in ("facts", "prose") and line.strip() and not line.startswith(("- ", ">")):
            prose.append(line)
            part = "prose"
    return facts, prose, allowed


def bare_fact(facts: Mapping[str, str], name: str) -> str:
    return facts.get(name, "").strip("`")


def runware_parameter(told: RunwareField, left: FieldNotes) -> FlatParameter:
    """The parameter that *told* is; what is doubtful about it goes to *left*."""
    word, at = bare_fact(told.facts, "Type"), "/" + told.place.replace(".", "/")
    items = tuple(page_type(each.removesuffix("s")) for each in re.findall(r"\b(string|object|integer|float)s\b", word))
    kind = "array" if word.startswith("array") else page_type(word.partition(" (")[0])
    keywords = _limits(told, kind, at, left)
    form = _form(told)
    if told.allowed:
        keywords["enum"], kind = _allowed(told, kind, left)
    elif form and kind == "array" and items == ("string",):
        keywords["items"], items = form, ()
    elif form and kind == "string":
        keywords, kind = {**form, **keywords}, ""
    default = read_literal(told.facts["Default"], kind or "string") if "Default" in told.facts else NOTHING
    return FlatParameter(
        told.place,
        Parameter(
            told.name,
            type=kind,
            required=told.facts.get("Required") == "true",
            default=NOTHING if default is UNREADABLE else default,
            about=_SPELLINGS.sub("", told.about) if form else told.about,
            keywords=keywords,
            items=() if items == ("string",) else items,
            text_items=form,
            source=f"request parameters › {told.place}",
        ),
    )


def _limits(told: RunwareField, kind: str, at: str, left: FieldNotes) -> dict[str, Any]:
    keywords: dict[str, Any] = {}
    if value := bare_fact(told.facts, "Value"):
        fixed = read_literal(value, kind or "string")
        if fixed is UNREADABLE:
            left.notes.append(Unsure(at, f"Value: {value}", f"no value of type {kind}"))
        else:
            keywords["const"] = fixed
    for fact, keyword in zip(("Min", "Max"), _LIMITS.get(kind, ()), strict=False):
        limit = read_literal(told.facts.get(fact, ""), "number")
        if limit is not UNREADABLE:
            keywords[keyword] = limit
    if step := bare_fact(told.facts, "Step"):
        factor = read_literal(step, "integer")
        if factor is not UNREADABLE and factor > 0 and keywords.get("minimum", 0) % factor == 0:
            keywords["multipleOf"] = factor
        else:
            left.notes.append(Unsure(at, f"Step: {step}", "a step that no rule is made of"))
    return keywords


def _form(told: RunwareField) -> dict[str, Any]:
    """What a text must be: by its format, or by the spellings of a file in its prose; empty where neither says."""
    written = bare_fact(told.facts, "Format").lower()
    if written.startswith("uuid"):
        return {"$ref": "#/$defs/uuid"}
    if written in ("uri", "url"):
        return {"$ref": "#/$defs/url"}
    spellings = _SPELLINGS.search(told.about)
    if not spellings:
        return {}
    kind = file_kind(Parameter(told.name, about=told.about))
    words = re.split(r",? or |, ", spellings[1].lower())
    names = [("video-data-uri" if kind == "video" and word == "data uri" else _WRITTEN[word][0]) for word in words]
    return {
        "type": "string",
        "anyOf": [{"$ref": f"#/$defs/{name}"} for name in names],
        "x-message": f"must be {' or '.join(_WRITTEN[word][1] for word in words)}",
        **({"x-media": {"kind": kind}} if kind in ("image", "video") else {}),
    }


def _allowed(told: RunwareField, kind: str, left: FieldNotes) -> tuple[list[Any], str]:
    """The values of *told*, and its type. Of a type that has none of them, they are texts, and numbers."""
    values = [read_literal(value, kind) for value in told.allowed]
    if kind in ("string", "integer", "number", "boolean") and UNREADABLE not in values:
        return values, kind
    numbers = [read_literal(value, "integer") for value in told.allowed]
    mixed = [value if number is UNREADABLE else number for number, value in zip(numbers, told.allowed, strict=True)]
    left.contradictions.append(
        Contradiction(
            f"{told.place} is of type {bare_fact(told.facts, 'Type') or 'nothing'}",
            f"its values are {', '.join(map(str, mixed))}",
            "take these values",
        )
    )
    return mixed, ""
