"""``vidmock faults``: lists the effects of faults, error codes and scenarios, or shows one fault at each provider."""

from __future__ import annotations

import argparse
import shlex

from vidmock.cli.output import say, say_json

HOW_TO_ASK = """
See one at each provider:  vidmock faults edge_page=504 at=poll
Ask for one in a prompt:   a kite over dunes [[vidmock: edge_page=504 at=poll:2]]
In Python:                 mock.faults.add("edge_page", phase="poll", nth=2, status=504)
Over HTTP:                 curl -H x-vidmock:1 http://127.0.0.1:8787/_vidmock/faults -d '{"effect": "edge_page"}'
Or with an API key:"""


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("fault", nargs="*", help="show this one at each provider, such as: late=30 at=poll")
    parser.add_argument("--provider", help="only at this provider")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--codes", action="store_true", help="list the providers' own errors instead, for error=CODE")
    parser.add_argument("--scenarios", action="store_true", help="list the scenarios that come along instead")


def run(arguments: argparse.Namespace) -> int:
    if arguments.scenarios:
        return list_scenarios(arguments)
    if arguments.codes:
        return list_codes(arguments)
    if arguments.fault:
        from vidmock.cli.fault_display import show_fault

        return show_fault(shlex.join(arguments.fault), arguments.provider, as_json=arguments.json)
    from vidmock.providers import effects

    known = effects()
    if arguments.json:
        say_json([effect.to_json() | {"main": effect.main} for effect in known.values()])
        return 0
    width = max(map(len, known))
    for name, effect in known.items():
        say(f"{name:<{width}}  {effect.about}")
        told = ", ".join(f"{key}={value!r}" for key, value in effect.defaults.items())
        say(f"{'':<{width}}  at {', '.join(effect.phases)}{'; ' if told else ''}{told}")
        for key, argument in effect.arguments.items():
            say(f"{'':<{width}}  {key} is {argument.accepts}")
    from vidmock.engine.faults.reserved_keys import ABOUT

    say(HOW_TO_ASK)
    for key, about in ABOUT.items():
        say(f"  {key:<24} {about}")
    return 0


def list_codes(arguments: argparse.Namespace) -> int:
    from vidmock.engine.codec import to_plain
    from vidmock.schema.catalog import providers
    from vidmock.schema.errors import known_errors

    asked = (arguments.provider,) if arguments.provider else providers()
    listed = [error for provider in asked for error in known_errors(provider)]
    if arguments.json:
        say_json([to_plain(error) for error in listed])
        return 0
    width = max(len(error.name) for error in listed)
    for error in listed:
        where = " and ".join(error.places)
        say(f"{error.provider:<9} {error.name:<{width}}  {error.status}  {where:<15} {error.evidence}")
    return 0


def list_scenarios(arguments: argparse.Namespace) -> int:
    import vidmock.providers  # noqa: F401 - scenarios are made of its effects
    from vidmock.engine.codec import to_plain
    from vidmock.engine.scenario.scenario import shipped_scenarios

    listed = shipped_scenarios()
    if arguments.json:
        say_json([{"name": one.name, "about": one.about, "evidence": to_plain(one.evidence)} for one in listed])
        return 0
    for one in listed:
        say(f"{one.name}: {one.about}")
        for evidence in one.evidence:
            said = f": {evidence.what}" if evidence.what else ""
            say(f"  {evidence.check:<8} {evidence.source}{said}")
    return 0
