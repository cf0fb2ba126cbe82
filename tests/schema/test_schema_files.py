"""The files under schemas/ themselves: their form, and that their bundles say the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from jsonschema_specifications import REGISTRY  # type: ignore[import-untyped] # it ships without types
from referencing import Registry, Resource

from vidmock import resources, strict_json
from vidmock.schema import bundle as bundling
from vidmock.schema import catalog, compiled
from vidmock.schema.catalog import Model
from vidmock.schema.samples import samples_of

TOP = resources.folder("schemas")
FILES = sorted(file for file in TOP.glob("*/*.json") if file.parent.name not in ("behaviours", "errors", "routes"))
MODELS = catalog.models()
META = TOP / "meta" / "model.json"


def name(file: Path) -> str:
    return file.relative_to(TOP).as_posix()


def model_name(model: Model) -> str:
    return f"{model.provider}/{model.file.stem}"


def content(file: Path) -> dict[str, Any]:
    read: dict[str, Any] = strict_json.loads(file.read_bytes())
    return read


def meta() -> Draft202012Validator:
    document = content(META)
    registry: Registry[Any] = REGISTRY.with_resource(document["$id"], Resource.from_contents(document))
    return Draft202012Validator(document, registry=registry)


def fields(node: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every declared parameter in *node*, outside of rules."""
    if isinstance(node, dict) and "x-rule" not in node:
        for key, value in node.items():
            if key == "properties":
                yield from value.items()
            if key not in ("x-lints", "x-pricing", "if"):
                yield from fields(value)
    elif isinstance(node, list):
        for item in node:
            yield from fields(item)


@pytest.mark.parametrize("file", [file for file in FILES if file.parent.name == "meta"], ids=name)
def test_a_meta_schema_is_a_schema(file: Path) -> None:
    Draft202012Validator.check_schema(content(file))


@pytest.mark.parametrize("file", [file for file in FILES if file.parent.name != "meta"], ids=name)
def test_a_file_satisfies_the_meta_schema(file: Path) -> None:
    faults = [f"{error.json_path}: {error.message}" for error in meta().iter_errors(content(file))]
    assert faults == []


@pytest.mark.parametrize(
    ("place", "keyword", "value"),
    [
        ("properties/positivePrompt", "x-evidance", "documented"),
        ("properties/positivePrompt", "x-evidence", "guessed"),
        ("properties/positivePrompt", "minLength", "2"),
        ("$defs/r1-width-with-height", "x-path", "height"),
        ("$defs/r1-width-with-height", "x-message", 1),
        ("x-pricing", "digits", "6"),
        ("x-video", "fps", [{"value": 24}]),
        ("x-lints/0/schema", "x-unheard-of", True),
        ("x-lints/0/schema", "if", {"required": ["duration"]}),
        ("x-lints/0/schema", "if", {"properties": {"duration": {"const": 5}}}),
        ("x-lints/0/schema/then", "not", {"anyOf": [{"required": ["duration"]}]}),
        ("$defs/r1-width-with-height", "if", {"not": {"pattern": "x"}}),
        ("x-pricing/seconds/0", "when", {"minItems": 1}),
    ],
)
def test_the_meta_schema_refuses_a_file_with(place: str, keyword: str, value: Any) -> None:
    document: Any = content(TOP / "shared" / "kling-o1-runware.json")
    node = document
    for part in place.split("/"):
        node = node[int(part)] if isinstance(node, list) else node[part]
    node[keyword] = value
    assert not meta().is_valid(document)


def conditions(node: Any) -> Iterator[Any]:
    """Every schema in *node* of which it is asked whether it holds."""
    if isinstance(node, dict):
        yield from (node[key] for key in ("if", "not", "when") if isinstance(node.get(key), dict))
    for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from conditions(inner)


@pytest.mark.parametrize("model", MODELS, ids=model_name)
def test_what_a_condition_refers_to_is_a_condition_as_well(model: Model) -> None:
    document = content(META)
    registry: Registry[Any] = REGISTRY.with_resource(document["$id"], Resource.from_contents(document))
    strict = Draft202012Validator({"$ref": f"{document['$id']}#/$defs/condition"}, registry=registry)

    def whole(node: Any) -> Any:
        if isinstance(node, dict) and "$ref" in node:
            return whole(model.schema["$defs"][node["$ref"].removeprefix("#/$defs/")])
        if isinstance(node, dict):
            return {key: whole(value) for key, value in node.items()}
        return [whole(item) for item in node] if isinstance(node, list) else node

    for condition in conditions(dict(model.schema)):
        assert strict.is_valid(whole(condition)), condition


@pytest.mark.parametrize("file", FILES, ids=name)
def test_a_file_is_identified_by_its_place(file: Path) -> None:
    assert content(file)["$id"] == f"https://vidmock.invalid/schemas/{name(file)}"


@pytest.mark.parametrize("file", [file for file in FILES if file != META], ids=name)
def test_a_rule_bears_the_name_of_its_definition(file: Path) -> None:
    definitions = content(file).get("$defs", {})
    assert {key for key, node in definitions.items() if "x-rule" in node} == {
        node["x-rule"] for node in definitions.values() if "x-rule" in node
    }


