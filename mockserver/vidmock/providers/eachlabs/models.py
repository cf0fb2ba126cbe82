"""Models as Eachlabs' lists and OpenAPI documents describe them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vidmock.schema import references
from vidmock.schema.catalog import Model

MODEL_VERSION = "0.0.1"
"""The version of every model, as on all of Eachlabs' pages."""
_KEYWORDS = (
    "type", "enum", "default", "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems",
)  # fmt: skip
_TYPES = {str: "string", bool: "boolean", int: "integer", float: "number"}


def model_card(model: Model) -> dict[str, Any]:
    """*model* as an entry of the list of models."""
    return {
        "title": model.name,
        "slug": model.id,
        "version": MODEL_VERSION,
        "output_type": "video",
        "request_schema": request_schema(model),
    }


def request_schema(model: Model) -> dict[str, Any]:
    """The fields of the model's input in the JSON Schema of OpenAPI 3.0, without rules over several fields."""
    schema = model.schema
    fields = {name: _plain(schema, field) for name, field in schema["properties"].items()}
    return {"type": "object", "required": list(schema.get("required", ())), "properties": fields}


def model_openapi(model: Model, server: str) -> dict[str, Any]:
    """An OpenAPI 3.0 document for creating a prediction with *model* at *server*."""
    body = {
        "type": "object",
        "required": ["model", "input"],
        "properties": {
            "model": {"type": "string", "enum": [model.id]},
            "input": {"$ref": "#/components/schemas/Input"},
            "webhook_url": {"type": "string"},
            "webhook_secret": {"type": "string"},
        },
    }
    created = {
        "type": "object",
        "required": ["status", "message", "predictionID"],
        "properties": {name: {"type": "string"} for name in ("status", "message", "predictionID")},
    }
    return {
        "openapi": "3.0.3",
        "info": {"title": model.name, "version": MODEL_VERSION},
        "servers": [{"url": server}],
        "paths": {
            "/v1/prediction": {
                "post": {
                    "operationId": "createPrediction",
                    "security": [{"ApiKey": []}, {"Bearer": []}],
                    "requestBody": {"required": True, "content": _json(body)},
                    "responses": {"200": {"description": "The prediction was accepted", "content": _json(created)}},
                }
            }
        },
        "components": {
            "schemas": {"Input": request_schema(model)},
            "securitySchemes": {
                "ApiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
                "Bearer": {"type": "http", "scheme": "bearer"},
            },
        },
    }


def _json(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _plain(root: Mapping[str, Any], field: Any) -> dict[str, Any]:
    schema = references.resolve_reference(root, field)
    plain = {word: schema[word] for word in _KEYWORDS if word in schema}
    if "enum" in plain:
        plain.setdefault("type", _TYPES[type(plain["enum"][0])])
    if "items" in schema:
        plain["items"] = _plain(root, schema["items"])
    if about := field.get("description"):
        plain["description"] = about
    return plain
