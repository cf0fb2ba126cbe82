"""Which models stand for all: one for each shape of schema, for tests that cost seconds a model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from hypothesis import settings
from hypothesis import strategies as st

from vidmock.schema import catalog
from vidmock.schema.catalog import Model
from vidmock.schema.portable import portable_schema

T = TypeVar("T")
SHARED = settings(max_examples=max(5, 6 * settings().max_examples // len(catalog.models())))
"""For what is tried with each model in turn: however many there are, it takes about as long."""


def one_of_many(data: st.DataObject, many: Sequence[T]) -> T:
    """One of *many*, by its number: what Hypothesis is to sample from, it looks at whole, each time."""
    return many[data.draw(st.integers(0, len(many) - 1))]


def shaped_models() -> Sequence[Model]:
    """Models that together have every keyword, at every kind of value, that any model of their provider has."""
    taken, seen = list[Model](), set[tuple[str, ...]]()
    for model in sorted(catalog.models(), key=lambda model: -len(shape_of(model))):
        own = {(model.provider, *part) for part in shape_of(model)}
        if own - seen:
            taken.append(model)
            seen |= own
    return sorted(taken, key=lambda model: (model.provider, model.id))


def shape_of(model: Model) -> frozenset[tuple[str, ...]]:
    """The keywords of the model's schema, each with the type of what it judges and the keyword that it stands under."""
    return frozenset(_parts(portable_schema(model.schema), ""))


def _parts(node: Any, above: str) -> Iterator[tuple[str, ...]]:
    if isinstance(node, list):
        for each in node:
            yield from _parts(each, above)
    elif isinstance(node, dict):
        for keyword, value in node.items():
            if above in ("properties", "$defs", "patternProperties", "dependentSchemas"):
                yield from _parts(value, "")
            else:
                yield above, keyword, str(node.get("type", ""))
                if keyword not in ("enum", "const", "default", "examples"):
                    yield from _parts(value, keyword)
