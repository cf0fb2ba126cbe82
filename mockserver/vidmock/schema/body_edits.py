"""Finds the edits that make a whole body of a request what was probably meant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from vidmock.schema.catalog import Model
from vidmock.schema.explain import display_value
from vidmock.schema.json_patch import apply_patch, moved_patch
from vidmock.schema.repairs import Edit
from vidmock.schema.request_body import whole_body, wrong_model
from vidmock.schema.suggestion import suggested_edits


def body_edits(model: Model, body: Mapping[str, Any]) -> list[Edit]:
    """Edits that, one after the other, make *body* what was probably meant; whether it is valid then is to be tried."""
    edits = suggested_edits(whole_body(model), body)
    made: Any = body
    for edit in edits:
        made = apply_patch(made, edit.patch)
    if isinstance(made, dict) and (wrong := wrong_model(model, made)):
        named = Edit(
            ({"op": "add", "path": wrong.pointer, "value": model.id},), f"write {display_value(model.id)} at model"
        )
        made = apply_patch(made, named.patch)
        edits.append(named)
    given = made.get(str(model.envelope)) if isinstance(made, dict) else None
    for edit in suggested_edits(model, given) if isinstance(given, dict) else ():
        edits.append(replace(edit, patch=tuple(moved_patch(step, (str(model.envelope),)) for step in edit.patch)))
    return edits
