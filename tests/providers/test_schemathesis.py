"""Schemathesis sends each provider's routes what their models take, and what not: no answer is one that it never gives.

The description is made of the tables of routes, the models' schemas and the catalogue of errors.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.conftest import WIRES
from tests.schemathesis import requests_tried

from vidmock import resources
from vidmock.schema.catalog import models, providers
from vidmock.schema.errors import known_errors

if TYPE_CHECKING:
    from vidmock.server.server import ThreadedServer

KEYS = {"runpod": "Bearer a-key", "runware": "Bearer a-key", "fal": "Key a-key", "eachlabs": "Bearer a-key"}
GOOD = {200, 201, 202, 204, 206, 304}
OF_HTTP = {400, 401, 403, 404, 405, 408, 413, 414, 416, 431}
"""Statuses that any route may have, whatever a provider's catalogue of errors says."""
EXAMPLES = {wire.name: wire.body for wire in WIRES}
SUBMITS = {
    "runpod": ("run", "runsync"),
    "fal": ("submit", "run", "stream"),
    "eachlabs": ("create", "run"),
    "runware": ("batch",),
}


def body_of(provider: str, route: str) -> dict[str, Any]:
    """The schema of a route's body; any JSON where the tables have none."""
    if route not in SUBMITS[provider]:
        return {}
    model = next(iter(models(provider)))
    fields: dict[str, Any] = {"type": "object", "properties": {name: {} for name in model.schema.get("properties", {})}}
    if provider == "runpod":
        return {"type": "object", "properties": {"input": fields}}
    if provider == "eachlabs":
        return {"type": "object", "properties": {"model": {"enum": [model.id]}, "input": fields}}
    return {"type": "array", "items": fields} if provider == "runware" else fields


def operations(provider: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The path, method and operation of each route of *provider*."""
    table = json.loads((resources.folder("schemas") / "routes" / f"{provider}.json").read_bytes())
    statuses = GOOD | OF_HTTP | {error.status for error in known_errors(provider)}
    responses = {str(status): {"description": "One that the provider has."} for status in sorted(statuses)}
    for surface in table["surfaces"]:
        for route in surface["routes"]:
            path = re.sub(r"\{(\w+):path\}", r"{\1}", f"{surface['prefix']}{route['path']}")
            ids = [
                {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
                for name in re.findall(r"\{(\w+)\}", path)
            ]
            for method in route["methods"]:
                operation: dict[str, Any] = {"parameters": ids, "responses": responses}
                if method in ("POST", "PUT"):
                    schema = body_of(provider, route["name"])
                    good = {"example": EXAMPLES[provider]} if route["name"] in SUBMITS[provider] else {}
                    operation["requestBody"] = {"content": {"application/json": {"schema": schema} | good}}
                yield path, method.lower(), operation


@pytest.mark.parametrize("provider", providers())
def test_no_answer_is_one_that_the_provider_does_not_have(
    mock: ThreadedServer, tmp_path: Path, provider: str, capfd: pytest.CaptureFixture[str]
) -> None:
    paths: dict[str, dict[str, Any]] = {}
    for path, method, operation in operations(provider):
        paths.setdefault(path, {}).setdefault(method, operation)
    document = {"openapi": "3.1.0", "info": {"title": provider, "version": "1"}, "paths": paths}
    (tmp_path / "api.json").write_text(json.dumps(document))
    checks = ("not_a_server_error", "status_code_conformance")
    key = ("--header", f"authorization: {KEYS[provider]}")
    assert requests_tried("api.json", mock.url, checks, tmp_path, *key) > 100
    assert capfd.readouterr().err == "", "the server reported a defect"