@pytest.mark.parametrize("model", MODELS, ids=model_name)
def test_every_parameter_is_described_and_gives_its_evidence(model: Model) -> None:
    apart = ("$defs", "x-pricing", "x-video")
    declared = dict(fields({key: value for key, value in model.schema.items() if key not in apart}))
    assert declared.keys() >= model.schema["properties"].keys()
    for parameter, node in declared.items():
        resolved = {**model.schema["$defs"].get(node.get("$ref", "").removeprefix("#/$defs/"), {}), **node}
        assert resolved.get("description") or parameter == "klingai", parameter
        assert resolved.get("x-evidence") or parameter == "klingai", parameter


@pytest.mark.parametrize("model", MODELS, ids=model_name)
def test_a_default_is_a_value_of_its_parameter(model: Model) -> None:
    for node in model.schema["properties"].values():
        if "default" in node:
            assert compiled.compile_verdict(node, model.schema)(node["default"])


@pytest.mark.parametrize("model", MODELS, ids=model_name)
def test_the_figures_read_the_defaults_that_the_schema_states(model: Model) -> None:
    for listed in (
        *model.schema["x-video"].values(),
        *(model.schema["x-pricing"][key] for key in ("seconds", "count")),
    ):
        for source, following in pairwise(listed):
            node = model.schema["properties"].get(source.get("at", "").removeprefix("/"), {})
            if "default" in node and "value" in following:
                stated = source["map"][node["default"]] if "map" in source else node["default"]
                assert str(stated) == str(following["value"])


@pytest.mark.parametrize("model", MODELS, ids=model_name)
def test_a_bundle_refers_to_nothing_outside_itself(model: Model) -> None:
    def references(node: Any) -> Iterator[str]:
        if isinstance(node, dict):
            for key, value in node.items():
                if key == "$ref":
                    yield value
                else:
                    yield from references(value)
        elif isinstance(node, list):
            for item in node:
                yield from references(item)

    schema = dict(model.schema)
    assert {ref.removeprefix("#/$defs/") for ref in references(schema)} <= schema["$defs"].keys()
    assert "unevaluatedProperties" not in schema
    Draft202012Validator.check_schema(schema)


def test_bundles_and_the_files_that_they_are_made_from_agree_under_ajv(
    ajv: Callable[..., dict[str, list[bool]]],
) -> None:
    ask = {
        model.schema["$id"]: [*samples_of(model).valid, *(fault.payloads[0] for fault in samples_of(model).faults)]
        for model in MODELS
    }
    bundled = ajv([model.schema for model in MODELS], ask)
    from_files = ajv([content(file) for file in FILES if file != META], ask)
    assert bundled == from_files
    for model in MODELS:
        good = len(samples_of(model).valid)
        verdicts = bundled[model.schema["$id"]]
        assert all(verdicts[:good])
        assert not any(verdicts[good:])


def test_another_tier_of_a_known_model_takes_a_page() -> None:
    lines = (TOP / "runware" / "klingai-video-o1-standard.json").read_text().splitlines()
    assert len(lines) <= 65
    assert max(map(len, lines)) <= 120


@pytest.mark.parametrize(
    ("files", "complaint"),
    [
        ({"m.json": '{"properties": {"a": {"$ref": "gone.json#/$defs/x"}}}'}, "there is no schema file"),
        ({"m.json": '{"properties": {"a": {"$ref": "#/$defs/x"}}}'}, "leads nowhere"),
        ({"m.json": '{"properties": {"a": {"$ref": "#/properties/b"}}}'}, "must point to an entry of"),
        (
            {
                "m.json": '{"allOf": [{"$ref": "b.json"}], "properties": {"a": true}}',
                "b.json": '{"properties": {"a": true}}',
            },
            "'a' is a base's already",
        ),
        (
            {"m.json": '{"allOf": [{"$ref": "b.json"}], "type": "array"}', "b.json": '{"type": "object"}'},
            "'type' differs from a base's",
        ),
        (
            {
                "m.json": '{"properties": {"a": {"$ref": "#/$defs/x"}, "b": {"$ref": "b.json#/$defs/x"}},'
                ' "$defs": {"x": true}}',
                "b.json": '{"$defs": {"x": true}}',
            },
            "two files define 'x'",
        ),
    ],
    ids=["no-file", "no-definition", "not-a-definition", "property-twice", "keyword-differs", "definition-twice"],
)
def test_a_file_that_cannot_be_bundled_says_why(tmp_path: Path, files: dict[str, str], complaint: str) -> None:
    for file, text in files.items():
        (tmp_path / file).write_text(text)
    with pytest.raises(bundling.BundleError, match=complaint):
        bundling.bundle_schema(tmp_path / "m.json")


@pytest.mark.parametrize(
    "schema", [{"contains": True}, {"properties": {}, "patternProperties": {"x": {"type": "string"}}}], ids=str
)
def test_a_keyword_that_the_quick_verdict_does_not_know_is_an_error_not_a_pass(schema: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="known here"):
        compiled.compile_verdict(schema, {})
