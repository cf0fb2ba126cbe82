"""``vidmock models``: the models that are served, or the providers' behaviour switches."""

from __future__ import annotations

import argparse

from vidmock.cli import own_models
from vidmock.cli.output import say, say_json

EXAMPLES = (
    "vidmock models fal",
    "vidmock models --models models/ --json",
    "vidmock models runpod --behaviours",
)


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("provider", nargs="?", help="only this provider's")
    own_models.add_models_option(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--behaviours", action="store_true", help="list the providers' switches instead")


def run(arguments: argparse.Namespace) -> int:
    if arguments.behaviours:
        return list_behaviours(arguments)
    listed = own_models.catalog_of(arguments).models(arguments.provider)
    if arguments.json:
        say_json(
            [
                {
                    "provider": model.provider,
                    "id": model.id,
                    "name": model.name,
                    "docs": model.docs,
                    "seconds": model.seconds,
                }
                for model in listed
            ]
        )
        return 0
    for line in own_models.model_lines(listed, lambda model: model.name):
        say(line)
    return 0


def list_behaviours(arguments: argparse.Namespace) -> int:
    from vidmock.engine.codec import to_plain
    from vidmock.schema.behaviours import known_behaviours

    listed = known_behaviours(arguments.provider)
    if arguments.json:
        say_json([to_plain(behaviour) for behaviour in listed])
        return 0
    for behaviour in listed:
        say(f"{behaviour.name}: {behaviour.about}")
        for value, choice in behaviour.choices.items():
            say(f"  {'*' if value == behaviour.default else ' '} {value:<12} {choice.meaning}")
            for evidence in choice.evidence:
                say(f"{'':<17}{evidence}")
    return 0
