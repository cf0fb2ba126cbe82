"""``vidmock validate``: says what is wrong with a request before it costs money."""

from __future__ import annotations

import argparse
from typing import Any

import vidmock
from vidmock.cli import media
from vidmock.cli.output import say, say_json
from vidmock.schema.errors import known_error, refusal_words
from vidmock.schema.findings import MORE
from vidmock.user_files import read_request_file


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("provider")
    parser.add_argument("model")
    parser.add_argument("file", help="a JSON file, or - for standard input")
    media.add_option(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    violations = vidmock.validate(
        arguments.provider, arguments.model, read_request_file(arguments.file), media.media_probe(arguments)
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
                        "answer": _answer(violation.code, arguments.provider),
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


def _answer(code: str | None, provider: str) -> dict[str, Any] | None:
    """What the provider's catalogue of errors has for *code*, or for any invalid input, if it has either."""
    known = known_error(code, provider) if code else refusal_words(provider).get("invalid")
    if known is None:
        return None
    return {"error": known.name, "status": known.status, "in": list(known.places), "evidence": str(known.evidence)}
