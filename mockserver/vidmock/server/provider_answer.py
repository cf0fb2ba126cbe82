"""What a provider answers to a request: :func:`provider_answer`, for programs."""

from __future__ import annotations

from collections.abc import Mapping

from vidmock.schema.catalog import SHIPPED, ModelCatalog
from vidmock.schema.known_media import Listing, Probe, nothing_known
from vidmock.server.app import App
from vidmock.server.asked_provider import ProviderAnswer, ask_provider


def provider_answer(
    provider: str,
    model_id: str,
    payload: object,
    media: Probe | Listing = nothing_known,
    *,
    catalog: ModelCatalog = SHIPPED,
    behaviours: Mapping[str, str] | None = None,
) -> ProviderAnswer:
    """What *provider* answers to *payload*, and for a job that it accepts, also what a poll is answered at its end.

    It is what the mock answers to the same request at the provider's own host, with its ids; *behaviours* are its
    switches by name. The other arguments are those of :func:`vidmock.validate`. Nothing is sent anywhere.

    Raises:
        UnknownProvider, UnknownModel: there is no such model here.
        BadJSON: the text is not strict JSON.
        BadRequest: there is no such behaviour.
        ValueError: *media* is of another form.
    """
    model = catalog.find(provider, model_id, aliases=True)
    return ask_provider(App, model, payload, media, catalog, behaviours or {})
