"""Makes a schema file of a page: self-contained, in the form that the catalogue loads."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from vidmock import resources, strict_json
from vidmock.importer.figures import pricing, video_figures
from vidmock.importer.page import Contradiction, ModelPage, Unsure
from vidmock.importer.parameter_schema import ParameterSchemas
from vidmock.importer.shared_media import definitions_for
from vidmock.schema.catalog import Model, as_model

_SECONDS: Final = {"video": 75.0, "image": 8.0, "audio": 15.0, "text": 8.0}
_BATCH: Final = {"id": "taskUUID", "besides": ["authentication"]}


@dataclass(frozen=True, slots=True)
class ModelFile:
    """The *document* of a model, the *name* of its file below a folder of models, and what was left open."""

    name: str
    document: dict[str, Any]
    notes: tuple[Unsure, ...]
    contradictions: tuple[Contradiction, ...]

    @property
    def model(self) -> Model:
        """The document as a model, to judge inputs with; its schema has no base and no reference to another file."""
        return as_model(Path(self.name), self.document)


def make_file(page: ModelPage) -> ModelFile:
    """The file of *page*."""
    schemas = ParameterSchemas(page)
    root = {"type": "object", "required": [], **schemas.object(page.parameters, closed=page.closed)}
    notes = [*page.notes, *schemas.notes]
    prices = pricing(page, root, notes)
    video = video_figures(page, root, notes)
    name = f"{page.provider}/{file_stem(page)}.json"
    rules = {rule.name: _rule(rule.name, rule.paths, rule.message, rule.schema, rule.says) for rule in page.rules}
    document: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"https://vidmock.invalid/schemas/{name}",
        "title": page.name,
        "x-model": _head(page),
        **_errors(page.provider),
        **root,
    }
    if rules:
        document["allOf"] = [{"$ref": f"#/$defs/{rule}"} for rule in rules]
    document["$defs"] = {**definitions_for([root, *rules.values()]), **rules}
    document["x-pricing"], document["x-video"] = prices, video
    if page.output and page.makes != "video":
        document["x-result"] = _result(page)
    found = (*page.contradictions, *schemas.contradictions)
    return with_remarks(ModelFile(name, document, tuple(notes), found))


def with_remarks(file: ModelFile) -> ModelFile:
    """*file* with its contradictions and notes in the document as well."""
    document = {key: value for key, value in file.document.items() if key not in ("x-conflicts", "x-unsure")}
    if file.contradictions:
        document["x-conflicts"] = [{"says": each.says, "but": each.but, "we": each.we} for each in file.contradictions]
    if file.notes:
        document["x-unsure"] = [
            {"at": note.at, **({"says": note.says} if note.says else {}), "because": note.because}
            for note in file.notes
        ]
    return ModelFile(file.name, document, file.notes, file.contradictions)


def file_stem(page: ModelPage) -> str:
    """The name of the file: the model's short name or id, in letters, digits, points and hyphens."""
    word = page.aliases[0] if page.aliases else page.id.removeprefix("fal-ai/")
    return re.sub(r"[^A-Za-z0-9.]+", "-", word).strip("-.").lower()[:100] or "model"


def _head(page: ModelPage) -> dict[str, Any]:
    seconds = page.seconds or _SECONDS[page.makes]
    return {
        "provider": page.provider,
        "id": page.id,
        **({"aliases": list(page.aliases)} if page.aliases else {}),
        "name": page.name,
        "docs": page.docs,
        **({"category": page.category} if page.category else {}),
        "seconds": int(seconds) if seconds == int(seconds) else seconds,
        **({"envelope": page.envelope} if page.envelope else {}),
        **({"batch": _BATCH} if page.provider == "runware" else {}),
        "x-evidence": page.seconds_from or "inferred: the page gives no processing time; a figure of the usual order",
    }


def _errors(provider: str) -> dict[str, Any]:
    """The codes that the provider has for any model's input, from its shared file or one that this refers to."""
    files = [resources.folder("schemas") / "shared" / f"{provider}.json"]
    for file in files:
        shared = strict_json.loads(file.read_bytes()) if file.is_file() else {}
        if "x-error" in shared:
            return {"x-error": shared["x-error"]}
        named = (str(part.get("$ref", "")) for part in shared.get("allOf", ()))
        files += [file.with_name(name) for name in named if name.endswith(".json")]
    return {}


def _rule(name: str, paths: tuple[str, ...], message: str, schema: Mapping[str, Any], says: str) -> dict[str, Any]:
    return {
        "x-rule": name,
        "x-path": list(paths) if len(paths) > 1 else paths[0],
        "x-message": message,
        "x-evidence": f"documented: {says[:200]}",
        **schema,
    }


def _result(page: ModelPage) -> dict[str, Any]:
    """The answer's members: one holds the file or all files, the others are null."""
    member = next((kind for kind in ("files", "file") if kind in page.output.values()), "")
    held = {kind: name for name, kind in page.output.items() if kind and kind == member}
    beside = {name: [{"value": None}] for name in page.output if name not in held.values()}
    return {**held, **({"beside": beside} if beside else {}), "x-evidence": "documented: output schema"}
