"""``vidmock import``: makes models' schema files of their providers' pages."""  # noqa: N999 - the module of a command has the command's name

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from vidmock.cli.named_files import FileKind, files_named
from vidmock.cli.output import legible, say
from vidmock.problems import BadRequest, Problem, UnknownModel
from vidmock.progress import Progress

if TYPE_CHECKING:  # the parsers are loaded when the command is run
    from vidmock.importer.model_file import ModelFile
    from vidmock.importer.page import ModelPage

EXAMPLES = ("vidmock import page.md -o models/", "vidmock import page.md pages/ -o models/")
_PAGES: Final = FileKind("page", (".md", ".mdx", ".txt", ".json"))
_UNREADABLE = 2
"""The exit code where a page could not be read, or its file not be written, whatever became of the others."""


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "source",
        metavar="SOURCE",
        nargs="+",
        help="the file of a page, a folder or pattern of them, or - for standard input; never an address",
    )
    parser.add_argument("--provider", help="whose pages they are, if that is not plain")
    parser.add_argument("-o", "--output", metavar="DIR", help="write PROVIDER/MODEL.json below this folder")
    parser.add_argument("--replace", action="store_true", help="write over a file that says something else")


def run(arguments: argparse.Namespace) -> int:
    sources = files_named(arguments.source, _PAGES)
    if len(sources) > 1:
        return _import_all(sources, arguments)
    page, file = _read(sources[0], arguments.provider)
    if arguments.output is None:
        _tell(_report(page, file, _changes_to_ours(file)), sys.stderr)
        say(_text(file).removesuffix("\n"))
        return 0
    target = Path(arguments.output) / file.name
    kept = _keep(file, target, replace=arguments.replace)
    _tell(_report(page, file, _changes_to_ours(file) if kept.changes is None else kept.changes), sys.stdout)
    say(kept.sentence(target))
    return int(kept.refused)


class _Kept(NamedTuple):
    """What became of a file; *changes* are those to the one that was there, ``None`` where there was none."""

    written: bool
    changes: list[str] | None

    @property
    def refused(self) -> bool:
        return not self.written and self.changes != []

    def sentence(self, target: Path) -> str:
        if self.written:
            return f"written: {target}"
        if self.refused:
            return f"{target} is there already, and was not written over. To do so: --replace"
        return f"{target} says the same already"


def _import_all(sources: Sequence[str], arguments: argparse.Namespace) -> int:
    """Import each of *sources*, and say what became of it; the exit code."""
    if arguments.output is None:
        raise BadRequest(f"these are {len(sources)} pages: say with -o DIR where their files go, or name one page")
    made: dict[Path, str] = {}
    refused = unread = 0
    with Progress(sys.stderr) as progress:
        for done, source in enumerate(sources):
            progress.show(f"import: {done} of {len(sources)} pages, {unread} not read")
            try:
                lines, kept = _imported(source, arguments, made)
            except Problem as problem:
                unread += 1
                progress.erase()
                why = str(problem)
                print(f"vidmock: {legible(why if source in why else f'{source}: {why}')}", file=sys.stderr)
            else:
                refused += kept.refused
                progress.erase()
                _tell(lines, sys.stdout)
    done = len(sources) - unread - refused
    say(f"{len(sources)} pages: {done} imported, {refused} not written over, {unread} not read")
    return _UNREADABLE if unread else int(refused > 0)


def _imported(source: str, arguments: argparse.Namespace, made: dict[Path, str]) -> tuple[list[str], _Kept]:
    """Import *source*. Lines that say what became of it, and the same as a value; *made* has the files before it.

    Raises:
        Problem: it is no page, or one of a model that an earlier one was of, or its file cannot be written.
    """
    from vidmock.schema.explain import counted

    page, file = _read(source, arguments.provider)
    target = Path(arguments.output) / file.name
    if target in made:
        raise BadRequest(f"{source} is of the same model as {made[target]}: name one of the two")
    made[target] = source
    kept = _keep(file, target, replace=arguments.replace)
    headline, taken, *_ = _report(page, file, None)
    left_open = f"{counted(len(file.notes), 'note')}, {counted(len(file.contradictions), 'contradiction')}"
    lines = [f"{source}: {headline}", f"  {taken}; {left_open}", f"  {kept.sentence(target)}"]
    return [*lines, *(f"    {change}" for change in kept.changes or ())], kept


def _read(source: str, provider: str | None) -> tuple[ModelPage, ModelFile]:
    from vidmock.importer.forms import read_page
    from vidmock.importer.model_file import make_file
    from vidmock.importer.page_examples import heed_examples
    from vidmock.importer.source import read_source

    page = read_page(read_source(source), provider)
    return page, heed_examples(make_file(page), page)


def _report(page: ModelPage, file: ModelFile, changes: Sequence[str] | None) -> Iterable[str]:
    from vidmock.importer.report import report_lines

    return report_lines(page, file, changes)


def _keep(file: ModelFile, target: Path, *, replace: bool) -> _Kept:
    """Write *file* to *target*, unless something else is there that should not be *replaced*.

    Raises:
        BadRequest: it cannot be written, or what is there is no model.
    """
    changes = _changes_there(target, file) if target.exists() else None
    if changes == [] or (changes and not replace):
        return _Kept(written=False, changes=changes)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(_text(file), "utf-8")
    except OSError as error:
        raise BadRequest(f"cannot write {target}: {(error.strerror or str(error)).lower()}") from error
    return _Kept(written=True, changes=changes)


def _text(file: ModelFile) -> str:
    return json.dumps(file.document, indent=2, ensure_ascii=False) + "\n"


def _tell(lines: Iterable[str], stream: Any) -> None:
    for line in lines:
        print(legible(line), file=stream)


def _changes_to_ours(file: ModelFile) -> list[str] | None:
    """What differs from the model of that id that vidmock has; ``None`` where it has none."""
    from vidmock.schema.catalog import find_model
    from vidmock.schema.differences import schema_differences

    head = file.document["x-model"]
    try:
        return schema_differences(find_model(head["provider"], head["id"]).schema, file.document)
    except UnknownModel:
        return None


def _changes_there(target: Path, file: ModelFile) -> list[str]:
    """What differs from the file that is at *target*; a line even where only words for people do.

    Raises:
        BadRequest: what is there is no model.
    """
    from vidmock import strict_json, user_files
    from vidmock.schema.differences import schema_differences
    from vidmock.schema.model_files import read_model

    try:
        found = schema_differences(read_model(target).schema, file.document)
    except BadRequest as problem:
        raise BadRequest(f"{target} is there already, and is no model: {problem}. Move it away first") from problem
    if found or strict_json.loads(user_files.read_user_file(target)) == file.document:
        return found
    return ["words for people: others are there"]
