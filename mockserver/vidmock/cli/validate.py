"""``vidmock validate``: says what is wrong with requests before they cost money."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from vidmock.cli import media, own_models
from vidmock.cli.output import legible, say
from vidmock.cli.request_files import FoundRequest, UnreadRequest, files_named, holds_lines, read_requests
from vidmock.cli.request_reports import REPORT_FORMATS, JudgedRequest, RequestVerdicts
from vidmock.schema.library import lints, suggest, validate

if TYPE_CHECKING:
    from vidmock.schema.catalog import Model, ModelCatalog
    from vidmock.schema.known_media import Probe

_UNREADABLE = 2
"""The exit code where something could not be read, whatever else was found."""


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("provider")
    parser.add_argument("model")
    parser.add_argument(
        "file",
        nargs="+",
        help="a file of JSON, or of JSON Lines (.jsonl, .ndjson); a folder of them, a pattern, or - for standard input",
    )
    media.add_option(parser)
    own_models.add_models_option(parser)
    parser.add_argument("--strict", action="store_true", help="warnings, too, make the exit code 1")
    parser.add_argument("--lines", action="store_true", help="each line is a request, whatever the file's name is")
    parser.add_argument("--format", choices=REPORT_FORMATS, help="how to say what was found (text)")
    parser.add_argument("--json", action="store_true", help="the same as --format=json")


def run(arguments: argparse.Namespace) -> int:
    files = files_named(arguments.file)
    catalog, probe = own_models.catalog_of(arguments), media.media_probe(arguments)
    model = catalog.find(arguments.provider, arguments.model, aliases=True)
    judged: list[JudgedRequest] = []
    unread: list[UnreadRequest] = []
    for file in files:
        for found in read_requests(file, lines=arguments.lines):
            if isinstance(found, UnreadRequest):
                unread.append(found)
                print(f"vidmock: {legible(found.why)}", file=sys.stderr)
            else:
                judged.append(_judged(found, model, catalog, probe))
    form = arguments.format or ("json" if arguments.json else "text")
    single = files == arguments.file and len(files) == 1 and not holds_lines(files[0], lines=arguments.lines)
    if judged or not single or form not in ("text", "json"):
        told = RequestVerdicts(arguments.provider, arguments.model, judged, unread, single=single)
        if text := REPORT_FORMATS[form](told):
            say(text)
    bad = any(each.violations or (arguments.strict and each.lints) for each in judged)
    return _UNREADABLE if unread else int(bad)


def _judged(found: FoundRequest, model: Model, catalog: ModelCatalog, probe: Probe) -> JudgedRequest:
    violations = validate(model.provider, model.id, found.value, probe, catalog=catalog)
    warnings = lints(model.provider, model.id, found.value, catalog=catalog)
    lines = found.lines_at([each.path for each in (*violations, *warnings)], model.envelope)
    count = len(violations)
    return JudgedRequest(
        found.file,
        found.name,
        found.line,
        list(zip(lines[:count], violations, strict=True)),
        list(zip(lines[count:], warnings, strict=True)),
        suggest(model.provider, model.id, found.value, catalog=catalog) if violations or warnings else None,
    )
