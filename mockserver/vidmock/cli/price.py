"""``vidmock price``: says what a request would cost."""

from __future__ import annotations

import argparse

import vidmock
from vidmock.cli import media, own_models
from vidmock.cli.output import say, say_json
from vidmock.schema.dollars import dollars
from vidmock.user_files import read_request_file

EXAMPLES = (
    "vidmock price fal fal-ai/kling-video/o1/reference-to-video request.json",
    "vidmock price fal fal-ai/kling-video/o1/reference-to-video request.json --media media.json",
)


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("provider")
    parser.add_argument("model")
    parser.add_argument("file", help="a JSON file, or - for standard input")
    media.add_option(parser)
    own_models.add_models_option(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    cost = vidmock.price(
        arguments.provider,
        arguments.model,
        read_request_file(arguments.file),
        media.media_probe(arguments),
        catalog=own_models.catalog_of(arguments),
    )
    if arguments.json:
        usd = f"{cost.amount:f}" if cost.known else None
        say_json({"usd": usd, "how": cost.how, "evidence": cost.evidence, "inferred": list(cost.inferred)})
    else:
        say(f"{dollars(cost.amount)}  {cost.how}" if cost.known else cost.how)
        for reason in cost.inferred:
            say(f"inferred: {reason}")
    return 0
