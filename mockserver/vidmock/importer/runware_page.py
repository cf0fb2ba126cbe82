"""Runware's page of a model, as Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from vidmock.importer.markdown import first_json, plain_text, section
from vidmock.importer.page import Contradiction, Makes, ModelPage, NamedRule, PageExample, Parameter, Rate, Unsure
from vidmock.importer.parameter_tree import parameter_tree
from vidmock.importer.rates import decimal_text, plain_rate
from vidmock.importer.runware_fields import FieldNotes, RunwareField, runware_fields, runware_parameter
from vidmock.importer.runware_rules import optional_by, runware_rules, together_rule
from vidmock.importer.source import SourceText
from vidmock.problems import BadRequest

_ID: Final = re.compile(r"^- \*\*ID\*\*: `([^`\s]{1,120})`$", re.MULTILINE)
_URL: Final = re.compile(r"https://runware\.ai/docs/models/([a-z0-9][a-z0-9.-]{0,100})")
_TITLE: Final = re.compile(r"^# (.{1,200})$", re.MULTILINE)
_PRICE: Final = re.compile(r"^- \*\*(.{1,200}?)\*\*: `\$([0-9]{1,6}(?:\.[0-9]{1,9})?)`$", re.MULTILINE)
_LENGTH: Final = re.compile(r"([0-9]{1,4}) ?s")
_MAKES: Final[Mapping[str, Makes]] = {
    "videoInference": "video",
    "imageInference": "image",
    "audioInference": "audio",
    "textInference": "text",
}


def is_runware_page(text: str) -> bool:
    return "## Request Parameters" in text and bool(_ID.search(text)) and bool(_URL.search(text))


def read_runware_page(source: SourceText) -> ModelPage:
    """The model of *source*. Raises BadRequest: it names no parameter."""
    text = source.text
    model, url = _ID.search(text), _URL.search(text)
    assert model
    assert url
    left = FieldNotes()
    fields = [*runware_fields(section(text, "Request Parameters"))]
    if not fields:
        raise BadRequest(f"{source.name} names no parameter under Request Parameters")
    rules, sizes, notes = runware_rules(section(text, "Compatibility & Validation"))
    rules = [*{rule.name: rule for rule in (*rules, *_paired(fields, rules))}.values()]
    tree = parameter_tree([runware_parameter(each, left) for each in fields], closed=True)
    parameters = tuple(_freed(each, rules, left.contradictions) for each in tree)
    title = _TITLE.search(text)
    price, rates, doubts = _prices(section(text, "Pricing"))
    task = next((each.keywords.get("const") for each in parameters if each.name == "taskType"), "")
    return ModelPage(
        provider="runware",
        form="Runware's page",
        id=model[1],
        aliases=(url[1],),
        name=plain_text(title[1]) if title else model[1],
        docs=url[0],
        makes=_MAKES.get(str(task), "video"),
        parameters=parameters,
        rates=rates,
        price=price,
        rules=tuple(rules),
        sizes=sizes,
        examples=tuple(_examples(section(text, "Examples"))),
        notes=(*notes, *left.notes, *doubts),
        contradictions=tuple(left.contradictions),
        closed=True,
    )


def _paired(fields: Sequence[RunwareField], rules: Sequence[NamedRule]) -> Iterator[NamedRule]:
    """The rules for parameters that are marked as paired, unless a sentence says so already."""
    said = {frozenset(rule.paths) for rule in rules if "-with-" in rule.name}
    for each in fields:
        other = each.facts.get("Paired with", "").strip("`")
        if re.fullmatch(r"[A-Za-z]{1,40}", other) and each.place == each.name:
            pair = frozenset({f"/{each.name}", f"/{other}"})
            if pair not in said and len(pair) == 2:
                said.add(pair)
                yield together_rule(each.name, other, f"request parameters › {each.name}: paired with {other}")


def _freed(parameter: Parameter, rules: Sequence[NamedRule], contradictions: list[Contradiction]) -> Parameter:
    """*parameter*, and not required where a rule of the page lets it be left out."""
    if not parameter.required or parameter.name not in optional_by(rules):
        return parameter
    contradictions.append(
        Contradiction(
            f"{parameter.name} is required",
            "a rule of the page has it as one of several choices",
            "let it be left out where the rule does",
        )
    )
    return replace(parameter, required=False)


def _prices(text: str) -> tuple[str, tuple[Rate, ...], list[Unsure]]:
    """The page's words on its price, its rates, and notes on what they are for."""
    rows = [(plain_text(label), Decimal(dollars)) for label, dollars in _PRICE.findall(text)]
    words = plain_text(re.sub(r"^- .*$", "", text, flags=re.MULTILINE))
    if not rows:
        plain = plain_rate(words.removeprefix("From "))
        return words, (plain,) if plain else (), []
    rates = [_row_rate(label, dollars) for label, dollars in rows]
    same = len({(rate.dollars, rate.per) for rate in rates}) == 1
    rate = replace(rates[0], certain=same, label="" if same else rates[0].label)
    listed = "; ".join(f"{label}: ${dollars}" for label, dollars in rows)
    said = f"{words} {listed}".strip()
    if same and not words:
        return said, (rate,), []
    return said, (rate,), [Unsure("", said, "which of these prices an input has; the first is taken")]


def _row_rate(label: str, dollars: Decimal) -> Rate:
    """The rate of a row whose label may end with a length, as ``1080p · T2V · 1s``."""
    length = _LENGTH.fullmatch(label.rpartition("·")[2].strip())
    says = f"{label}: ${dollars}"
    if length and int(length[1]):
        kept = " · ".join(part.strip() for part in label.split("·")[:-1])
        return Rate(decimal_text(dollars / int(length[1])), "second", says=says, label=kept)
    return Rate(decimal_text(dollars), "result", says=says, label=label)


def _examples(text: str) -> Iterator[PageExample]:
    for number, part in enumerate(text.split("**Request**:")[1:], 1):
        asked, _, answered = part.partition("**Response**:")
        sent, got = first_json(asked), first_json(answered.partition("\n### ")[0])
        if isinstance(sent, dict):
            cost: Any = got.get("cost") if isinstance(got, dict) else None
            yield PageExample(sent, f"number {number}", cost if isinstance(cost, int | float) else None)
