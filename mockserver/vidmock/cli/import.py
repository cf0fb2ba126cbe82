"""``vidmock import``: makes a model's schema file of its provider's page."""  # noqa: N999 - the module of a command has the command's name

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vidmock import user_files
from vidmock.cli.output import legible, say
from vidmock.problems import BadJSON, BadRequest, UnknownModel

if TYPE_CHECKING:  # the parsers are loaded when the command is run
    from vidmock.importer.model_file import ModelFile

EXAMPLES = ("vidmock import page.md -o models/",)


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "source", metavar="SOURCE", help="the file of a page, or - for standard input; never an address"
    )
    parser.add_argument("--provider", help="whose page it is, if that is not plain")
    parser.add_argument("-o", "--output", metavar="DIR", help="write PROVIDER/MODEL.json below this folder")
    parser.add_argument("--replace", action="store_true", help="write over a file that says something else")


def run(arguments: argparse.Namespace) -> int:
    from vidmock.importer.forms import read_page
    from vidmock.importer.model_file import make_file
    from vidmock.importer.page_examples import heed_examples
    from vidmock.importer.report import report_lines
    from vidmock.importer.source import read_source

    page = read_page(read_source(arguments.source), arguments.provider)
    file = heed_examples(make_file(page), page)
    text = json.dumps(file.document, indent=2, ensure_ascii=False) + "\n"
    if arguments.output is None:
        _tell(report_lines(page, file, _changes_to_ours(file)), sys.stderr)
        say(text.removesuffix("\n"))
        return 0
    target = Path(arguments.output) / file.name
    there = _document(target) if target.exists() else None
    _tell(report_lines(page, file, _changes_to_ours(file) if there is None else _changes(there, file)), sys.stdout)
    if there == file.document:
        say(f"{target} says the same already")
        return 0
    if there is not None and not arguments.replace:
        say(f"{target} is there already, and was not written over. To do so: --replace")
        return 1
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, "utf-8")
    say(f"written: {target}")
    return 0


def _tell(lines: Iterable[str], stream: Any) -> None:
    for line in lines:
        print(legible(line), file=stream)


def _changes_to_ours(file: ModelFile) -> list[str] | None:
    """What differs from the model of that id that vidmock has; ``None`` where it has none."""
    from vidmock.importer.comparison import schema_differences
    from vidmock.schema.catalog import find_model

    head = file.document["x-model"]
    try:
        return schema_differences(find_model(head["provider"], head["id"]).schema, file.document)
    except UnknownModel:
        return None


def _changes(there: Any, file: ModelFile) -> list[str]:
    from vidmock.importer.comparison import schema_differences

    return schema_differences(there if isinstance(there, dict) else {}, file.document)


def _document(target: Path) -> Any:
    from vidmock import strict_json

    try:
        return strict_json.loads(user_files.read_user_file(target))
    except BadJSON as problem:
        raise BadRequest(f"{target} is there already, and is no JSON: {problem}. Move it away first") from problem
