"""docs/schema-format.md: it has every keyword and member of the schema files, its examples are the files' own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema_specifications import REGISTRY  # type: ignore[import-untyped] # it ships without types

from vidmock import resources, strict_json
from vidmock.schema import compiled
from vidmock.schema.equality import same_json

TOP = Path(__file__).parents[2]
SCHEMAS = resources.folder("schemas")
NO_MODELS = ("behaviours", "errors", "meta", "routes")
FILES = sorted(file for file in SCHEMAS.glob("*/*.json") if file.parent.name not in NO_MODELS)
PAGE = (TOP / "docs" / "schema-format.md").read_text("utf-8")
FENCED = re.compile(r"^```json\n(.*?)^```$", re.DOTALL | re.MULTILINE)
QUOTED = re.compile(r"^From \[`([^`]+)`\]\([^)]*\)[^\n]*:\n\n```json\n(.*?)^```$", re.DOTALL | re.MULTILINE)
META = strict_json.loads((SCHEMAS / "meta" / "model.json").read_bytes())
ERRORS = strict_json.loads((SCHEMAS / "meta" / "errors.json").read_bytes())
BEHAVIOURS = strict_json.loads((SCHEMAS / "meta" / "behaviours.json").read_bytes())
ROUTES = strict_json.loads((SCHEMAS / "meta" / "routes.json").read_bytes())
KEYWORDS = {name for name in META["properties"] if name.startswith("x-")}
# A schema with each keyword that does not take any value, or stands only beside another.
SAMPLES: dict[str, dict[str, Any]] = {
    "$ref": {"$ref": "#/$defs/x"},
    "type": {"type": "string"},
    "enum": {"enum": ["x"]},
    "pattern": {"pattern": "x"},
    "properties": {"properties": {"x": True}},
    "required": {"required": ["x"]},
    "dependentRequired": {"dependentRequired": {"x": ["y"]}},
    "additionalProperties": {"properties": {}, "additionalProperties": False},
    "multipleOf": {"multipleOf": 2},
    "allOf": {"allOf": [True]},
    "oneOf": {"oneOf": [True]},
    "anyOf": {"anyOf": [True]},
    "then": {"if": True, "then": True},
    "else": {"if": True, "else": True},
}


def sections() -> dict[str, str]:
    """The page's third-level sections, by each keyword in their headings; the others by what they are about."""
    found = {}
    for part in re.split(r"^(?=##)", PAGE, flags=re.MULTILINE):
        heading = part.partition("\n")[0]
        found.update(dict.fromkeys(re.findall(r"x-[a-z]+", heading) if heading.startswith("###") else (), part))
        if heading == "## The errors of a provider":
            found["errors"] = part
        if heading == "## The behaviours of a provider":
            found["behaviours"] = part
        if heading == "## The routes of a provider":
            found["routes"] = part
        if heading == "## Sources":
            found["sources"] = part
    return found


def keywords_in(node: Any) -> set[str]:
    """Every ``x-`` keyword in *node*, at any depth; a header that is declared is none."""
    if isinstance(node, list):
        return set().union(*map(keywords_in, node))
    if not isinstance(node, dict):
        return set()
    inside = [each for key, value in node.items() for each in (value.values() if key == "properties" else [value])]
    return {key for key in node if key.startswith("x-")}.union(*map(keywords_in, inside))


def members_of(node: Any, root: dict[str, Any]) -> set[str]:
    """The members that a meta-schema declares for a value, at any depth; a list of sources is a section of its own."""
    if isinstance(node, list):
        return set().union(*(members_of(item, root) for item in node))
    if not isinstance(node, dict):
        return set()
    found = set().union(*(members_of(value, root) for key, value in node.items() if key != "properties"))
    if (place := node.get("$ref", "").removeprefix("#/$defs/")) not in ("", "#", "condition", "sources"):
        found |= members_of(root["$defs"][place], root)
    for name, member in node.get("properties", {}).items():
        found |= {name} | members_of(member, root)
    return found


def within(part: Any, whole: Any) -> bool:
    """Whether *part* is *whole* with members and items left out."""
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(key in whole and within(value, whole[key]) for key, value in part.items())
    if isinstance(part, list) and isinstance(whole, list):
        rest = iter(whole)
        return all(any(within(item, other) for other in rest) for item in part)
    return same_json(part, whole)


def nodes(document: Any) -> Iterator[Any]:
    yield document
    for inner in document.values() if isinstance(document, dict) else document if isinstance(document, list) else ():
        yield from nodes(inner)


