"""Holds a file against the requests that its own page prints: where they contradict each other, the example wins."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from typing import Any, Final

from vidmock.importer.model_file import ModelFile, with_remarks
from vidmock.importer.page import Contradiction, ModelPage, PageExample
from vidmock.schema.catalog import Model
from vidmock.schema.pointer import Path
from vidmock.schema.pricing import price_of
from vidmock.schema.validate import find_violations
from vidmock.schema.violation import Violation

MOST_RELAXED: Final = 8
"""Statements of a page that one of its examples may overrule; one that breaks more is of another model."""
MOST_EXAMPLES: Final = 50
"""Requests of a page that are looked at."""
_DEMANDS: Final = frozenset(
    {
        "$ref",
        "anyOf",
        "type",
        "enum",
        "const",
        "pattern",
        "not",
        "items",
        "properties",
        "required",
        "additionalProperties",
    }
)
"""What is left out of a schema that refuses an example in a way that no single keyword of it is."""


def heed_examples(file: ModelFile, page: ModelPage) -> ModelFile:
    """*file* without what refuses an example of *page*; each such statement is a contradiction of the page."""
    found = list(file.contradictions)
    kept = deepcopy(file.document)
    model = replace(file, document=kept).model
    for example in page.examples[:MOST_EXAMPLES]:
        document, relaxed = kept, list[Contradiction]()
        judge = model
        while (wrong := find_violations(judge, example.input)) and len(relaxed) < MOST_RELAXED:
            document = deepcopy(document)
            relaxed.append(_relax(document, wrong[0], example))
            judge = replace(file, document=document).model
        if wrong:
            breaks = f"the example {example.where} breaks more than {MOST_RELAXED} of them"
            found.append(Contradiction("the page's statements on its parameters", breaks, "leave the example out"))
            continue
        kept, model = document, judge
        found += relaxed
        if cost := _cost(model, example):
            found.append(cost)
    return with_remarks(replace(file, document=kept, contradictions=tuple(found)))


def _relax(document: dict[str, Any], wrong: Violation, example: PageExample) -> Contradiction:
    where, message = wrong.where, wrong.message.partition("; got ")[0]
    if wrong.keyword == "rule":
        document["allOf"] = [entry for entry in document["allOf"] if entry["$ref"] != f"#/$defs/{wrong.rule}"]
        del document["$defs"][wrong.rule]
        rule = f"the rule {wrong.rule}: {message}"
        return Contradiction(rule, f"the example {example.where} breaks it", "leave the rule out")
    within = _node(document, wrong.path[:-1])
    for each in (within, *within.get("anyOf", ())):
        if wrong.keyword == "required" and wrong.path[-1] in each.get("required", ()):
            each["required"] = [name for name in each["required"] if name != wrong.path[-1]]
            left_out = f"the example {example.where} leaves it out"
            return Contradiction(f"{where} is required", left_out, "let it be left out")
        if wrong.keyword == "additionalProperties" and "properties" in each:
            each["properties"][str(wrong.path[-1])] = {
                "description": "A parameter of an example that the page does not describe.",
                "x-evidence": f"example: {example.where}",
            }
            return Contradiction("the page lists its parameters", _but(example, where), "take any value for it")
    node = _node(document, wrong.path)
    dropped = [wrong.keyword] if wrong.keyword in node else [key for key in node if key in _DEMANDS]
    for keyword in dropped:
        del node[keyword]
    return Contradiction(f"{where} {message}", _but(example, where), f"leave {', '.join(dropped) or 'it'} out")


def _but(example: PageExample, where: str) -> str:
    return f"the example {example.where} has another value at {where}"


def _node(document: dict[str, Any], path: Path) -> dict[str, Any]:
    """The schema of the place *path*, as far as there is one."""
    node = document
    for part in path:
        for each in (node, *node.get("anyOf", ())):
            inner = each.get("items") if isinstance(part, int) else each.get("properties", {}).get(part)
            if isinstance(inner, dict):
                node = inner
                break
        else:
            break
    return node


def _cost(model: Model, example: PageExample) -> Contradiction | None:
    """That *example* states another cost than the model's prices give, if it does and none of them is a guess."""
    rates = model.schema["x-pricing"]["rates"]
    if example.cost is None or any(rate["rate"] is None or rate["x-evidence"].startswith("inferred") for rate in rates):
        return None
    price = price_of(model, example.input)
    if abs(float(price.each) - example.cost) <= 0.001 * max(1.0, example.cost):
        return None
    return Contradiction(
        f"by the page's prices the example {example.where} costs ${price.each}",
        f"the page has ${example.cost:g} for it",
        "keep the prices",
    )
