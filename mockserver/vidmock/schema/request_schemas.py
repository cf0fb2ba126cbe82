"""What each provider takes beside a model's input: the schemas of bodies, queries and headers."""

from __future__ import annotations

from functools import cache

from vidmock import resources
from vidmock.problems import UnknownProvider
from vidmock.schema.bundle import bundle_schema
from vidmock.schema.catalog import Model, as_model, providers


@cache
def request_schema_of(provider: str) -> Model:
    """The schema of what *provider* takes, without that of any model. Raises UnknownProvider."""
    if provider not in providers():
        raise UnknownProvider(provider, providers())
    file = resources.folder("schemas") / "requests" / f"{provider}.json"
    return as_model(file, bundle_schema(file))
