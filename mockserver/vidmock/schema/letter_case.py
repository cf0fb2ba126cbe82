"""Values that a provider takes in capitals and in small letters, though its page has one of them: ``x-case``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from vidmock.schema.catalog import Model
from vidmock.schema.evidence import stated_evidence
from vidmock.schema.references import resolve_reference
from vidmock.schema.violation import Violation


def in_documented_case(model: Model, payload: Any) -> Any:
    """*payload*, an input of *model*, with such values as the page has them."""
    if not isinstance(payload, Mapping):
        return payload
    changes = dict(_changes(model, payload))
    return {**payload, **changes} if changes else payload


def case_lints(model: Model, payload: Mapping[str, Any]) -> Iterator[Violation]:
    """A warning for each value of *payload* that the page has otherwise."""
    for name, documented in _changes(model, payload):
        said = stated_evidence([model.schema, model.schema["properties"][name]], "x-case")
        yield Violation(
            (name,),
            rule="case",
            keyword="lint",
            message=f"is taken as {documented!r}, which is how the page has it",
            value=payload[name],
            evidence=said.kind,
            source=said.source,
        )


def _changes(model: Model, payload: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, documented in _of_any_case(model.pattern).items():
        said = payload.get(name)
        if isinstance(said, str) and said not in documented.values() and (found := documented.get(said.casefold())):
            yield name, found


@cache
def _of_any_case(model: Model) -> Mapping[str, Mapping[str, str]]:
    """By the name of a member, what its values are in small letters."""
    members = {name: resolve_reference(model.schema, node) for name, node in model.schema["properties"].items()}
    return {
        name: {value.casefold(): value for value in member["enum"]}
        for name, member in members.items()
        if member.get("x-case") == "any"
    }
