"""The public functions of the validation library. Models go by their names, payloads with envelope or without."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vidmock import strict_json
from vidmock.problems import Invalid
from vidmock.schema import catalog, pricing
from vidmock.schema.catalog import Model
from vidmock.schema.findings import joined_findings
from vidmock.schema.known_media import Listing, Probe, media_from_mapping, nothing_known
from vidmock.schema.media_rules import check_media
from vidmock.schema.pricing import Price
from vidmock.schema.validate import find_violations as _violations
from vidmock.schema.violation import Violation


def validate(
    provider: str, model_id: str, payload: object, media: Probe | Listing = nothing_known
) -> tuple[Violation, ...]:
    """What is wrong with *payload* as a request to a model; empty if nothing is.

    Of more than 50 violations, the first 50 are told, and a last entry with the rule ``more`` says how many are not.

    *payload* is the input as a mapping or as JSON text; the provider's envelope around it, as in ``{"input": {…}}``,
    may be there or not. *model_id* is the model's id on the wire or another name of it. *media* is what is known of the
    files behind its URLs: ``{"https://…/clip.mp4": {"seconds": 12}}`` (seconds, width, height, bytes, format), or a
    function of a URL. Nothing is fetched, and of a file only what is known is judged; files inside of the request are.

    Raises:
        UnknownProvider, UnknownModel: there is no such model here.
        BadJSON: the text is not strict JSON.
        ValueError: *media* is of another form.
    """
    model = catalog.find_model(provider, model_id, aliases=True)
    unwrapped = _unwrapped(model, payload)
    return joined_findings([*_violations(model, unwrapped), *check_media(model, unwrapped, _probe(media))])


def price(provider: str, model_id: str, payload: object, media: Probe | Listing = nothing_known) -> Price:
    """What a request costs; *payload* and *media* as for :func:`validate`. An unknown clip is taken to last 6 s.

    Raises:
        UnknownProvider, UnknownModel: there is no such model here.
        BadJSON: the text is not strict JSON.
        Invalid: the model does not take the request.
        ValueError: *media* is of another form.
    """
    model = catalog.find_model(provider, model_id, aliases=True)
    unwrapped = _unwrapped(model, payload)
    if violations := _violations(model, unwrapped):
        raise Invalid(violations)
    return pricing.price_of(model, unwrapped, _probe(media))


def _probe(media: Probe | Listing) -> Probe:
    return media if callable(media) else media_from_mapping(media)


def _unwrapped(model: Model, payload: object) -> Any:
    if isinstance(payload, str | bytes):
        payload = strict_json.loads(payload)
    elif isinstance(payload, Mapping):
        payload = dict(payload)
    name = model.envelope
    if name and isinstance(payload, dict) and name in payload and name not in model.schema["properties"]:
        return payload[name]
    return payload
