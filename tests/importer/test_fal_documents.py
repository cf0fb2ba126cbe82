"""fal's OpenAPI documents and Markdown: every keyword that they use, and documents that are made to hurt."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.importer.conftest import HERE

from vidmock.importer.fal_openapi import endpoint_name, what_it_makes
from vidmock.importer.fal_page import read_fal_page
from vidmock.importer.forms import read_page
from vidmock.importer.model_file import ModelFile, make_file
from vidmock.importer.safe_patterns import LONGEST_SAFE_PATTERN, is_safe_pattern
from vidmock.importer.source import SourceText
from vidmock.problems import BadRequest
from vidmock.schema.validate import find_violations

LLMS = (HERE / "unseen" / "fal" / "veo3-fast.txt").read_text("utf-8")
VIDEO = {"type": "object", "properties": {"video": {"$ref": "#/components/schemas/File"}}}


def document(properties: dict[str, Any], output: dict[str, Any] | None = None, **more: Any) -> SourceText:
    body = {"content": {"application/json": {"schema": {"type": "object", "properties": properties}}}}
    answer = {"200": {"content": {"application/json": {"schema": VIDEO if output is None else output}}}}
    whole = {
        "openapi": "3.0.4",
        "servers": [{"url": "https://queue.fal.run"}],
        "components": {
            "schemas": {
                "File": {"type": "object", "properties": {"url": {"type": "string"}}},
                "Round": {"allOf": [{"$ref": "#/components/schemas/Round"}]},
                "Wide": {
                    "type": "object",
                    "properties": {f"w{number}": {"$ref": "#/components/schemas/Wide"} for number in range(10)},
                },
            }
        },
        "paths": {
            "/owner/app/requests/{request_id}": {"get": {"responses": answer}},
            "/owner/app": {"post": {"requestBody": body}},
        },
    }
    return SourceText("page", "", json.dumps(whole | more))


def made(properties: dict[str, Any], output: dict[str, Any] | None = None) -> ModelFile:
    return make_file(read_page(document(properties, output)))


@pytest.mark.parametrize(
    ("node", "schema"),
    [
        ({"type": "string", "minLength": 1, "maxLength": 9}, {"type": "string", "minLength": 1, "maxLength": 9}),
        (
            {"type": "integer", "exclusiveMinimum": 0, "maximum": 9},
            {"type": "integer", "exclusiveMinimum": 0, "maximum": 9},
        ),
        ({"type": "integer", "multipleOf": 8}, {"type": "integer", "multipleOf": 8}),
        ({"type": "number", "nullable": True}, {"type": ["number", "null"]}),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, {"type": ["integer", "null"]}),
        ({"oneOf": [{"enum": ["a"]}, {"type": "null"}]}, {"enum": ["a", None]}),
        ({"anyOf": [{"type": "string"}, {"type": "integer"}]}, {"anyOf": [{"type": "string"}, {"type": "integer"}]}),
        (
            {"type": "array", "items": {"type": "integer", "minimum": 1}, "maxItems": 3},
            {"type": "array", "items": {"minimum": 1, "type": "integer"}, "maxItems": 3},
        ),
        ({"type": "array", "items": {"type": "string"}}, {"type": "array"}),
        ({"type": "string", "pattern": "^[a-z]+$"}, {"type": "string", "pattern": "^[a-z]+$"}),
        ({"allOf": [{"$ref": "#/components/schemas/File"}], "default": {"url": "a"}}, {"type": "object"}),
        ({"const": 3}, {"const": 3}),
        ({"type": "thing", "enum": [], "minLength": -1, "maximum": "9"}, {}),
        ("no schema", {}),
    ],
)
def test_a_schema_of_the_document_is_taken_over(node: Any, schema: dict[str, Any]) -> None:
    told = {"description", "x-evidence", "x-message", "default", "properties"}
    (found,) = made({"it": node}).document["properties"].values()
    assert {key: value for key, value in found.items() if key not in told} == schema


def test_members_of_lists_and_objects_are_taken_over_and_may_be_addresses() -> None:
    part = {
        "type": "object",
        "required": ["face_url"],
        "properties": {"face_url": {"type": "string"}, "n": {"type": "integer"}},
    }
    file = made(
        {"parts": {"type": "array", "items": part}, "one": part, "clip_urls": {"type": "array", "nullable": True}}
    )
    properties = file.document["properties"]
    assert properties["parts"]["items"]["required"] == ["face_url"]
    assert properties["one"]["properties"]["face_url"]["$ref"] == "#/$defs/url-or-image-data"
    assert properties["clip_urls"]["type"] == ["array", "null"]
    assert [str(each) for each in find_violations(file.model, {"parts": [{"face_url": "no"}]})] == [
        'parts[0].face_url: must be an http(s) URL or a data:image/…;base64 URI; got "no"'
    ]


def test_a_nullable_address_may_be_null() -> None:
    file = made({"image_url": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None}})
    assert find_violations(file.model, {"image_url": None}) == ()
    assert find_violations(file.model, {"image_url": "no"}) != ()
    assert file.document["properties"]["image_url"]["x-media"] == {"kind": "image"}


@pytest.mark.parametrize(
    ("node", "says"),
    [
        ({"type": "array", "contains": {}}, "contains: {}"),
        ({"type": "array", "uniqueItems": "yes"}, "uniqueItems: yes"),
        ({"type": "number", "exclusiveMinimum": True, "minimum": 0}, "exclusiveMinimum: True"),
        ({"type": "integer", "multipleOf": 0}, "multipleOf: 0"),
        ({"type": "string", "pattern": "^(a+)+$"}, "pattern: ^(a+)+$"),
        ({"type": "string", "x-fal": {"max_file_size": 5}}, "x-fal: {'max_file_size': 5}"),
        ({"type": "string", "description": "At most 2500 characters."}, "At most 2500 characters"),
    ],
)
def test_what_is_no_rule_here_is_noted(node: dict[str, Any], says: str) -> None:
    file = made({"it": node})
    assert says in [note.says for note in file.notes if note.at == "/it"]
    assert not file.document["properties"]["it"].keys() & {"multipleOf", "pattern", "maxLength", "exclusiveMinimum"}


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        (SourceText("page", "", '{"openapi": "fal.run'), "page is no JSON"),
        (
            SourceText("page", "", '{"openapi": 1, "x-fal-metadata": ' + "[" * 500 + "]" * 500 + "}"),
            "nested too deeply",
        ),
        (SourceText("page", "", '{"openapi": "fal.run", "a": [' + "1," * 60_000 + "1]}"), "more than 50000 values"),
        (SourceText("page", "", '{"openapi": "fal.run"}'), "no path with a POST"),
        (document({}), "has no parameter at the input"),
        (
            document({"it": {"$ref": "#/components/schemas/Gone"}}),
            "'#/components/schemas/Gone', which it does not have",
        ),
        (document({"it": {"$ref": "#/components/schemas/Round"}}), "in a circle"),
        (document({"it": {"$ref": "#/components/schemas/Wide"}}), "more than 8 levels deep"),
        (document({"a\nb": {}}), "is no name of a parameter"),
        (document({f"p{number}": {} for number in range(1001)}), "more than 1,000 parameters"),
    ],
    ids=["torn", "deep", "many values", "no endpoint", "empty", "gone", "circle", "wide and deep", "two lines", "many"],
)
def test_a_document_that_hurts_is_a_sentence(source: SourceText, complaint: str) -> None:
    with pytest.raises(BadRequest, match=complaint):
        read_page(source)


def test_a_choice_between_schemas_that_never_end_is_cut_off() -> None:
    wide = {"$ref": "#/components/schemas/Wide"}
    one = {"type": "object", "required": ["a", "gone"], "properties": {"a": {"type": "integer"}}}
    file = made({"it": {"anyOf": [one, {"type": "string"}, wide]}})
    assert file.document["properties"]["it"]["anyOf"][0]["required"] == ["a"]
    assert [note.because for note in file.notes].count("schemas that are too deep or too many are left open") == 1
    assert len(json.dumps(file.document)) < 500_000


@pytest.mark.parametrize(
    ("output", "makes", "result"),
    [
        (None, "video", None),
        ({"properties": {"image": {"$ref": "#/components/schemas/File"}}}, "image", {"file": "image"}),
        (
            {"properties": {"images": {"type": "array", "items": {"$ref": "#/components/schemas/File"}}, "seed": {}}},
            "image",
            {"files": "images", "beside": {"seed": [{"value": None}]}},
        ),
        ({"properties": {"output": {"type": "string"}}}, "text", {"beside": {"output": [{"value": None}]}}),
    ],
)
def test_the_answer_has_the_members_of_the_document(output: Any, makes: str, result: Any) -> None:
    page = read_page(document({"prompt": {"type": "string"}}, output))
    found = make_file(page).document
    assert page.makes == makes
    assert ("x-result" in found) == (result is not None)
    assert {key: value for key, value in found.get("x-result", {}).items() if key != "x-evidence"} == (result or {})
    assert found["x-video"]["count"] == [{"value": 0 if makes == "text" else 1}]


@pytest.mark.parametrize(
    ("category", "makes"),
    [("text-to-video", "video"), ("text-to-speech", "audio"), ("image-to-image", "image"), ("", "video")],
)
def test_the_category_tells_what_an_unknown_answer_is(category: str, makes: str) -> None:
    assert what_it_makes(category, {}) == makes


def test_an_endpoint_is_called_by_the_words_of_its_id() -> None:
    assert endpoint_name("fal-ai/kling-video/v3/pro") == "Kling Video V3 Pro"
    assert endpoint_name("alone") == "alone"


@pytest.mark.parametrize("pattern", ["^[a-z]{2,5}$", r"^#[0-9a-f]+$", r"^a\.b?$", "^x*$", "^", r"^[^\\]+\)$"])
def test_a_pattern_that_no_text_keeps_busy_is_safe(pattern: str) -> None:
    assert is_safe_pattern(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "a+",
        "^(a+)+$",
        "^a*a*$",
        "^a+b+$",
        "^(?=a)",
        r"^\d+$",
        "^a|b$",
        "^[a",
        "^a{1000}$",
        "^" + "a" * LONGEST_SAFE_PATTERN,
    ],
)
def test_any_other_is_not(pattern: str) -> None:
    assert not is_safe_pattern(pattern)


@pytest.mark.parametrize(
    ("old", "new", "properties"),
    [
        ("(`integer`", "(`list<integer>`", {"seed": {"type": "array", "items": {"type": "integer"}}}),
        ("(`integer`", "(`ImageSize`", {"seed": {}}),
        ("(`integer`", "(`list<File>`", {"seed": {"type": "array"}}),
        ('Default: `"8s"`', "Default: `8s`", {"duration": {"enum": ["4s", "6s", "8s"], "default": "8s"}}),
    ],
)
def test_other_words_of_the_markdown(old: str, new: str, properties: dict[str, dict[str, Any]]) -> None:
    file = make_file(read_fal_page(SourceText("page", "", LLMS.replace(old, new))))
    for name, expected in properties.items():
        found = file.document["properties"][name]
        assert {key: value for key, value in found.items() if key not in ("description", "x-evidence")} == expected


def test_a_page_without_parameters_or_title_is_told() -> None:
    with pytest.raises(BadRequest, match="names no parameter under its Input Schema"):
        read_page(SourceText("page", "", "https://fal.run/a/b\n### Input Schema\n"))
    page = read_page(
        SourceText("page", "", LLMS.replace("# Veo 3 Fast\n", "").replace("- **Category**: text-to-video", ""))
    )
    assert (page.name, page.category, page.makes) == ("Veo3 Fast", "", "video")


@pytest.mark.parametrize(
    ("options", "enum"),
    [("`2`, `4`", [2, 4]), ('`"2"`, `"4"`', [2, 4]), ("`2`, `two`", ["2", "two"])],
    ids=["bare", "quoted", "not all numbers"],
)
def test_options_beside_a_number_by_default_are_numbers_if_they_can_be(options: str, enum: list[Any]) -> None:
    line = '- Default: `"720p"`\n  - Options: `"720p"`, `"1080p"`'
    assert line in LLMS
    page = read_fal_page(SourceText("page", "", LLMS.replace(line, f"- Default: `2`\n  - Options: {options}")))
    (told,) = (parameter for parameter in page.parameters if parameter.name == "resolution")
    assert told.keywords["enum"] == enum
    assert [each.says for each in page.contradictions] == (
        ["the options of resolution are texts"] if '"' in options else []
    )
