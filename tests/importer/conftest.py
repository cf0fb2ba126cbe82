"""The pages that the tests of the importer read, and what becomes of one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema_specifications import REGISTRY  # type: ignore[import-untyped] # it ships without types
from referencing import Registry, Resource

from vidmock import resources, strict_json
from vidmock.importer.forms import read_page
from vidmock.importer.model_file import ModelFile, make_file
from vidmock.importer.page import ModelPage
from vidmock.importer.page_examples import heed_examples
from vidmock.importer.source import read_source
from vidmock.schema.catalog import find_model
from vidmock.schema.differences import schema_differences
from vidmock.schema.validate import find_violations

HERE = Path(__file__).parent
SEEN = sorted(file for file in HERE.glob("seen/*/*") if file.suffix != ".expected")
"""Reduced copies of the pages that the shipped models came from."""
UNSEEN = sorted(file for file in HERE.glob("unseen/*/*") if file.suffix != ".expected")
"""Reduced copies of pages that were set down before their form could be read."""


def page_name(file: Path) -> str:
    return f"{file.parent.parent.name}/{file.parent.name}/{file.name}"


def imported(file: Path) -> tuple[ModelPage, ModelFile]:
    page = read_page(read_source(str(file)))
    return page, heed_examples(make_file(page), page)


def disagreements(file: Path) -> list[str]:
    """Where the model that is shipped differs from what becomes of its page, and which examples it judges otherwise.

    What is wrong with the file behind a URL is left out: no import judges it.
    """
    _, made = imported(file)
    shipped = find_model(made.document["x-model"]["provider"], made.document["x-model"]["id"])
    told, model = schema_differences(shipped.schema, made.document), made.model
    folder = resources.folder("fixtures") / shipped.provider / shipped.file.stem
    for example in sorted(folder.glob("*valid/*.json")):
        said = strict_json.loads(example.read_bytes())
        taken = find_violations(model, said["input"]) == ()
        of_files = any(wrong["rule"].startswith("media-") for wrong in said.get("expect", ()))
        if taken != (example.parent.name == "valid") and not of_files:
            told.append(f"{'takes' if taken else 'refuses'} {example.parent.name}/{example.stem}")
    return told


def meta_schema() -> Draft202012Validator:
    """What every model's file must satisfy."""
    document: dict[str, Any] = strict_json.loads((resources.folder("schemas") / "meta" / "model.json").read_bytes())
    registry: Registry[Any] = REGISTRY.with_resource(document["$id"], Resource.from_contents(document))
    return Draft202012Validator(document, registry=registry)
