"""``vidmock faults``: every effect that a fault can have, and every scenario that comes along."""

from __future__ import annotations

import argparse

from vidmock.cli.output import Parsers, say, say_json


def add_to(commands: Parsers) -> None:
    parser = commands.add_parser("faults", help="list what can go wrong, by name")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--scenarios", action="store_true", help="list the scenarios that come along instead")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    if arguments.scenarios:
        return list_scenarios(arguments)
    from vidmock.engine.effects import EFFECTS

    if arguments.json:
        say_json(
            [
                {
                    "name": name,
                    "about": kind.about,
                    "kind": kind.kind,
                    "phases": kind.phases,
                    "arguments": dict(kind.arguments),
                    "main": kind.main,
                }
                for name, kind in EFFECTS.items()
            ]
        )
        return 0
    width = max(map(len, EFFECTS))
    for name, kind in EFFECTS.items():
        say(f"{name:<{width}}  {kind.about}")
        told = ", ".join(f"{key}={value!r}" for key, value in kind.arguments.items())
        say(f"{'':<{width}}  at {', '.join(kind.phases)}{'; ' if told else ''}{told}")
    return 0


def list_scenarios(arguments: argparse.Namespace) -> int:
    from vidmock.engine.plain import plain
    from vidmock.engine.scenario import shipped

    listed = shipped()
    if arguments.json:
        say_json([{"name": one.name, "about": one.about, "evidence": plain(one.evidence)} for one in listed])
        return 0
    for one in listed:
        say(f"{one.name}: {one.about}")
        for evidence in one.evidence:
            said = f": {evidence.what}" if evidence.what else ""
            say(f"  {evidence.check:<8} {evidence.source}{said}")
    return 0
