"""A model that a user may have written, for the tests of such models: small, and right."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

GUESS = "inferred: for a test"
PRICED: dict[str, Any] = {
    "rates": [{"rate": "0.025", "x-evidence": GUESS}],
    "seconds": [{"value": 1}],
    "count": [{"at": "/num_images"}, {"value": 1}],
    "digits": 6,
}
MADE: dict[str, Any] = {
    "seconds": [{"value": 1}],
    "width": [{"at": "/size/width"}, {"value": 1024}],
    "height": [{"at": "/size/height"}, {"value": 768}],
    "count": [{"at": "/num_images"}, {"value": 1}],
    "container": [{"value": "png"}],
    "audio": [{"value": False}],
    "prompt": [{"at": "/prompt"}],
}
SIDE = {"type": "integer", "minimum": 64, "maximum": 2048, "multipleOf": 8}
PICTURES: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Pictures",
    "x-model": {
        "provider": "fal",
        "id": "acme/pictures",
        "name": "Pictures",
        "docs": "https://acme.test/pictures",
        "seconds": 2,
        "x-evidence": GUESS,
    },
    "type": "object",
    "required": ["prompt"],
    "properties": {
        "prompt": {"description": "What to draw.", "type": "string", "minLength": 1, "x-evidence": GUESS},
        "num_images": {"type": "integer", "minimum": 1, "maximum": 4},
        "size": {"type": "object", "properties": {"width": SIDE, "height": SIDE}, "additionalProperties": False},
    },
    "x-pricing": PRICED,
    "x-video": MADE,
    "x-result": {"files": "images", "beside": {"seed": [{"value": None}]}},
}


def changed(place: str, value: Any, model: dict[str, Any] | None = None) -> dict[str, Any]:
    """A copy of *model*, else of ``PICTURES``, with *value* at *place* (``x-model/id``); ``...`` leaves it out."""
    made = deepcopy(PICTURES if model is None else model)
    *path, last = place.split("/")
    node: Any = made
    for part in path:
        node = node[int(part)] if isinstance(node, list) else node[part]
    if value is ...:
        del node[last]
    else:
        node[last] = value
    return made


def write_model(file: Path, model: dict[str, Any] | None = None) -> Path:
    """*file*, with *model*, else ``PICTURES``, a member a line."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(PICTURES if model is None else model, indent=1) + "\n", "utf-8")
    return file
