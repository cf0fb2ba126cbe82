"""Violations as Pydantic v1 error items, in which fal's Kling endpoints answer.

Observed live: ``value_error.missing``, ``value_error`` with ``loc`` ``["body", "root"]``, and the sentence "unexpected
value; permitted". The other types are those of Pydantic v1.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vidmock.schema.findings import told_findings
from vidmock.schema.violation import Violation

_TYPES = {
    "string": ("str type expected", "type_error.str"),
    "integer": ("value is not a valid integer", "type_error.integer"),
    "number": ("value is not a valid float", "type_error.float"),
    "boolean": ("value could not be parsed to a boolean", "type_error.bool"),
    "array": ("value is not a valid list", "type_error.list"),
    "object": ("value is not a valid dict", "type_error.dict"),
}


def pydantic_v1_items(violations: Sequence[Violation]) -> list[dict[str, Any]]:
    """One item for each of *violations* that is told."""
    return [_item(violation) for violation in told_findings(violations)]


def _item(violation: Violation) -> dict[str, Any]:
    loc = ["body", *violation.path]
    limits = violation.limits
    match violation.keyword:
        case "required":
            return {"loc": loc, "msg": "field required", "type": "value_error.missing"}
        case "rule":
            return {"loc": ["body", "root"], "msg": violation.message, "type": "value_error"}
        case "enum" | "const":
            permitted = limits.get("allowedValues", [])
            listed = ", ".join(repr(value) for value in permitted)
            return {
                "loc": loc,
                "msg": f"unexpected value; permitted: {listed}",
                "type": "value_error.const",
                "ctx": {"given": violation.value, "permitted": permitted},
            }
        case "type":
            msg, kind = _TYPES.get(str(limits.get("type")), (violation.message, "type_error"))
            return {"loc": loc, "msg": msg, "type": kind}
        case "minItems" | "maxItems":
            least = violation.keyword == "minItems"
            limit = limits["min" if least else "max"]
            return {
                "loc": loc,
                "msg": f"ensure this value has at {'least' if least else 'most'} {limit} items",
                "type": f"value_error.list.{'min' if least else 'max'}_items",
                "ctx": {"limit_value": limit},
            }
        case "minLength" | "maxLength":
            least = violation.keyword == "minLength"
            limit = limits["min" if least else "max"]
            return {
                "loc": loc,
                "msg": f"ensure this value has at {'least' if least else 'most'} {limit} characters",
                "type": f"value_error.any_str.{'min' if least else 'max'}_length",
                "ctx": {"limit_value": limit},
            }
    return {"loc": loc, "msg": violation.message, "type": "value_error"}
