"""The files under schemas/errors: their form, that their names are clear, and how an error is found in them."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from vidmock import resources, strict_json
from vidmock.problems import UnknownCode, UnknownProvider
from vidmock.schema import catalog
from vidmock.schema.errors import KnownError, find_error, known_error, known_errors

TOP = resources.folder("schemas")
FILES = sorted((TOP / "errors").glob("*.json"))
META = Draft202012Validator(strict_json.loads((TOP / "meta" / "errors.json").read_bytes()))
ALL = [error for provider in catalog.providers() for error in known_errors(provider)]


def content(file: Path) -> Any:
    return strict_json.loads(file.read_bytes())


def test_every_provider_has_its_errors() -> None:
    assert [file.stem for file in FILES] == [*catalog.providers()] == [content(file)["provider"] for file in FILES]


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.stem))
def test_a_file_satisfies_the_meta_schema(file: Path) -> None:
    assert [f"{error.json_path}: {error.message}" for error in META.iter_errors(content(file))] == []


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("code", ""),
        ("code", 429),
        ("code", None),
        ("slug", "Bad Request"),
        ("status", "400"),
        ("status", 600),
        ("status", 200),
        ("in", []),
        ("in", ["poll"]),
        ("in", ["job", "job"]),
        ("form", "gate"),
        ("samples", {}),
        ("blames", []),
        ("family", "invalid"),
        ("message", ""),
        ("parameter", []),
        ("beside", {}),
        ("sulg", "x"),
        ("evidence", None),
        ("evidence", "documented"),
        ("evidence", {"kind": "guessed", "where": "errors page"}),
        ("evidence", {"kind": "documented"}),
        ("evidence", {"kind": "documented", "where": ""}),
        ("evidence", {"kind": "documented", "where": "errors page", "date": ""}),
        ("evidence", {"kind": "documented", "where": "errors page", "date": "2026-13"}),
    ],
    ids=str,
)
def test_the_meta_schema_refuses_an_error_with(member: str, value: Any) -> None:
    document = copy.deepcopy(content(FILES[0]))
    entry = document["errors"][0]
    assert META.is_valid(document)
    assert entry["in"] == ["request"]
    if value is None:
        del entry[member]
    else:
        entry[member] = value
    assert not META.is_valid(document)


@pytest.mark.parametrize("provider", catalog.providers())
def test_a_name_is_one_errors_alone_and_a_code_means_its_first(provider: str) -> None:
    names = [error.name for error in known_errors(provider)]
    assert len(names) == len(set(names))
    for error in known_errors(provider):
        assert known_error(error.name, provider) is error
        meant = known_error(error.code, provider)
        assert meant is next(other for other in known_errors(provider) if other.code == error.code)


@pytest.mark.parametrize("error", ALL, ids=lambda error: f"{error.provider}/{error.name}")
def test_a_code_of_digits_is_the_status(error: KnownError) -> None:
    assert not error.code.isdecimal() or int(error.code) == error.status
    assert error.answers or "job" in error.places


def test_every_code_of_a_models_schema_is_known_by_itself_or_as_one_of_a_family() -> None:
    codes: set[str] = set()

    def collect(node: Any) -> None:
        if isinstance(node, dict):
            codes.update(node.get("x-error", {}).get("codes", {}).values())
            for value in node.values():
                collect(value)
        elif isinstance(node, list):
            for value in node:
                collect(value)

    for model in catalog.models("runware"):
        collect(dict(model.schema))
    assert len(codes) > 10
    made = {code.replace("{Name}", "Seed") for code in codes}
    assert all(known_error(code, "runware") for code in made)


def test_an_error_is_found_by_code_or_slug_at_one_provider_or_at_any() -> None:
    assert find_error("contentPolicyViolation").provider == "runware"
    assert find_error("429", "eachlabs").message == "too many requests"
    assert find_error("rate-limit-exceeded", "eachlabs").status == 429
    assert find_error("endpoint-not-found").message == "endpoint not found"
    assert known_error("contentPolicyViolation", "fal") is None


def test_an_error_that_answers_calls_is_found_before_one_that_only_jobs_have() -> None:
    assert find_error("429").answers
    assert not find_error("inferenceError").answers


@pytest.mark.parametrize(
    ("code", "provider", "said"),
    [
        ("contentPolicyVoilation", "", "no provider has an error .* Did you mean 'contentPolicyViolation'"),
        ("contentPolicyViolation", "fal", "fal has no .* runware has it. Did you mean 'content_policy_violation'"),
        ("4290", "runpod", "Did you mean '429'"),
        ("rate-limit-exceded", "eachlabs", "Did you mean 'rate-limit-exceeded'"),
    ],
)
def test_a_code_that_nobody_has_is_offered_the_right_one(code: str, provider: str, said: str) -> None:
    with pytest.raises(UnknownCode, match=said):
        find_error(code, provider)


def test_a_provider_that_is_none_is_offered_the_right_one() -> None:
    with pytest.raises(UnknownProvider, match="Did you mean 'runpod'"):
        find_error("429", "runpdo")
    with pytest.raises(UnknownProvider):
        known_errors("meta")