def test_the_page_has_a_section_for_each_keyword_and_names_no_other() -> None:
    assert sections().keys() - {"behaviours", "errors", "routes", "sources"} == KEYWORDS
    assert set(re.findall(r"\bx-[a-z]+", PAGE)) == KEYWORDS


def test_every_keyword_is_used_by_a_file_and_no_file_uses_another() -> None:
    assert set().union(*(keywords_in(strict_json.loads(file.read_bytes())) for file in FILES)) == KEYWORDS


@pytest.mark.parametrize("keyword", sorted(KEYWORDS))
def test_a_section_has_an_example_and_every_member(keyword: str) -> None:
    section = sections()[keyword]
    assert keyword in set().union(*(keywords_in(strict_json.loads(block)) for block in FENCED.findall(section)))
    missing = {name for name in members_of(META["properties"][keyword], META) if f"`{name}`" not in section}
    assert missing - KEYWORDS == set()


@pytest.mark.parametrize(
    ("section", "members"),
    [
        ("sources", members_of(META["$defs"]["sources"], META)),
        ("errors", members_of(ERRORS["$defs"]["error"], ERRORS) | {"provider", "about"}),
        ("behaviours", members_of(BEHAVIOURS["$defs"]["behaviour"], BEHAVIOURS) | {"provider"}),
        ("routes", members_of(ROUTES["properties"], ROUTES) - {"$schema", "kind", "where", "date"} | {"provider"}),
    ],
    ids=["sources", "errors", "behaviours", "routes"],
)
def test_the_sections_of_what_is_no_keyword_have_every_member(section: str, members: set[str]) -> None:
    assert {name for name in members if not re.search(rf'[`"]{name}[`"]', sections()[section])} == set()


@pytest.mark.parametrize(("file", "block"), QUOTED.findall(PAGE), ids=lambda text: text if len(text) < 80 else "")
def test_an_example_is_a_part_of_the_file_that_it_names(file: str, block: str) -> None:
    example = strict_json.loads(block)
    assert any(within(example, node) for node in nodes(strict_json.loads((TOP / file).read_bytes())))


def test_every_example_names_its_file_but_those_of_the_new_model() -> None:
    new_model = PAGE[PAGE.index("## A new model") : PAGE.index("## The errors of a provider")]
    assert len(QUOTED.findall(PAGE)) == len(FENCED.findall(PAGE)) - len(FENCED.findall(new_model))


def test_the_page_lists_the_keywords_of_json_schema_that_are_known() -> None:
    vocabularies = [REGISTRY.contents(uri) for uri in REGISTRY if "/draft/2020-12/meta/" in uri]
    every = set().union(*(vocabulary["properties"] for vocabulary in vocabularies))
    root: dict[str, Any] = {"$defs": {"x": True}}
    known = {"unevaluatedProperties"}
    for keyword in every:
        try:
            compiled.compile_verdict(SAMPLES.get(keyword, {keyword: True}), root)
        except ValueError:
            continue
        known.add(keyword)
    listed = re.search(r"no rule is\nsilently ignored:\n\n(.*?)\n\n", PAGE, re.DOTALL)
    assert listed
    assert set(re.findall(r"`([^`]+)`", listed[1])) == known


def test_the_new_model_and_its_examples_pass_the_tests_of_a_checkout_that_has_them(tmp_path: Path) -> None:
    for folder in ("mockserver", "schemas", "fixtures", "tests/schema"):
        shutil.copytree(TOP / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("pyproject.toml", "tests/conftest.py", "tests/browser.py"):
        shutil.copy(TOP / file, tmp_path / file)
    (tmp_path / "tests" / "node").symlink_to(TOP / "tests" / "node")
    (tmp_path / "tests" / ".venvs").symlink_to(TOP / "tests" / ".venvs")
    (tmp_path / "docs").symlink_to(TOP / "docs")
    new = PAGE[PAGE.index("## A new model") : PAGE.index("## The errors of a provider")]
    model, valid, *invalid = FENCED.findall(new)
    examples = tmp_path / "fixtures" / "fal" / "slow-pan"
    (tmp_path / "schemas" / "fal" / "slow-pan.json").write_text(model, "utf-8")
    for name, text in {"valid/whole": valid, **{f"invalid/{n}": text for n, text in enumerate(invalid)}}.items():
        (examples / name).parent.mkdir(parents=True, exist_ok=True)
        (examples / f"{name}.json").write_text(text, "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/schema", "-k", "slow-pan"],
        cwd=tmp_path,
        # Whether a copy of the package is tested is not to be measured.
        env={name: value for name, value in os.environ.items() if not name.startswith("COV")}
        | {"PYTHONPATH": str(tmp_path / "mockserver")},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^\d\d passed", done.stdout.splitlines()[-1]), done.stdout
