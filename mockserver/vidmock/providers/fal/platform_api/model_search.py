"""``GET /v1/models``: the models that are here, with their metadata and OpenAPI documents."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from vidmock.providers.exchange.call import Call
from vidmock.providers.exchange.dialect import UrlOf
from vidmock.providers.exchange.envelope import reply
from vidmock.providers.fal.openapi import openapi_document
from vidmock.providers.fal.platform_api.query import expansions, listed, one_of, page_of
from vidmock.schema.catalog import Model

_SINCE = "2026-01-01T00:00:00Z"
"""The dates of every model: when it came and changed is not known here."""


class ModelSearch:
    """The handler; *queue_url* and *run_url* make absolute URLs of an origin and a path."""

    def __init__(self, queue_url: UrlOf, run_url: UrlOf) -> None:
        self._queue_url, self._run_url = queue_url, run_url

    async def list_models(self, call: Call) -> Response:
        """All models, those of ``endpoint_id``, or those that ``q``, ``category`` and ``status`` select; no key needed.

        Raises:
            UnknownModel: an ``endpoint_id`` is not here.
            BadRequest: a parameter is wrong.
        """
        query = call.request.query_params
        expand = expansions(query, ("openapi-3.0", "enterprise_status"))
        status, category = one_of(query, "status", ("active", "deprecated")), query.get("category")
        ids, words = listed(query, "endpoint_id"), query.get("q", "").casefold()
        chosen = [call.catalog.find("fal", name) for name in ids] if ids else call.catalog.models("fal")
        found = [
            model
            for model in chosen
            if status in (None, "active")
            and category in (None, model.category)
            and words in f"{model.id} {model.name} {model.category}".casefold()
        ]
        page, cursor = page_of(found, query)
        return reply({"models": [self._item(call, model, expand) for model in page]} | cursor)

    def _item(self, call: Call, model: Model, expand: list[str]) -> dict[str, Any]:
        favorite = None if call.request.headers.get("authorization") is None else False
        item: dict[str, Any] = {
            "endpoint_id": model.id,
            "metadata": {
                "display_name": model.name,
                "category": model.category,
                "description": model.name,
                "status": "active",
                "tags": [],
                "updated_at": _SINCE,
                "is_favorited": favorite,
                "thumbnail_url": "",
                "model_url": self._run_url(call.origin, f"/{model.id}"),
                "date": _SINCE,
                "highlighted": False,
                "kind": "inference",
                "pinned": False,
            },
        }
        if "openapi-3.0" in expand:
            item["openapi"] = openapi_document(model, self._queue_url(call.origin, ""))
        if "enterprise_status" in expand:
            item["enterprise_status"] = "pending"
        return item
