"""RunPod's page of a public endpoint: the ``.mdx`` of its documentation's repository, and the Markdown made of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, Final

from vidmock.importer.literals import UNREADABLE, page_type, read_literal
from vidmock.importer.markdown import MdxTag, fences, first_json, mdx_tags, plain_text, section, table_rows
from vidmock.importer.page import NOTHING, Contradiction, Makes, ModelPage, PageExample, Parameter, Rate
from vidmock.importer.parameter_tree import MOST_PARAMETERS, FlatParameter, parameter_tree
from vidmock.importer.prose import read_prose
from vidmock.importer.rates import per_second, plain_rate, table_rates
from vidmock.importer.source import SourceText
from vidmock.problems import BadRequest

_ENDPOINT: Final = re.compile(r"https://api\.runpod\.ai/v2/([A-Za-z0-9][A-Za-z0-9._-]{0,100})/run(?:sync)?\b")
_TITLE: Final = re.compile(r"^(?:title: *\"?([^\"\n]{1,200})\"?|# (.{1,200}))$", re.MULTILINE)
_MAKES: Final[Mapping[str, Makes]] = {
    "video": "video",
    "image": "image",
    "speech": "audio",
    "audio": "audio",
    "text": "text",
}


def is_runpod_page(text: str) -> bool:
    return "<ParamField" in text and 'body="input.' in text and bool(_ENDPOINT.search(text))


def read_runpod_page(source: SourceText) -> ModelPage:
    text = source.text
    endpoint = _ENDPOINT.search(text)
    assert endpoint
    facts = _facts(text)
    parameters, contradictions = _parameters(text)
    title = _TITLE.search(text)
    answer = next((first_json(each.code) for each in fences(text) if each.info.startswith("json 200")), None) or {}
    seconds = _seconds(answer)
    return ModelPage(
        provider="runpod",
        form="RunPod's page",
        id=endpoint[1],
        name=plain_text(title[1] or title[2]) if title else endpoint[1],
        docs=_docs(source),
        makes=next((made for word, made in _MAKES.items() if word in facts.get("type", "video").lower()), "video"),
        parameters=parameters,
        rates=_rates(facts.get("pricing", ""), text, parameters),
        examples=tuple(_examples(text, answer)),
        contradictions=tuple(contradictions),
        envelope="input",
        seconds=seconds,
        seconds_from=f"example: the reply's executionTime of {answer['executionTime']} ms" if seconds else "",
        price=facts.get("pricing", ""),
    )


def _docs(source: SourceText) -> str:
    stem = source.stem if re.fullmatch(r"[a-z0-9-]{1,80}", source.stem) else "reference"
    return f"https://docs.runpod.io/public-endpoints/{'models/' if stem != 'reference' else ''}{stem}"


def _facts(text: str) -> dict[str, str]:
    """The table of two columns at the top: Endpoint, Pricing, Type."""
    rows = (row for table in table_rows(text) for row in table if len(row) == 2 and row[0].startswith("**"))
    return {row[0].strip("* ").lower(): row[1] for row in rows}


def _parameters(text: str) -> tuple[tuple[Parameter, ...], list[Contradiction]]:
    contradictions = list[Contradiction]()
    tags = islice(mdx_tags(text, "ParamField"), MOST_PARAMETERS + 1)
    flat = [_parameter(tag, contradictions) for tag in tags if "body" in tag.attributes]
    if not flat:
        raise BadRequest('the page names no parameter: a ParamField has a body="input.…"')
    return parameter_tree(flat), contradictions


def _parameter(tag: MdxTag, contradictions: list[Contradiction]) -> FlatParameter:
    place = tag.attributes["body"].removeprefix("input.")
    kind = page_type(tag.attributes.get("type", ""))
    default: Any = NOTHING
    if "default" in tag.attributes:
        default = read_literal(tag.attributes["default"], kind)
        if default is UNREADABLE:
            default = NOTHING
            contradictions.append(
                Contradiction(
                    f"{place} is of type {tag.attributes.get('type')}",
                    f"its default is {tag.attributes['default']!r}",
                    "keep the type, and leave the default out",
                )
            )
    return FlatParameter(
        place,
        Parameter(
            place,
            type=kind,
            required="required" in tag.attributes and tag.attributes["required"] != "false",
            default=default,
            about=plain_text(tag.body),
            source=f"request › {place}",
        ),
    )


def _rates(stated: str, text: str, parameters: tuple[Parameter, ...]) -> tuple[Rate, ...]:
    if plain := plain_rate(stated):
        return (plain,)
    values = {parameter.name: _values(parameter) for parameter in parameters}
    for table in table_rows(section(text, "Cost calculation")):
        if found := per_second(table_rates(table, values)):
            return found
    return ()


def _values(parameter: Parameter) -> list[Any]:
    """The values that *parameter* can have, if they are few."""
    stated = read_prose(parameter, "", ())[0]
    if parameter.type == "integer" and parameter.name == "duration":
        return stated.get("enum") or list(range(stated.get("minimum", 1), min(stated.get("maximum", 60), 60) + 1))
    return [*stated.get("enum", ())]


def _examples(text: str, answer: Mapping[str, Any]) -> Iterator[PageExample]:
    output = answer.get("output")
    cost = output.get("cost") if isinstance(output, dict) else None
    for each in fences(text):
        body = first_json(each.code) if each.info.startswith("bash") else None
        if isinstance(body, dict) and isinstance(body.get("input"), dict):
            yield PageExample(body["input"], "of the request", cost if isinstance(cost, int | float) else None)


def _seconds(answer: Mapping[str, Any]) -> float | None:
    took = answer.get("executionTime")
    return round(took / 1000) if isinstance(took, int) and took >= 500 else None
