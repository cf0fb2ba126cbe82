"""``vidmock schemas``: the schemas of models, for whoever wants to use them elsewhere, or writes some."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from vidmock.cli import own_models
from vidmock.cli.actions import add_actions
from vidmock.cli.output import legible, say, say_json
from vidmock.problems import BadRequest, Problem

if TYPE_CHECKING:  # what reads schemas is loaded when the command is run
    from vidmock.schema.catalog import Model, ModelCatalog

_ACTIONS: Final[Mapping[str, str]] = {
    "list": "the models that have a schema",
    "show": "what a model's schema asserts, in words",
    "bundle": "a schema as one file that needs nothing else, for any validator",
    "diff": "what one schema asserts and another does not; exit code 1 if they differ",
    "check": "whether files of models are right; exit code 1 if one is not",
}
EXAMPLES = (
    "vidmock schemas show fal fal-ai/kling-video/o1/reference-to-video",
    "vidmock schemas bundle fal -o bundles/",
    "vidmock schemas check models/",
)


def add_options(parser: argparse.ArgumentParser) -> None:
    made = add_actions(parser, _ACTIONS)
    made["list"].add_argument("provider", nargs="?", help="only this provider's")
    for name in ("show", "bundle"):
        whole = "?" if name == "bundle" else None
        made[name].add_argument("provider", nargs=whole)
        made[name].add_argument("model", nargs=whole)
    made["bundle"].add_argument(
        "-o",
        "--output",
        metavar="DIR",
        help="write PROVIDER/MODEL.json below this folder, of all that are asked for, of bodies, and of answers",
    )
    made["bundle"].add_argument(
        "--members-only",
        action="store_true",
        help="without the rules over several parameters, for generators of types",
    )
    made["bundle"].add_argument(
        "--body", action="store_true", help="the whole body of a request, with what the provider has around the input"
    )
    for side in ("old", "new"):
        made["diff"].add_argument(side, help="a file, or PROVIDER/MODEL")
    made["check"].add_argument("files", nargs="+", metavar="FILE", help="a file of a model, or a folder of them")
    for name in ("list", "show"):
        made[name].add_argument("--json", action="store_true", help="print JSON")
    for name in ("list", "show", "bundle", "diff"):
        own_models.add_models_option(made[name])


def run(arguments: argparse.Namespace) -> int:
    match arguments.action:
        case "list":
            return _list(arguments)
        case "show":
            return _show(arguments)
        case "bundle":
            return _bundle(arguments)
        case "diff":
            return _diff(arguments)
        case _:
            return _check(arguments)


def _list(arguments: argparse.Namespace) -> int:
    listed = own_models.catalog_of(arguments).models(arguments.provider)
    if arguments.json:
        say_json(
            [
                {"provider": each.provider, "model": each.id, "file": str(each.file), "id": each.schema.get("$id")}
                for each in listed
            ]
        )
        return 0
    for line in own_models.model_lines(listed, lambda model: model.file):
        say(line)
    return 0


def _show(arguments: argparse.Namespace) -> int:
    from vidmock.schema.assertions import assertions_of

    model = own_models.catalog_of(arguments).find(arguments.provider, arguments.model, aliases=True)
    if arguments.json:
        say_json(dict(model.schema))
        return 0
    words: dict[str, list[str]] = {}
    for assertion in assertions_of(model.schema):
        words.setdefault(assertion.place, []).append(assertion.words)
    for place, listed in words.items():
        say(legible(f"{place}: {'; '.join(dict.fromkeys(listed))}"))
    return 0


def _bundle(arguments: argparse.Namespace) -> int:
    from vidmock.schema.portable import members_only, portable_files, portable_schema
    from vidmock.schema.request_body import body_schema

    final = members_only if arguments.members_only else dict[str, Any]
    catalog = own_models.catalog_of(arguments)
    if arguments.model:
        models: tuple[Model, ...] = (catalog.find(arguments.provider, arguments.model, aliases=True),)
    else:
        models = catalog.models(arguments.provider)
    if arguments.output is None:
        if len(models) != 1:
            raise BadRequest(f"these are {len(models)} schemas: name a provider and a model, or a folder with -o")
        say_json(final(portable_schema(body_schema(models[0]) if arguments.body else models[0].schema)))
        return 0
    for name, schema in portable_files(models):
        target = Path(arguments.output) / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(f"{json.dumps(final(schema), indent=2, ensure_ascii=False)}\n", "utf-8")
        say(f"written: {target}")
    return 0


def _diff(arguments: argparse.Namespace) -> int:
    from vidmock.schema.differences import schema_differences

    catalog = own_models.catalog_of(arguments)
    found = schema_differences(_named(arguments.old, catalog), _named(arguments.new, catalog))
    for line in found:
        say(legible(line))
    if not found:
        say("both say the same")
    return 1 if found else 0


def _named(name: str, catalog: ModelCatalog) -> Mapping[str, Any]:
    """The schema that *name* means: a file's, or that of PROVIDER/MODEL."""
    from vidmock.schema.catalog import providers

    provider, slash, model = name.partition("/")
    if slash and provider in providers() and not Path(name).exists():
        return catalog.find(provider, model, aliases=True).schema
    return _of_file(Path(name))


def _of_file(file: Path) -> Mapping[str, Any]:
    """The schema in *file*: a model's, or any other that refers to nothing outside of itself."""
    from vidmock.located_file import read_located
    from vidmock.schema.model_files import read_model

    content, _ = read_located(file)
    if not isinstance(content, dict):
        raise BadRequest(f"{file} is no schema: one is an object")
    if "x-model" in content:
        return read_model(file).schema
    if away := [ref for ref in _references(content) if not _leads_somewhere(ref, content)]:
        raise BadRequest(f"{file} refers to {away[0]!r}, which is not in its $defs: give a bundle instead")
    return content


def _references(node: Any) -> list[Any]:
    """The value of each ``$ref`` in *node*."""
    if isinstance(node, list):
        return [ref for item in node for ref in _references(item)]
    if not isinstance(node, dict):
        return []
    own = [node["$ref"]] if "$ref" in node else []
    return [*own, *(ref for member in node.values() for ref in _references(member))]


def _leads_somewhere(ref: Any, root: Mapping[str, Any]) -> bool:
    definitions = root.get("$defs")
    return ref == "#" or (
        isinstance(ref, str) and isinstance(definitions, dict) and ref.removeprefix("#/$defs/") in definitions
    )


def _check(arguments: argparse.Namespace) -> int:
    from vidmock.schema.model_files import check_shared, is_shared, model_files, read_model

    wrong = 0
    for file in model_files(arguments.files):
        try:
            if is_shared(file):
                check_shared(file)
                said = "a part that models share"
            else:
                model = read_model(file)
                said = f"{model.provider} {model.id}"
        except Problem as problem:
            wrong += 1
            say(legible(str(problem)))
        else:
            say(f"{file}: right: {said}")
    return 1 if wrong else 0
