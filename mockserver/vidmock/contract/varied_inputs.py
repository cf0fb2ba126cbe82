"""Varieties of a provider's sample: each parameter left out, falsy, the least and the most of it, each price."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from vidmock.contract.paid_calls import PaidCall
from vidmock.kit.wire import WIRES
from vidmock.schema.pricing import price_of
from vidmock.schema.validate import find_violations

LONG_TEXT: Final = "a kite über den Dünen, 夕日 🪁, " * 20
"""A text of several hundred characters, some of which are not of one byte, or of two."""
_OWN: Final = {
    "taskType": "videoInference",
    "taskUUID": "6f1a1a62-4a8e-4c8e-9d36-0f6f1d1f5a10",
    "deliveryMethod": "async",
}
"""What a client of Runware adds by itself, apart from the model."""
ANSWER_FIELDS: Final = frozenset({"includeCost", "outputType", "outputFormat", "ttl"})
"""Parameters of Runware with which clients say how they want the answer; it is their own affair."""

_ENDS: Final = 4
"""Places of the values of a parameter that are always tried: none, the falsy, the least, the most."""
_FEW: Final = 60
"""Whole numbers between two ends, of which each may have a price of its own."""


def varied_inputs(provider: str, sample: PaidCall) -> tuple[Mapping[str, Any], ...]:
    """Valid inputs, of which each differs from *sample*, a call of *provider*'s, in one parameter."""
    model = sample.described(provider)
    clients = WIRES[provider].client_fields
    own = own_fields(provider, sample.model)
    found: list[Mapping[str, Any]] = []
    prices = set()
    for name, spec in model.schema["properties"].items():
        if name in clients | ANSWER_FIELDS:
            continue
        for place, one in enumerate(_varieties(sample, name, spec)):
            if one in found or find_violations(model, {**own, **one}):
                continue
            price = price_of(model, one).amount
            if place < _ENDS or price not in prices:
                prices.add(price)
                found.append(one)
    return tuple(found)


def own_fields(provider: str, model_id: str) -> dict[str, Any]:
    """What a client of *provider* adds by itself to an input of a model."""
    return {**_OWN, "model": model_id} if WIRES[provider].client_fields else {}


def _varieties(sample: PaidCall, name: str, spec: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """*sample* without *name*, and with each of some values of it: the falsy, the least and the most first."""
    yield {given: value for given, value in sample.input.items() if given != name}
    for value in _values(spec):
        yield {**sample.input, name: value}
    for value in sample.values if name == sample.varied else ():
        yield {**sample.input, name: value}


def _values(spec: Mapping[str, Any]) -> Iterator[Any]:
    kinds = spec.get("type", ())
    kinds = (kinds,) if isinstance(kinds, str) else kinds
    if choices := spec.get("enum"):
        yield from (choices[0], choices[-1], *choices[1:-1])
    if "boolean" in kinds:
        yield from (False, True)
    if "integer" in kinds or "number" in kinds:
        ends = [spec[end] for end in ("minimum", "maximum") if end in spec]
        yield from (0, *ends, *(range(ends[0] + 1, ends[1]) if len(ends) > 1 and ends[1] - ends[0] < _FEW else ()))
    if "array" in kinds:
        yield []
    if "object" in kinds:
        yield {}
    if "string" in kinds:
        yield from ("", LONG_TEXT[: spec.get("maxLength", len(LONG_TEXT))])
    if "null" in kinds:
        yield None
