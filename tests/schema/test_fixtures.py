"""Every file under fixtures/<provider>/<model>/{valid,invalid} is a test; so adding a file adds one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from vidmock import resources, strict_json
from vidmock.schema import catalog, pricing
from vidmock.schema.catalog import Model
from vidmock.schema.known_media import Probe, media_from_mapping
from vidmock.schema.media_rules import check_media
from vidmock.schema.validate import find_violations

TOP = resources.folder("fixtures")
FOLDERS = {f"{model.provider}/{model.file.stem}": model for model in catalog.models()}
VALID = sorted(file for folder in FOLDERS for file in (TOP / folder / "valid").glob("*.json"))
INVALID = sorted(file for folder in FOLDERS for file in (TOP / folder / "invalid").glob("*.json"))


def name(file: Path) -> str:
    return file.relative_to(TOP).with_suffix("").as_posix()


def model_of(file: Path) -> Model:
    return FOLDERS[file.parents[1].relative_to(TOP).as_posix()]


def content(file: Path) -> dict[str, Any]:
    read: dict[str, Any] = strict_json.loads(file.read_bytes())
    return read


def known(case: dict[str, Any]) -> Probe:
    """What an example says of the files that it points to."""
    return media_from_mapping(case.get("media", {}))


@pytest.fixture(scope="module")
def ajv_takes(ajv: Callable[..., dict[str, list[bool]]]) -> dict[Path, bool]:
    """ajv's verdict on every file, from one process."""
    files = {model: [file for file in VALID + INVALID if model_of(file) is model] for model in FOLDERS.values()}
    verdicts = ajv(
        [model.schema for model in files],
        {model.schema["$id"]: [content(file)["input"] for file in listed] for model, listed in files.items()},
    )
    return {
        file: verdict
        for model, listed in files.items()
        for file, verdict in zip(listed, verdicts[model.schema["$id"]], strict=True)
    }


@pytest.mark.parametrize("file", VALID, ids=name)
def test_a_valid_example_is_accepted_by_every_validator(file: Path, ajv_takes: dict[Path, bool]) -> None:
    model, case = model_of(file), content(file)
    assert case.keys() <= {"about", "source", "input", "media", "cost"}
    assert find_violations(model, case["input"]) == ()
    assert check_media(model, case["input"], known(case)) == ()
    assert Draft202012Validator(dict(model.schema)).is_valid(case["input"])
    assert ajv_takes[file]


@pytest.mark.parametrize("file", [file for file in VALID if "cost" in content(file)], ids=name)
def test_a_valid_example_costs_what_it_says(file: Path) -> None:
    case = content(file)
    assert pricing.price_of(model_of(file), case["input"], known(case)).amount == Decimal(case["cost"])


@pytest.mark.parametrize("file", INVALID, ids=name)
def test_an_invalid_example_is_refused_for_what_it_says(file: Path) -> None:
    model, case = model_of(file), content(file)
    violations = find_violations(model, case["input"]) + check_media(model, case["input"], known(case))
    assert [{"rule": v.rule, "path": v.pointer, "code": v.code} for v in violations] == case["expect"]


@pytest.mark.parametrize("file", INVALID, ids=name)
def test_an_invalid_example_is_refused_by_every_validator(file: Path, ajv_takes: dict[Path, bool]) -> None:
    case = content(file)
    seen = case.get("ajv", True)
    assert seen or case["why"], "an exception gives its reason"
    assert Draft202012Validator(dict(model_of(file).schema)).is_valid(case["input"]) is not seen
    assert ajv_takes[file] is not seen


def test_every_file_belongs_to_a_model() -> None:
    files = {file for provider in catalog.providers() for file in (TOP / provider).rglob("*.json")}
    assert files == {*VALID, *INVALID}


def test_the_22_requests_of_the_five_pages_are_there() -> None:
    printed = {file.name for file in VALID if file.name.startswith("example-")}
    fragments = {file.name for file in VALID if "inputs.frameImages" in content(file).get("source", "")}
    assert (len(printed), len(fragments)) == (19, 3)


@pytest.mark.parametrize("model", FOLDERS.values(), ids=FOLDERS)
def test_every_named_rule_has_an_invalid_example(model: Model) -> None:
    shown = {expected["rule"] for file in INVALID if model_of(file) is model for expected in content(file)["expect"]}
    named = {entry["$ref"].removeprefix("#/$defs/") for entry in model.schema.get("allOf", ())}
    assert named <= shown


@pytest.mark.parametrize("model", FOLDERS.values(), ids=FOLDERS)
def test_every_limit_of_a_file_has_an_invalid_example(model: Model) -> None:
    shown = {expected["rule"] for file in INVALID if model_of(file) is model for expected in content(file)["expect"]}
    rules = {
        "seconds": ("media-too-short", "media-too-long"),
        "side": ("media-too-small", "media-too-large"),
        "aspect": ("media-aspect",),
        "bytes": ("media-bytes",),
        "kind": ("media-format",),
    }
    asked = files_asked_for(dict(model.schema))
    wanted = {
        rule for said in asked for name in said.keys() & rules.keys() for rule in limiting(rules[name], said[name])
    }
    assert wanted <= shown


def files_asked_for(node: Any) -> Iterator[dict[str, Any]]:
    """Every ``x-media`` in a schema."""
    if isinstance(node, dict):
        said = node.get("x-media", [])
        yield from said if isinstance(said, list) else [said]
    for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from files_asked_for(inner)


def limiting(rules: tuple[str, ...], limit: Any) -> tuple[str, ...]:
    """Of the rules for both ends of a range, those that can be broken."""
    if len(rules) == 1:
        return rules
    return tuple(rule for rule, end in zip(rules, limit, strict=True) if end is not None)


def test_the_costs_of_all_fifteen_runware_examples_are_reproduced() -> None:
    examples = [file for file in VALID if file.parts[-4] == "runware" and file.name.startswith("example-")]
    assert len(examples) == 15
    assert sorted(content(file)["cost"] for file in examples) == sorted(
        [*["0.56"] * 3, "1.008", "1.12", *["0.42"] * 8, "0.63", "0.756"]
    )
