"""The catalogue of models, which Runware's clients read from two hosts: schemas to validate with, and descriptions."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from vidmock.problems import NoRoute, UnknownModel
from vidmock.providers.exchange.call import Call
from vidmock.providers.exchange.dialect import Handler
from vidmock.providers.exchange.envelope import reply
from vidmock.providers.runware.published_schema import published_schema
from vidmock.providers.runware.task_types import task_type_of
from vidmock.schema.catalog import Model, ModelCatalog
from vidmock.schema.unknown_kind import TASK_TYPES, Product

CREATORS = {"klingai": "Kling AI", "black-forest-labs": "Black Forest Labs"}
"""Names of model makers, by their id."""
_MAKERS = {"bfl": "black-forest-labs"}
"""Makers' ids, by the first word of a model's short name, where they are not that word (FLUX.1 [dev]'s schema.json)."""

SCHEMA_SECONDS = 300
"""For how long clients may keep a schema, as the official MCP server says that the service does."""
CAPABILITIES: Mapping[Product, Mapping[str, str]] = {
    "video": {
        "io:text-to-video": "Text to video",
        "io:image-to-video": "Image to video",
        "io:video-to-video": "Video to video",
    },
    "image": {"io:text-to-image": "Text to image", "io:image-to-image": "Image to image"},
}
"""What every model that makes this can do, by id; the labels are inferred."""
_STATUS: Mapping[Product, str] = {"video": "api-only", "image": "live"}
"""Of every model that makes this, as on the models' pages."""
_SORTS = {"name": "name", "alpha": "name", "creator": "creator", "weight": "weight", "popularity": "weight"}
_SORTS |= {"releasedAt": "releasedAt", "newest": "releasedAt"}
"""The member that each ``sort`` of the SDK's types goes by."""
_RELEASED: Mapping[Product, str] = {"video": "2025-12-01", "image": "2024-08-01"}
"""Inferred: O1 came in December 2025; when Runware took it up is not known. FLUX.1 is dated in its schema.json."""
_URI: Mapping[str, Any] = {"type": "string", "format": "uri"}
_FILES: Mapping[Product, Mapping[str, Any]] = {
    "video": {"videoURL": _URI},
    "image": {"imageURL": _URI, "imageBase64Data": {"type": "string"}, "imageDataURI": _URI},
    "audio": {"audioURL": _URI, "audioBase64Data": {"type": "string"}, "audioDataURI": _URI},
    "text": {"text": {"type": "string"}},
}
"""Where a result has what was made."""


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
        listed = {model.id: {"taskType": _task_type(model), "id": _slug(model)} for model in known}
        body: dict[str, Any] = {"models": listed, "architectureTaskTypes": {}, "modalityTaskTypes": {}}
        version = hashlib.sha256(json.dumps(body).encode()).hexdigest()[:16]
        headers = {"etag": f'"{version}"'}
        if call.request.headers.get("if-none-match") == headers["etag"]:
            return Response(None, 304, headers)
        return reply(body | {"version": version}, headers=headers)

    async def resolve(self, call: Call) -> Response:
        model = _model(call)
        return reply(
            {"requestSchema": published_schema(model), "responseSchema": _item(model), "documentation": model.docs},
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
            for card in map(_classed, call.catalog.models("runware"))
            if wanted in f"{card['air']} {card['name']}".casefold()
            and asked.get("capability", "") in ("", *card["capabilities"])
            and asked.get("category", card["category"]) == card["category"]
            and asked.get("creator", card["creator"]) == card["creator"]
            and asked.get("status", card["status"]) == card["status"]
        ]
        if member := _SORTS.get(asked.get("sort", "")):
            found.sort(key=lambda card: card[member], reverse=asked.get("order") == "desc")
        first, most = _count(asked.get("offset"), 0), _count(asked.get("limit"), len(found))
        page = [{name: card[name] for name in card if name != "category"} for card in found[first : first + most]]
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
            | {"category": [_makes(model)], "pricingExamples": examples, "pricingRates": rates}
        )

    async def capabilities(self, call: Call) -> Response:
        labels = [pair for named in CAPABILITIES.values() for pair in named.items()]
        return reply([{"id": name, "label": label} for name, label in labels])

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


def creator_of(model: Model) -> str:
    """The id of the maker of *model*."""
    word = _slug(model).partition("-")[0]
    return _MAKERS.get(word) or model.id.partition(":")[0]


def architecture_of(model: Model) -> str:
    """What kind of model it is: the maker's name or, as in FLUX.1's entries, its short name without the maker."""
    word, _, rest = _slug(model).partition("-")
    return rest if word in _MAKERS else model.id.partition(":")[0]


def capabilities_of(model: Model) -> list[str]:
    """The ids of what *model* can do."""
    return list(CAPABILITIES.get(_makes(model), ()))


def _task_type(model: Model) -> str:
    """The type of the tasks of *model*: of a user's own that names none, that of videos."""
    return task_type_of(model) or "videoInference"


def _makes(model: Model) -> Product:
    return TASK_TYPES.get(_task_type(model), "video")


def _item(model: Model) -> Mapping[str, Any]:
    """The schema of a result of *model*."""
    made = _makes(model)
    return {
        "type": "object",
        "required": ["taskType", "taskUUID"],
        "properties": {
            "taskType": {"const": _task_type(model)},
            "taskUUID": {"type": "string", "format": "uuid"},
            "status": {"enum": ["processing", "success", "error"]},
            f"{made}UUID": {"type": "string", "format": "uuid"},
            **_FILES[made],
            "seed": {"type": "integer"},
            "cost": {"type": "number"},
            "NSFWContent": {"type": "boolean"},
        },
    }


def _classed(model: Model) -> dict[str, Any]:
    """The card of *model*, with its category, which cards do not have."""
    return {**_card(model), "category": _makes(model)}


def _card(model: Model) -> dict[str, Any]:
    return {
        "model": _slug(model),
        "air": model.id,
        "name": model.name,
        "creator": creator_of(model),
        "capabilities": capabilities_of(model),
        "status": _STATUS.get(_makes(model), "api-only"),
        "releasedAt": _RELEASED.get(_makes(model), _RELEASED["video"]),
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
