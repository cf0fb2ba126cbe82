"""The catalogue of models, which Runware's clients read from two hosts: schemas to validate with, and descriptions."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from starlette.responses import Response

from vidmock.problems import NoRoute, UnknownModel
from vidmock.providers.exchange.call import Call
from vidmock.providers.exchange.dialect import Handler
from vidmock.providers.exchange.envelope import reply
from vidmock.providers.runware.published_schema import published_schema
from vidmock.schema.catalog import Model, ModelCatalog

CREATORS = {"klingai": "Kling AI"}
"""Names of model makers, by the first part of a model's id."""

SCHEMA_SECONDS = 300
"""For how long clients may keep a schema, as the official MCP server says that the service does."""
CAPABILITIES = {
    "io:text-to-video": "Text to video",
    "io:image-to-video": "Image to video",
    "io:video-to-video": "Video to video",
}
"""What every model here can do, by id; the labels are inferred."""
CATEGORY, STATUS = "video", "api-only"
"""Of every model here. The status is that on the models' pages."""
_SORTS = {"name": "name", "alpha": "name", "creator": "creator", "weight": "weight", "popularity": "weight"}
_SORTS |= {"releasedAt": "releasedAt", "newest": "releasedAt"}
"""The member that each ``sort`` of the SDK's types goes by."""
_RELEASED = "2025-12-01"
"""Inferred: O1 came in December 2025; when Runware took it up is not known."""

_ITEM = {
    "type": "object",
    "required": ["taskType", "taskUUID"],
    "properties": {
        "taskType": {"const": "videoInference"},
        "taskUUID": {"type": "string", "format": "uuid"},
        "status": {"enum": ["processing", "success", "error"]},
        "videoUUID": {"type": "string", "format": "uuid"},
        "videoURL": {"type": "string", "format": "uri"},
        "seed": {"type": "integer"},
        "cost": {"type": "number"},
        "NSFWContent": {"type": "boolean"},
    },
}


class Catalogue:
    """The handlers by route of the two hosts, ``schemas`` and ``content``."""

    def __init__(self) -> None:
        self.schemas: dict[str, Handler] = {"registry": self.registry, "resolve": self.resolve}
        self.content: dict[str, Handler] = {
            "list_models": self.list_models,
            "model": self.model,
            "pricing": self.pricing,
            "examples": self.nothing,
            "guides": self.nothing,
            "collections": self.nothing,
            "capabilities": self.capabilities,
            "creators": self.creators,
            "creator": self.creator,
        }

    async def registry(self, call: Call) -> Response:
        """The task type and short name of each model; 304 for a client that has this version."""
        known = call.catalog.models("runware")
        listed = {model.id: {"taskType": "videoInference", "id": _slug(model)} for model in known}
        body: dict[str, Any] = {"models": listed, "architectureTaskTypes": {}, "modalityTaskTypes": {}}
        version = hashlib.sha256(json.dumps(body).encode()).hexdigest()[:16]
        headers = {"etag": f'"{version}"'}
        if call.request.headers.get("if-none-match") == headers["etag"]:
            return Response(None, 304, headers)
        return reply(body | {"version": version}, headers=headers)

    async def resolve(self, call: Call) -> Response:
        model = _model(call)
        return reply(
            {"requestSchema": published_schema(model), "responseSchema": _ITEM, "documentation": model.docs},
            headers={"cache-control": f"public, max-age={SCHEMA_SECONDS}"},
        )

    async def list_models(self, call: Call) -> Response:
        """The models that ``q``, ``capability``, ``category``, ``creator`` and ``status`` all select, in order.

        The parameters are those of the official SDKs. What no model here has selects none.
        """
        asked = call.request.query_params
        wanted = asked.get("q", "").casefold()
        found = [
            card
            for card in map(_card, call.catalog.models("runware"))
            if wanted in f"{card['air']} {card['name']}".casefold()
            and asked.get("capability", card["capabilities"][0]) in card["capabilities"]
            and asked.get("category", CATEGORY) == CATEGORY
            and asked.get("creator", card["creator"]) == card["creator"]
            and asked.get("status", card["status"]) == card["status"]
        ]
        if member := _SORTS.get(asked.get("sort", "")):
            found.sort(key=lambda card: card[member], reverse=asked.get("order") == "desc")
        first, most = _count(asked.get("offset"), 0), _count(asked.get("limit"), len(found))
        page = found[first : first + most]
        if asked.get("paginate") != "true":
            return reply(page)
        return reply({"total": len(found), "limit": most, "offset": first, "items": page})

    async def model(self, call: Call) -> Response:
        return reply(_card(_model(call)))

    async def pricing(self, call: Call) -> Response:
        """The rates that are known.

        As examples, as in the SDKs' types, and as ``pricingRates``, which other programs read (2026).
        """
        model = _model(call)
        said = [
            (rate.get("label", model.name), rate["rate"], rate.get("unit", "second"))
            for rate in model.schema["x-pricing"]["rates"]
            if rate["rate"] is not None
        ]
        examples = [{"configuration": label, "price": f"${rate} per {unit}"} for label, rate, unit in said]
        rates = [{"amount": float(rate), "unit": unit, "label": label} for label, rate, unit in said]
        told = ("model", "air", "name", "status", "coverImage", "releasedAt")
        return reply(
            {key: _card(model)[key] for key in told}
            | {"category": [CATEGORY], "pricingExamples": examples, "pricingRates": rates}
        )

    async def capabilities(self, call: Call) -> Response:
        return reply([{"id": name, "label": label} for name, label in CAPABILITIES.items()])

    async def creators(self, call: Call) -> Response:
        names = {_card(model)["creator"] for model in call.catalog.models("runware")}
        return reply([_creator(name, call.catalog) for name in sorted(names)])

    async def creator(self, call: Call) -> Response:
        name = call.request.path_params["creator"]
        if name not in {_card(model)["creator"] for model in call.catalog.models("runware")}:
            raise NoRoute(call.request.url.path)
        return reply(_creator(name, call.catalog))

    async def nothing(self, call: Call) -> Response:
        return reply([])


def _model(call: Call) -> Model:
    """The model in the path, by id or short name. Raises NoRoute: there is none."""
    try:
        return call.catalog.find("runware", call.request.path_params["model"], aliases=True)
    except UnknownModel as problem:
        raise NoRoute(call.request.url.path) from problem


def _slug(model: Model) -> str:
    return model.aliases[0] if model.aliases else model.id


def _card(model: Model) -> dict[str, Any]:
    return {
        "model": _slug(model),
        "air": model.id,
        "name": model.name,
        "creator": model.id.partition(":")[0],
        "capabilities": list(CAPABILITIES),
        "status": STATUS,
        "releasedAt": _RELEASED,
        "weight": 0,
        "headline": model.name,
        "description": model.name,
        "coverImage": "",
    }


def _creator(name: str, catalog: ModelCatalog) -> dict[str, Any]:
    made = [card for card in map(_card, catalog.models("runware")) if card["creator"] == name]
    return {"id": name, "name": CREATORS.get(name, name), "models": made}


def _count(text: str | None, default: int) -> int:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 10 else default
