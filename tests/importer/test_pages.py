"""Whole pages become files that the catalogue can load, and that say what the pages say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from tests.importer.conftest import HERE, SEEN, UNSEEN, disagreements, imported, meta_schema, page_name

from vidmock import strict_json
from vidmock.importer.page import ModelPage
from vidmock.schema import compiled, pointer
from vidmock.schema.equality import same_json
from vidmock.schema.outputs import output_spec
from vidmock.schema.pricing import price_of
from vidmock.schema.validate import find_violations


@pytest.mark.parametrize("file", [*SEEN, *UNSEEN], ids=page_name)
def test_a_page_becomes_a_file_of_the_form_that_is_shipped(file: Path) -> None:
    _, made = imported(file)
    text = json.dumps(made.document, ensure_ascii=False)
    assert [f"{error.json_path}: {error.message}" for error in meta_schema().iter_errors(strict_json.loads(text))] == []
    Draft202012Validator.check_schema(made.document)
    compiled.compile_verdict(made.document, made.document)
    assert made.document["$id"] == f"https://vidmock.invalid/schemas/{made.name}"


@pytest.mark.parametrize("file", [*SEEN, *UNSEEN], ids=page_name)
def test_a_file_refers_to_nothing_outside_itself(file: Path) -> None:
    _, made = imported(file)

    def references(node: Any) -> set[str]:
        if isinstance(node, list):
            return set().union(*map(references, node))
        if not isinstance(node, dict):
            return set()
        return {node["$ref"]} & {node.get("$ref")} if node.keys() == {"$ref"} else _inner(node)

    def _inner(node: dict[str, Any]) -> set[str]:
        own = {node["$ref"]} if "$ref" in node else set()
        return own.union(*(references(value) for key, value in node.items() if key != "$ref"))

    assert {ref.removeprefix("#/$defs/") for ref in references(made.document)} <= made.document["$defs"].keys()


@pytest.mark.parametrize("file", [*SEEN, *UNSEEN], ids=page_name)
def test_the_requests_that_a_page_prints_are_valid_and_have_a_price_and_a_file(file: Path) -> None:
    page, made = imported(file)
    assert page.examples or file in UNSEEN
    model = made.model
    for example in page.examples:
        assert find_violations(model, example.input) == ()
        assert price_of(model, example.input).amount >= 0
        assert output_spec(model, example.input).seconds > 0


@pytest.mark.parametrize("file", UNSEEN, ids=page_name)
def test_a_page_that_no_reader_was_written_against_says_what_was_typed_from_it(file: Path) -> None:
    page, made = imported(file)
    expected = strict_json.loads(file.with_suffix(".expected").read_bytes())
    for place, value in expected["is"].items():
        found = pointer.value_at(made.document, pointer.parse_pointer(place))
        assert found is not pointer.MISSING, place
        assert same_json(found, value), f"{place}: {found}"
    for place in expected["is not"]:
        assert pointer.value_at(made.document, pointer.parse_pointer(place)) is pointer.MISSING, place
    assert {note.at for note in made.notes} == set(expected["unsure"])
    assert _costs(page, made.model) == expected["costs"]


def _costs(page: ModelPage, model: Any) -> list[str]:
    return [f"{price_of(model, example.input).amount:f}" for example in page.examples]


@pytest.mark.parametrize("file", SEEN, ids=page_name)
def test_a_shipped_model_agrees_with_its_page_but_for_what_was_reviewed(file: Path) -> None:
    reviewed = (HERE / "reviewed" / f"{file.stem}.txt").read_text("utf-8").splitlines()
    assert reviewed[0].startswith("# ")
    assert disagreements(file) == [line for line in reviewed if not line.startswith("# ")]
