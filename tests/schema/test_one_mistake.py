"""One edit of every kind to a valid request of every model: one thing is told, at its place, and it helps."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from tests.schema import own_models

from vidmock.schema import catalog
from vidmock.schema.catalog import Model
from vidmock.schema.pointer import Path, spoken_path, value_at
from vidmock.schema.references import resolve_reference
from vidmock.schema.samples import samples_of, with_value
from vidmock.schema.validate import find_lints, find_violations

MODELS = catalog.models()
_BASES = 12
Edit = tuple[dict[str, Any], Path, str]
"""An edited request, the place that must be told, and what the advice must say; "" for any."""


def bases(model: Model) -> list[dict[str, Any]]:
    """Valid requests of *model* from the simplest to the largest, one with all that no rule reads."""
    drawn = samples_of(model)
    plain = [*drawn.valid[:: max(1, len(drawn.valid) // _BASES)], drawn.valid[-1]]
    full = deepcopy(plain[0])
    for path, values in drawn.spare.items():
        with_value(full, path, values[0])
    return [sent for sent in (*plain, full) if not find_violations(model, sent) and not find_lints(model, sent)]


def places(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every member and item inside of *value*."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for part, member in inside:
        yield (*path, part), member
        yield from places(member, (*path, part))


def changed(base: dict[str, Any], path: Path, value: Any) -> dict[str, Any]:
    sent = deepcopy(base)
    around: Any = value_at(sent, path[:-1])
    around[path[-1]] = value
    return sent


def renamed(base: dict[str, Any], path: Path, to: Path) -> dict[str, Any]:
    """*base* where what is at *path* stands at *to* instead."""
    sent = deepcopy(base)
    around: Any = value_at(sent, path[:-1])
    target: Any = value_at(sent, to[:-1])
    target[to[-1]] = around.pop(path[-1])
    return sent


def schema_at(model: Model, path: Path) -> dict[str, Any]:
    """The schema of the object, or of the value, that is at *path*."""
    node: Any = model.schema
    for part in path:
        node = resolve_reference(model.schema, node)
        if part not in node.get("properties", {}) and "items" not in node:
            node = next(one for one in node["anyOf"] if "properties" in one)
        node = node["items"] if isinstance(part, int) else node["properties"][part]
    return dict(resolve_reference(model.schema, node))


def is_required(model: Model, path: Path) -> bool:
    return path[-1] in schema_around(model, path).get("required", ())


def schema_around(model: Model, path: Path) -> dict[str, Any]:
    around = schema_at(model, path[:-1])
    return next((one for one in around.get("anyOf", ()) if "properties" in one), around)


def misspelt(model: Model, base: dict[str, Any]) -> Iterator[Edit]:
    for path, _ in places(base):
        name = path[-1]
        if isinstance(name, str) and len(name) > 3:
            yield from _renamed_key(model, base, path, name[:2] + name[3:])


def wrong_case_of_a_name(model: Model, base: dict[str, Any]) -> Iterator[Edit]:
    for path, _ in places(base):
        if isinstance(path[-1], str):
            yield from _renamed_key(model, base, path, path[-1].swapcase())


def _renamed_key(model: Model, base: dict[str, Any], path: Path, name: str) -> Iterator[Edit]:
    to = (*path[:-1], name)
    if is_required(model, path):
        yield renamed(base, path, to), path, f"rename {name!r} to it"
    else:
        yield renamed(base, path, to), to, f"id you mean {path[-1]!r}?"


def misplaced(model: Model, base: dict[str, Any]) -> Iterator[Edit]:
    for path, _ in places(base):
        name = path[-1]
        if isinstance(name, str) and len(path) > 1 and name not in model.schema["properties"]:
            if is_required(model, path):
                yield renamed(base, path, (name,)), path, f"move {name} in {spoken_path(path[:-1])}"
            else:
                in_list = isinstance(path[-2], int)
                home = f"an item of {spoken_path(path[:-2])}" if in_list else spoken_path(path[:-1])
                yield renamed(base, path, (name,)), (name,), f"t belongs in {home}"
        elif len(path) == 1 and isinstance(base.get("inputs"), dict) and name != "inputs":
            if is_required(model, path):
                yield renamed(base, path, ("inputs", name)), path, f"move inputs.{name} at the top"
            else:
                yield renamed(base, path, ("inputs", name)), ("inputs", name), "it belongs at the top"


def wrapped(model: Model, base: dict[str, Any]) -> Iterator[Edit]:
    first = (model.schema["required"][0],)
    for name in ("input", "data"):
        advice = "send what is inside of" if not model.envelope or name == model.envelope else f"rename {name!r}"
        yield {name: deepcopy(base)}, first, advice
        yield {name: [deepcopy(base)]}, first, advice


def null(model: Model, base: dict[str, Any]) -> Iterator[Edit]:
    for path, _ in places(base):
        if "null" not in schema_at(model, path).get("type", ""):
            yield changed(base, path, None), path, "got null: leave it out" if left_out(model, path) else "got null"


def left_out(model: Model, path: Path) -> bool:
    """Whether what is at *path* may be."""
    return isinstance(path[-1], str) and not is_required(model, path)


def string_for_number(model: Model, base: dict[str, Any]) -> Iterator[Edit]:
    del model
    for path, value in places(base):
        if isinstance(value, int):
            yield changed(base, path, str(value).lower()), path, ": write it without the quotes"


def number_for_string(model: Model, base: dict[str, Any]) -> Iterator[Edit]:
    del model
    for path, value in places(base):
        if isinstance(value, str) and value.isdecimal():
            yield changed(base, path, int(value)), path, "in quotes"


def float_for_integer(model: Model, base: dict[str, Any]) -> Iterator[Edit]:
    for path, value in places(base):
        if isinstance(value, int) and not isinstance(value, bool) and schema_at(model, path).get("type") == "integer":
            yield changed(base, path, float(value)), path, f": write {value}"


def tuple_for_list(model: Model, base: dict[str, Any]) -> Iterator[Edit]:
    del model
    for path, value in places(base):
        if isinstance(value, list):
            yield changed(base, path, tuple(value)), path, ": make the tuple a list"


def single_for_list(model: Model, base: dict[str, Any]) -> Iterator[Edit]:
    del model
    for path, value in places(base):
        if isinstance(value, list) and len(value) == 1:
            yield changed(base, path, value[0]), path, ": put it in an array"


def list_for_single(model: Model, base: dict[str, Any]) -> Iterator[Edit]:
    for path, value in places(base):
        if isinstance(value, str) and schema_at(model, path).get("type") == "string" and isinstance(path[-1], str):
            yield changed(base, path, [value]), path, ": take it out of the array"


def wrong_case_of_a_value(model: Model, base: dict[str, Any]) -> Iterator[Edit]:
    for path, value in places(base):
        if isinstance(value, str) and value.swapcase() != value and "enum" in schema_at(model, path):
            yield changed(base, path, value.swapcase()), path, f'did you mean "{value}"?'


KINDS = (
    *(misspelt, wrong_case_of_a_name, misplaced, wrapped, null, string_for_number, number_for_string),
    *(float_for_integer, tuple_for_list, single_for_list, list_for_single, wrong_case_of_a_value),
)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: str(kind.__name__))
@pytest.mark.parametrize("model", MODELS, ids=lambda model: str(model.id))
def test_one_mistake_is_told_once_at_its_place_with_advice(model: Model, kind: Any) -> None:
    for base in bases(model):
        for sent, place, advice in kind(model, base):
            found = find_violations(model, sent) or find_lints(model, sent)
            # What a provider drops is no violation; that a rule misses it is one, and is told with the same advice.
            wanted = found[0].path if found and found[0].keyword == "rule" else place
            assert [each.path for each in found] == [wanted], (sent, [*map(str, found)])
            assert advice in str(found[0]), sent


def test_a_rule_that_misses_a_misspelt_parameter_says_so() -> None:
    schema = own_models.changed("allOf", [{"$ref": "#/$defs/alone"}]) | {
        "$defs": {
            "alone": {
                "x-rule": "alone",
                "x-path": "/num_images",
                "x-message": "must be 1 without size",
                "x-evidence": own_models.GUESS,
                "anyOf": [{"required": ["size"]}, {"properties": {"num_images": {"maximum": 1}}}],
            }
        }
    }
    model = catalog.model_of(schema, MODELS[0].file)
    plain = {"prompt": "x", "num_images": 3}
    told = [
        str(each)
        for sent in (plain, plain | {"sizes": {}}, plain | {"loud": 1})
        for each in find_violations(model, sent)
    ]
    bare = "num_images: must be 1 without size"
    assert told == [bare, f"{bare}; sizes is not a parameter here: did you mean 'size'?", bare]
