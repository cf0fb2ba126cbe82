"""Hypothesis strategies for requests, and for requests with one fault: ``from vidmock import strategies``.

Hypothesis is loaded with this module, and not with ``vidmock``.
"""

from __future__ import annotations

from typing import Any

from hypothesis.strategies import SearchStrategy

from vidmock.schema.catalog import SHIPPED, ModelCatalog
from vidmock.schema.strategies import NearMiss, near_miss_inputs, valid_inputs

__all__ = ["NearMiss", "invalid_requests", "valid_requests"]


def valid_requests(provider: str, model_id: str, *, catalog: ModelCatalog = SHIPPED) -> SearchStrategy[dict[str, Any]]:
    """Inputs that the model takes, without the provider's envelope: ``vidmock.validate`` finds nothing wrong.

    *model_id* is the model's id on the wire or another name of it; *catalog* has the models, where some are your own.

    Raises:
        UnknownProvider, UnknownModel: there is no such model here.
        LookupError: of your own model, no value was found for a parameter, or no input that breaks one rule only.
    """
    return valid_inputs(catalog.find(provider, model_id, aliases=True))


def invalid_requests(provider: str, model_id: str, *, catalog: ModelCatalog = SHIPPED) -> SearchStrategy[NearMiss]:
    """Inputs with one fault, each with the violation that ``vidmock.validate`` finds in it, and no other.

    Arguments and errors are those of :func:`valid_requests`.
    """
    return near_miss_inputs(catalog.find(provider, model_id, aliases=True), slips=True)
