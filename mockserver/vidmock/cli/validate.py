"""``vidmock validate``: says what is wrong with a request before it costs money."""

from __future__ import annotations

import argparse
from typing import Any

import vidmock
from vidmock.cli import media, own_models
from vidmock.cli.output import say, say_json
from vidmock.schema.errors import known_error, refusal_words
from vidmock.schema.findings import MORE
from vidmock.schema.library import lint
from vidmock.schema.violation import Violation
from vidmock.user_files import read_request_file


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("provider")
    parser.add_argument("model")
    parser.add_argument("file", help="a JSON file, or - for standard input")
    media.add_option(parser)
    own_models.add_models_option(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    request = read_request_file(arguments.file)
    provider, model, catalog = arguments.provider, arguments.model, own_models.catalog_of(arguments)
    violations = vidmock.validate(provider, model, request, media.media_probe(arguments), catalog=catalog)
    lints = lint(provider, model, request, catalog=catalog)
    if arguments.json:
        say_json(
            {
                "valid": not violations,
                "violations": [_to_json(violation, arguments.provider) for violation in violations],
                "lints": [_to_json(found, arguments.provider) for found in lints],
            }
        )
        return 1 if violations else 0
    for violation in violations:
        code = f" [{violation.code}]" if violation.code else ""
        say(f"{violation}{_rule(violation)}{code}")
    if not violations:
        say("valid")
    for found in lints:
        say(f"warning: {found}{_rule(found)}")
    return 1 if violations else 0


def _rule(violation: Violation) -> str:
    return "" if violation.keyword == MORE else f" ({violation.rule})"


def _to_json(violation: Violation, provider: str) -> dict[str, Any]:
    return {
        "path": violation.pointer,
        "rule": violation.rule,
        "message": violation.message,
        "code": violation.code,
        "evidence": violation.evidence,
        "answer": None if violation.keyword == "lint" else _answer(violation.code, provider),
    }


def _answer(code: str | None, provider: str) -> dict[str, Any] | None:
    """What the provider's catalogue of errors has for *code*, or for any invalid input, if it has either."""
    known = known_error(code, provider) if code else refusal_words(provider).get("invalid")
    if known is None:
        return None
    return {"error": known.name, "status": known.status, "in": list(known.places), "evidence": str(known.evidence)}
