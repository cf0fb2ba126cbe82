"""``vidmock validate``: says what is wrong with a request before it costs money."""

from __future__ import annotations

import argparse

import vidmock
from vidmock.cli import media
from vidmock.cli.output import Parsers, read_input, say, say_json
from vidmock.schema.findings import MORE


def add_to(commands: Parsers) -> None:
    parser = commands.add_parser("validate", help="check a request against its model; exit code 1 if it is invalid")
    parser.add_argument("provider")
    parser.add_argument("model")
    parser.add_argument("file", help="a JSON file, or - for standard input")
    media.add_option(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    violations = vidmock.validate(
        arguments.provider, arguments.model, read_input(arguments.file), media.media_probe(arguments)
    )
    if arguments.json:
        say_json(
            {
                "valid": not violations,
                "violations": [
                    {
                        "path": violation.pointer,
                        "rule": violation.rule,
                        "message": violation.message,
                        "code": violation.code,
                        "evidence": violation.evidence,
                    }
                    for violation in violations
                ],
            }
        )
        return 1 if violations else 0
    for violation in violations:
        code = f" [{violation.code}]" if violation.code else ""
        rule = "" if violation.keyword == MORE else f" ({violation.rule})"
        say(f"{violation}{rule}{code}")
    if not violations:
        say("valid")
    return 1 if violations else 0
