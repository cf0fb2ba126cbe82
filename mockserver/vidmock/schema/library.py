"""The validation library as users meet it: models by name, payloads as they have them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vidmock import strict_json
from vidmock.problems import Invalid
from vidmock.schema import catalog, pricing
from vidmock.schema.catalog import Model
from vidmock.schema.media import Probe, six_seconds
from vidmock.schema.pricing import Price
from vidmock.schema.validate import validate as _violations
from vidmock.schema.violation import Violation


def validate(provider: str, model_id: str, payload: object) -> tuple[Violation, ...]:
    """Everything that is wrong with *payload* as a request to a model; empty if nothing is.

    *payload* is the input as a mapping or as JSON text; the provider's envelope around it, as in ``{"input": {…}}``,
    may be there or not. *model_id* is the model's id on the wire or another name of it.

    Raises:
        UnknownProvider, UnknownModel: there is no such model here.
        BadJSON: the text is not strict JSON.
    """
    model = catalog.find(provider, model_id, aliases=True)
    return _violations(model, _unwrapped(model, payload))


def price(provider: str, model_id: str, payload: object, media: Probe = six_seconds) -> Price:
    """What a request costs; *payload* as for :func:`validate`, and *media* tells how long the clips in it are.

    Raises:
        UnknownProvider, UnknownModel: there is no such model here.
        BadJSON: the text is not strict JSON.
        Invalid: the model does not take the request.
    """
    model = catalog.find(provider, model_id, aliases=True)
    unwrapped = _unwrapped(model, payload)
    if violations := _violations(model, unwrapped):
        raise Invalid(violations)
    return pricing.price(model, unwrapped, media)


def _unwrapped(model: Model, payload: object) -> Any:
    if isinstance(payload, str | bytes):
        payload = strict_json.loads(payload)
    elif isinstance(payload, Mapping):
        payload = dict(payload)
    name = model.envelope
    if name and isinstance(payload, dict) and name in payload and name not in model.schema["properties"]:
        return payload[name]
    return payload
