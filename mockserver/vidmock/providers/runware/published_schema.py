"""A model's schema in the form in which Runware publishes it, for the clients that validate with it.

The TypeScript SDK compiles it with Ajv for draft 2019-09, all models in one instance; the Python SDK with
fastjsonschema. Both say that it is fully dereferenced. A third party's script reads ``taskType.const``, ``required``
and ``deliveryMethod.oneOf[].const``.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from vidmock.schema.catalog import Model

DRAFT = "https://json-schema.org/draft/2019-09/schema"
_LOCAL = "#/$defs/"


@cache
def published_schema(model: Model) -> Mapping[str, Any]:
    """The schema of a task of *model*: draft 2019-09, without references, ids and keywords of ours.

    It judges as the schema in *model*'s file does: what that file has of draft 2020-12 is in 2019-09 too.
    """
    defs = model.schema["$defs"]
    schema: dict[str, Any] = {"$schema": DRAFT, **_inlined(dict(model.schema), defs)}
    delivery = schema["properties"].get("deliveryMethod", {})
    if "enum" in delivery:
        methods = [{"const": method} for method in delivery["enum"]]
        kept = {key: value for key, value in delivery.items() if key != "enum"}
        schema["properties"]["deliveryMethod"] = {**kept, "oneOf": methods}
    return schema


def _inlined(node: Any, defs: Mapping[str, Any]) -> Any:
    if isinstance(node, list):
        return [_inlined(item, defs) for item in node]
    if not isinstance(node, dict):
        return node
    kept = {key: _inlined(value, defs) for key, value in node.items() if not _is_ours(key)}
    if "$ref" not in node:
        return kept
    target = _inlined(defs[node["$ref"].removeprefix(_LOCAL)], defs)
    # Keywords beside a reference are kept apart, because both may have the same one.
    return {**target, **kept} if target.keys().isdisjoint(kept) else {**kept, "allOf": [target, *kept.get("allOf", ())]}


def _is_ours(key: str) -> bool:
    return key.startswith("x-") or key in ("$schema", "$id", "$defs", "$ref")
