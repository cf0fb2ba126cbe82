"""The generators are tested like anything else: what they call valid is, and what they call broken is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from tests.schema import own_models
from tests.schema.shapes import SHARED, shaped_models

import vidmock
from vidmock import strategies
from vidmock.schema import catalog, references
from vidmock.schema.catalog import Model
from vidmock.schema.model_checks import checks_of
from vidmock.schema.rules import rules_of
from vidmock.schema.samples import samples_of
from vidmock.schema.slips import slips_of
from vidmock.schema.strategies import NearMiss, near_miss_inputs, valid_inputs
from vidmock.schema.validate import find_violations

MODELS = catalog.models()
PRO = catalog.find_model("runware", "klingai:kling@o1")
all_models = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.id)


@all_models
@SHARED
@given(data=st.data())
def test_what_is_generated_as_valid_is_valid(model: Model, data: st.DataObject) -> None:
    payload = data.draw(valid_inputs(model))
    assert find_violations(model, payload) == ()
    assert Draft202012Validator(dict(model.schema)).is_valid(payload)


@all_models
@SHARED
@given(data=st.data())
def test_a_near_miss_breaks_what_it_names_and_nothing_else(model: Model, data: st.DataObject) -> None:
    miss = data.draw(near_miss_inputs(model))
    assert [(found.rule, found.path) for found in find_violations(model, miss.payload)] == [(miss.rule, miss.path)]


@all_models
def test_every_slip_is_one_violation(model: Model) -> None:
    slips = slips_of(model)
    for slip in slips:
        found = [(violation.rule, violation.path) for violation in find_violations(model, slip.payload)]
        assert found == [(slip.rule, slip.path)]
    assert len({slip.kind for slip in slips}) > 3


def test_slips_are_of_every_kind() -> None:
    types = {"null", "string", "number", "float", "bool", "list", "object"}
    assert {slip.kind for model in MODELS for slip in slips_of(model)} == {*types, "misspelt", "misplaced", "wrapped"}


@all_models
@SHARED
@given(data=st.data())
def test_an_invalid_request_breaks_what_it_names_and_nothing_else(model: Model, data: st.DataObject) -> None:
    miss = data.draw(strategies.invalid_requests(model.provider, model.id))
    found = vidmock.validate(model.provider, model.id, miss.payload)
    assert [(violation.rule, violation.path) for violation in found] == [(miss.rule, miss.path)], miss


def test_own_models_are_drawn_for_as_well(tmp_path: Path) -> None:
    schema = own_models.changed("properties/size", {"type": "integer", "minimum": 1, "maximum": 9})
    schema |= {"x-video": {**own_models.MADE, "width": [{"value": 8}], "height": [{"value": 8}]}}
    own_models.write_model(tmp_path / "pictures.json", schema)
    own = vidmock.load_catalog(tmp_path)
    drawn = collected(strategies.valid_requests("fal", "acme/pictures", catalog=own))
    assert all(vidmock.validate("fal", "acme/pictures", payload, catalog=own) == () for payload in drawn)
    kinds = {miss.kind for miss in collected(strategies.invalid_requests("fal", "acme/pictures", catalog=own))}
    assert len(kinds) > 4


def test_two_requests_have_ids_and_urls_of_their_own() -> None:
    drawn = collected(strategies.valid_requests("runware", PRO.id))
    # Whoever shrinks draws the sample's own again and again.
    assert len({payload["taskUUID"] for payload in drawn}) > len(drawn) / 4


def test_an_invalid_request_shrinks_to_a_small_one() -> None:
    least = find(strategies.invalid_requests("runpod", "kling-video-o1-r2v"), lambda miss: miss.kind == "null")
    assert len(str(least.payload)) < 150


@all_models
def test_every_sample_fault_is_one_violation(model: Model) -> None:
    for fault in samples_of(model).faults:
        for payload in fault.payloads:
            found = [(violation.rule, violation.path) for violation in find_violations(model, payload)]
            assert found == [(fault.rule, fault.path)]


def constraints(root: Mapping[str, Any], node: Mapping[str, Any], path: tuple[Any, ...]) -> Iterator[tuple[str, Any]]:
    """Every keyword that a value can fail, with the place of the value."""
    node = references.resolve_reference(root, node)
    nested = [references.resolve_reference(root, inner) for inner in node.get("anyOf", ())]
    if path:
        for keyword in node.keys() & {"type", "enum", "const", "pattern", "not", "anyOf", "minimum", "maximum"}:
            yield keyword, path
        for keyword in node.keys() & {"minLength", "maxLength", "minItems", "maxItems"}:
            yield keyword, path
    for about in (node, *(inner for inner in nested if "properties" in inner)):
        for name, member in about.get("properties", {}).items():
            yield from constraints(root, member, (*path, name))
        yield from (("required", (*path, name)) for name in about.get("required", ()))
        if about.get("additionalProperties", True) is False:
            yield "additionalProperties", (*path, "undeclared")
        if "items" in about:
            yield from constraints(root, about["items"], (*path, 0))


@all_models
def test_every_rule_and_every_constraint_has_a_fault_of_its_own(model: Model) -> None:
    faults = {(fault.rule, fault.path) for fault in samples_of(model).faults}
    assert faults >= set(constraints(model.schema, model.schema, ()))
    assert {rule.name for rule in rules_of(checks_of(model))} <= {rule for rule, _ in faults}


def test_the_valid_samples_of_runware_have_every_combination_of_inputs_that_is_allowed() -> None:
    shapes = {
        frozenset(payload.get("inputs", {})) | (payload.keys() & {"width", "fast"}) for payload in samples_of(PRO).valid
    }
    frames, images, video, clips, size = "frameImages", "referenceImages", "video", "referenceVideos", "width"
    assert shapes == {
        frozenset(shape)
        for shape in (
            {size}, {frames}, {frames, clips}, {images}, {images, size}, {images, clips}, {images, clips, size},
            {video}, {video, size}, {video, images}, {video, images, size}, {video, clips}, {video, clips, size},
            {video, images, clips}, {video, images, clips, size}, {clips, size},
        )
    }  # fmt: skip


@pytest.mark.parametrize(
    ("schema", "complaint"),
    [
        (
            {
                "required": [],
                "properties": {"a": {"type": "integer"}},
                "allOf": [{"$ref": "#/$defs/never-broken"}],
                "$defs": {
                    "never-broken": {
                        "x-rule": "never-broken",
                        "x-path": "/a",
                        "x-message": "is always right",
                        "properties": {"a": True},
                    }
                },
            },
            "no input found that breaks only never-broken",
        ),
        (
            {
                "required": ["a"],
                "properties": {"a": {"type": "array", "maxItems": 0, "items": {"type": "string"}}},
            },
            r"no valid input has room for a fault at a\[0\]",
        ),
    ],
    ids=["a-rule-that-always-holds", "a-list-that-is-always-empty"],
)
def test_a_constraint_that_nothing_can_break_is_an_error(
    tmp_path: Path, schema: dict[str, Any], complaint: str
) -> None:
    model = Model("nobody", "m", "M", "", 1.0, None, (), tmp_path / "m.json", schema)
    with pytest.raises(LookupError, match=complaint):
        samples_of(model)


@pytest.mark.parametrize(
    ("limits", "values"),
    [({}, (1.5,)), ({"default": 0.2, "minimum": 0, "maximum": 1}, (0.2, 0, 1, 0.5)), ({"minimum": 3}, (3,))],
    ids=["free", "between", "least"],
)
def test_a_number_is_tried_at_its_limits_and_between_them(
    tmp_path: Path, limits: dict[str, float], values: tuple[float, ...]
) -> None:
    schema: dict[str, Any] = {"required": [], "properties": {"motion": {"type": "number", **limits}}}
    samples = samples_of(Model("nobody", "m", "M", "", 1.0, None, (), tmp_path / "m.json", schema))
    assert samples.spare == {("motion",): values}
    assert {fault.rule for fault in samples.faults} == {"type", *limits} - {"default"}


def test_a_valid_input_shrinks_to_the_least() -> None:
    runpod = catalog.find_model("runpod", "kling-video-o1-r2v")
    least = find(valid_inputs(runpod), lambda _: True)
    assert least == {"prompt": "0", "images": ["https://example.com/a.bin"]}


def test_a_near_miss_shrinks_to_its_fault() -> None:
    def asks_too_long(miss: NearMiss) -> bool:
        return miss.rule.startswith("r7")

    payload = find(near_miss_inputs(PRO), asks_too_long).payload
    assert payload.keys() == {"taskType", "taskUUID", "model", "positivePrompt", "width", "height", "duration"}


def test_drawn_values_share_nothing_with_later_ones() -> None:
    payload = find(valid_inputs(PRO), lambda found: "inputs" in found)
    payload["inputs"].clear()
    for sample in samples_of(PRO).valid:
        assert sample.get("inputs") != {} or "width" in sample
        assert find_violations(PRO, sample) == ()


def test_ajv_and_python_agree_on_what_is_generated(ajv: Callable[..., dict[str, list[bool]]]) -> None:
    drawn: dict[str, list[Any]] = {}
    expected: dict[str, list[bool]] = {}
    shaped = shaped_models()
    for model in shaped:
        good, bad = collected(valid_inputs(model)), collected(near_miss_inputs(model))
        drawn[model.schema["$id"]] = [*good, *(miss.payload for miss in bad)]
        expected[model.schema["$id"]] = [True] * len(good) + [False] * len(bad)
    assert ajv([model.schema for model in shaped], drawn) == expected


def collected(strategy: st.SearchStrategy[Any]) -> list[Any]:
    found: list[Any] = []

    @given(strategy)
    @settings(max_examples=60, database=None, derandomize=True)
    def collect(value: Any) -> None:
        found.append(value)

    collect()
    return found


@pytest.mark.parametrize(
    "parameter",
    [
        {"oneOf": [{"type": "string", "enum": ["x"]}, {"type": "integer", "minimum": 3}]},
        {"type": "number", "multipleOf": 0.25, "exclusiveMinimum": 1},
        {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
        {"type": "integer", "exclusiveMinimum": 0, "maximum": 1024, "multipleOf": 8},
        {"type": "array", "items": {"type": "integer"}, "minItems": 1, "maxItems": 2, "uniqueItems": True},
        {"type": "array", "items": {"enum": [1, 2, 3]}, "maxItems": 2, "uniqueItems": True},
        {"type": "object", "properties": {"b": {"type": "string"}}, "minProperties": 1},
        {"properties": {"b": {"type": "boolean"}}},
        {"type": "array"},
        {},
    ],
    ids=str,
)
def test_every_keyword_of_a_users_own_model_has_values(parameter: dict[str, Any]) -> None:
    model = _own({"a": parameter}, ["a"])
    samples = samples_of(model)
    assert samples.valid
    for payload in samples.valid:
        assert find_violations(model, payload) == ()
    for fault in samples.faults:
        for payload in fault.payloads:
            found = [(violation.rule, violation.path) for violation in find_violations(model, payload)]
            assert found == [(fault.rule, fault.path)]


def test_a_parameter_whose_values_cannot_be_worked_out_is_told() -> None:
    said = {"type": "string", "pattern": "^[0-9]{5}$", "description": "A zip code."}
    with pytest.raises(
        LookupError, match=r"no value was found that the schema takes of 'A zip code.': it needs examples"
    ):
        samples_of(_own({"zip": said}, ["zip"]))
    assert samples_of(_own({"zip": {**said, "examples": ["12345"]}}, ["zip"])).valid == ({"zip": "12345"},)


def _own(properties: dict[str, Any], required: list[str]) -> Model:
    schema = {"$defs": {}, "type": "object", "properties": properties, "required": required}
    return Model("fal", f"own-{properties}", "Own", "https://example.com", 1, None, (), Path("own.json"), schema)
