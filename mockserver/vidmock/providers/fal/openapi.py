"""The OpenAPI document of an endpoint, in the form that fal publishes and code generators read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vidmock.schema.catalog import Model

_QUEUE_STATUS: Mapping[str, Any] = {
    "title": "QueueStatus",
    "type": "object",
    "properties": {
        "status": {"type": "string", "enum": ["IN_QUEUE", "IN_PROGRESS", "COMPLETED"]},
        "request_id": {"type": "string"},
        "response_url": {"type": "string"},
        "status_url": {"type": "string"},
        "cancel_url": {"type": "string"},
        # The API sends an array; fal's own documents say object.
        "logs": {"type": "object", "additionalProperties": True},
        "metrics": {"type": "object", "additionalProperties": True},
        "queue_position": {"type": "integer"},
    },
    "required": ["status", "request_id"],
}
_FILE: Mapping[str, Any] = {
    "title": "File",
    "type": "object",
    "properties": {
        "url": {"type": "string"},
        "content_type": {"type": "string"},
        "file_name": {"type": "string"},
        "file_size": {"type": "integer"},
    },
    "required": ["url"],
}


def openapi_document(model: Model, server: str) -> dict[str, Any]:
    """OpenAPI 3.0.4 for *model*, whose queue is at *server*.

    Its paths have the full endpoint id, as fal's documents have, although fal answers 405 to a job's there.
    """
    name = _camel(model.id)
    request = {"name": "request_id", "in": "path", "required": True, "schema": {"type": "string"}}
    logs = {"name": "logs", "in": "query", "required": False, "schema": {"type": "number"}}
    base = f"/{model.id}/requests/{{request_id}}"
    done = {"type": "object", "properties": {"success": {"type": "boolean"}}}
    schemas = {_camel(key): _openapi(node) for key, node in model.schema.get("$defs", {}).items()}
    schemas |= {
        "QueueStatus": _QUEUE_STATUS,
        "File": _FILE,
        f"{name}Input": {"title": f"{name}Input", **_openapi(dict(model.schema))},
        f"{name}Output": _output(model, f"{name}Output"),
    }
    status, output = _answer("QueueStatus"), _answer(f"{name}Output")
    body = {"required": True, "content": _json({"$ref": f"#/components/schemas/{name}Input"})}
    return {
        "openapi": "3.0.4",
        "info": {
            "title": f"Queue OpenAPI for {model.id}",
            "version": "1.0.0",
            "x-fal-metadata": {"endpointId": model.id, "documentationUrl": model.docs},
        },
        "components": {
            "securitySchemes": {"apiKeyAuth": {"type": "apiKey", "in": "header", "name": "Authorization"}},
            "schemas": schemas,
        },
        "servers": [{"url": server}],
        "security": [{"apiKeyAuth": []}],
        "paths": {
            f"{base}/status": {"get": {"parameters": [request, logs], "responses": status}},
            f"{base}/cancel": {"put": {"parameters": [request], "responses": _answer(None, done)}},
            f"/{model.id}": {"post": {"requestBody": body, "responses": status}},
            base: {"get": {"parameters": [request], "responses": output}},
        },
    }


def _answer(name: str | None, schema: Mapping[str, Any] | None = None) -> dict[str, Any]:
    return {"200": {"description": "", "content": _json(schema or {"$ref": f"#/components/schemas/{name}"})}}


def _json(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _output(model: Model, title: str) -> dict[str, Any]:
    form = model.schema.get("x-result", {"file": "video"})
    file = {"$ref": "#/components/schemas/File"}
    properties: dict[str, Any] = {form[key]: file for key in ("file",) if key in form}
    properties |= {form[key]: {"type": "array", "items": file} for key in ("files",) if key in form}
    beside: dict[str, Any] = {name: {} for name in form.get("beside", ())}
    return {"title": title, "type": "object", "properties": properties | beside, "required": list(properties)}


def _openapi(node: Any) -> Any:
    """*node* of a model's schema without ``x-`` keywords, and with references to the document's components."""
    if isinstance(node, list):
        return [_openapi(item) for item in node]
    if not isinstance(node, dict):
        return node
    kept = {key: _openapi(value) for key, value in node.items() if key not in ("$schema", "$id", "$defs")}
    kept = {key: value for key, value in kept.items() if not key.startswith("x-")}
    if isinstance(kept.get("type"), list):
        # OpenAPI 3.0 has no list of types.
        kept |= {"type": kept["type"][0], "nullable": True}
    if "$ref" in kept:
        # OpenAPI 3.0 ignores every sibling of a $ref.
        place = node["$ref"].removeprefix("#/$defs/")
        return {"$ref": f"#/components/schemas/{_camel(place)}"}
    if "properties" in kept and node.get("type") == "object":
        kept["x-fal-order-properties"] = list(kept["properties"])
    return kept


def _camel(identity: str) -> str:
    words = identity.removeprefix("fal-ai/").replace("-", "/").split("/")
    return "".join(word[:1].upper() + word[1:] for word in words)
