"""Judges inputs with the Pydantic that runs it, 2 or 1.10: the errors as FastAPI hands them on, or what the app gets.

For each line ``{"schema": …, "inputs": […]}``, of a model's schema as vidmock has it, it writes a line
``[{"items": […], "value": …}, …]``. The class is built from the schema as fal's apps declare theirs: a limit that has
an error code of its own is no part of it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any, Literal, Optional

import pydantic

SIMPLE = {"string": str, "integer": int, "number": float, "boolean": bool}


def resolved(root: Mapping[str, Any], node: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**resolved(root, root["$defs"][node["$ref"].split("/")[-1]]), **node} if "$ref" in node else node


def annotation(root: Mapping[str, Any], said: Mapping[str, Any], name: str) -> Any:
    node = resolved(root, said)
    if "enum" in node:
        return Literal[tuple(node["enum"])]
    kind = node.get("type")
    if isinstance(kind, list):
        inner = annotation(root, {**node, "type": kind[0]}, name)
        return Optional[inner]  # noqa: UP045 - made at run time, of what need not be a class
    if kind == "array":
        return list[annotation(root, node["items"], name)]  # type: ignore[misc]  # made at run time
    if kind == "object":
        return class_of(root, node, name)
    return SIMPLE[kind] if kind else Any


def class_of(root: Mapping[str, Any], node: Mapping[str, Any], name: str) -> Any:
    fields: dict[str, Any] = {}
    for member, said in node["properties"].items():
        found = resolved(root, said)
        needed = member in node.get("required", ()) and "required" not in said.get("x-error", {}).get("codes", {})
        empty: Any = [] if found.get("type") == "array" else None
        fields[member] = (annotation(root, said, f"{name}_{member}"), ... if needed else found.get("default", empty))
    return pydantic.create_model(name, **fields)


def judged_by_one(made: Any, value: Any) -> dict[str, Any]:
    old: Any = pydantic
    field = old.fields.ModelField(
        name="body", type_=made, class_validators=None, model_config=old.BaseConfig, required=True
    )
    found, errors = field.validate(value, {}, loc=("body",))
    if errors:
        return {"items": old.ValidationError([errors], made).errors()}
    return {"items": [], "value": found.dict(exclude_unset=True)}


def judged_by_two(made: Any, value: Any) -> dict[str, Any]:
    try:
        found = pydantic.TypeAdapter(made).validate_python(value, from_attributes=True)
    except pydantic.ValidationError as wrong:
        return {"items": [{**item, "loc": ("body", *item["loc"])} for item in wrong.errors(include_url=False)]}
    return {"items": [], "value": found.model_dump(exclude_unset=True)}


def main() -> None:
    judged = judged_by_one if pydantic.VERSION.startswith("1.") else judged_by_two
    for line in sys.stdin:
        asked = json.loads(line)
        made = class_of(asked["schema"], asked["schema"], "Input")
        sys.stdout.write(json.dumps([judged(made, value) for value in asked["inputs"]]) + "\n")


if __name__ == "__main__":
    main()
