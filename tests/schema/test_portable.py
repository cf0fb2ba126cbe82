"""The schema that is handed on: validators that we did not write take it, and judge as vidmock does."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from check_jsonschema.cli.main_command import main as check_jsonschema  # type: ignore[import-untyped] # without types
from click.testing import CliRunner
from jsonschema import Draft202012Validator
from referencing import Registry
from tests.schema.own_models import changed, write_model
from tests.schema.shapes import shaped_models

import vidmock
from vidmock import resources, strict_json
from vidmock.problems import UnknownModel
from vidmock.schema import catalog
from vidmock.schema.catalog import Model
from vidmock.schema.portable import portable_schema
from vidmock.schema.samples import samples_of
from vidmock.schema.validate import find_violations

MODELS = catalog.models()
UNIONS: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "https://vidmock.invalid/schemas/test/unions.json",
    "type": "object",
    "properties": {
        "seed": {"type": ["integer", "string"], "minimum": 1, "maxLength": 3, "description": "Either."},
        "size": {"type": ["string", "array", "null"], "minLength": 2, "items": {"type": "integer"}},
        "tail": {"maxLength": 2, "maxItems": 1},
        "deep": {"type": "object", "allOf": [{"required": ["a"]}, {"properties": {"a": {"minimum": 2}}}]},
        "free": True,
    },
    "allOf": [{"if": {"required": ["seed"]}, "then": {"required": ["size"]}}],
    "$defs": {},
}
OF_UNIONS: dict[str, list[Any]] = {
    "seed": [1, 0, "abc", "abcd", None, True, []],
    "size": ["ab", "a", [1], ["x"], None, 5],
    "tail": ["ab", "abc", [1], [1, 2], None],
    "deep": [{"a": 2}, {"a": 1}, {}, [], None],
    "free": [1, None],
}


def model_name(model: Model) -> str:
    return f"{model.provider}/{model.file.stem}"


@cache
def instances(model: Model) -> list[Any]:
    """What the model takes and refuses: samples, near misses and the shipped examples; without ``5.0`` for 5."""
    folder = resources.folder("fixtures") / model.provider / model.file.stem
    shipped = [strict_json.loads(file.read_bytes())["input"] for file in sorted(folder.glob("*/*.json"))]
    samples = samples_of(model)
    near = [payload for fault in samples.faults for payload in fault.payloads[:2]]
    return [each for each in (*samples.valid[:40], *near, *shipped) if ".0" not in json.dumps(each)]


def ours(model: Model) -> list[bool]:
    return [not find_violations(model, each) for each in instances(model)]


def references(node: Any) -> Iterator[str]:
    if isinstance(node, Mapping):
        yield from ([node["$ref"]] if isinstance(node.get("$ref"), str) else [])
        node = list(node.values())
    if isinstance(node, list):
        for item in node:
            yield from references(item)


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Whatever a name is asked for, which nothing here may do."""
    asked: list[Any] = []

    def ask(*words: Any, **more: Any) -> Any:
        asked.append(words)
        raise OSError

    monkeypatch.setattr(socket, "getaddrinfo", ask)
    return asked


def test_ajv_as_strict_as_it_can_be_agrees(ajv: Callable[..., dict[str, list[bool]]]) -> None:
    documents = {model.schema["$id"]: portable_schema(model.schema) for model in MODELS}
    ask = {model.schema["$id"]: instances(model) for model in MODELS}
    assert ajv(list(documents.values()), ask, strict=True) == {model.schema["$id"]: ours(model) for model in MODELS}


@pytest.mark.parametrize("model", MODELS, ids=model_name)
def test_validators_in_python_and_rust_agree_and_ask_no_name(model: Model, nowhere: list[Any]) -> None:
    schema = portable_schema(model.schema)
    Draft202012Validator.check_schema(schema)
    in_python, in_rust = Draft202012Validator(schema), jsonschema_rs.validator_for(schema)
    said = ours(model)
    assert [in_python.is_valid(each) for each in instances(model)] == said
    assert [in_rust.is_valid(each) for each in instances(model)] == said
    assert {True, False} == {*said} or model.provider == "fal"
    assert nowhere == []


@pytest.mark.parametrize("model", shaped_models(), ids=model_name)
def test_check_jsonschema_agrees_on_files(model: Model, nowhere: list[Any], tmp_path: Path) -> None:
    schema = tmp_path / "schema.json"
    schema.write_text(json.dumps(portable_schema(model.schema)))
    files = [tmp_path / f"{number}.json" for number, _ in enumerate(instances(model))]
    for file, each in zip(files, instances(model), strict=True):
        file.write_text(json.dumps(each))
    words = ["--schemafile", str(schema), "--output-format", "json", *map(str, files)]
    told = json.loads(CliRunner().invoke(check_jsonschema, words).output)
    wrong = {error["filename"] for error in told["errors"]}
    assert told["parse_errors"] == []
    assert [str(file) not in wrong for file in files] == ours(model)
    assert nowhere == []


@pytest.mark.parametrize("model", MODELS, ids=model_name)
def test_it_has_no_keyword_of_ours_and_leads_nowhere(model: Model) -> None:
    schema = portable_schema(model.schema)
    assert all(ref.startswith("#/$defs/") for ref in references(schema))
    assert '"x-' not in json.dumps(schema)
    assert schema["$id"].startswith("https://vidmock.invalid/")


def test_a_file_of_ours_needs_the_shared_ones_and_so_is_not_what_to_hand_on() -> None:
    model = catalog.find_model("runware", "klingai:kling@o1")
    source = Draft202012Validator(strict_json.loads(model.file.read_bytes()), registry=Registry())
    with pytest.raises(Exception, match="Unresolvable"):
        source.is_valid({})
    assert not Draft202012Validator(portable_schema(model.schema), registry=Registry()).is_valid({})


def test_a_rule_keeps_its_name_and_its_words() -> None:
    rule = vidmock.json_schema("runware", "klingai-video-o1-pro")["$defs"]["r1-width-with-height"]
    assert rule == {
        "title": "r1-width-with-height",
        "description": "width and height belong together: give both or neither",
        "type": ["object", "null"],
        "dependentRequired": {"width": ["height"], "height": ["width"]},
    }


def test_values_of_several_types_are_told_apart(ajv: Callable[..., dict[str, list[bool]]]) -> None:
    made = portable_schema(UNIONS)
    assert "$defs" not in made
    inputs: list[Any] = [{name: value} for name, values in OF_UNIONS.items() for value in values]
    inputs.append({"seed": 1, "size": "ab"})
    before = [Draft202012Validator(UNIONS).is_valid(each) for each in inputs]
    assert [Draft202012Validator(made).is_valid(each) for each in inputs] == before
    assert ajv([made], {made["$id"]: inputs}, strict=True) == {made["$id"]: before}


def test_a_schema_is_the_callers_own_and_found_by_any_name_of_its_model(tmp_path: Path) -> None:
    first = vidmock.json_schema("runware", "klingai:kling@o1")
    first["properties"].clear()
    assert vidmock.json_schema("runware", "klingai-video-o1-pro")["properties"]
    with pytest.raises(UnknownModel):
        vidmock.json_schema("fal", "acme/pictures")
    file = write_model(tmp_path / "m.json", changed("properties/$ref", {"type": "string", "format": "uri"}))
    own = vidmock.json_schema("fal", "acme/pictures", catalog=vidmock.load_catalog(file))
    assert own["properties"]["$ref"] == {"type": "string"}
