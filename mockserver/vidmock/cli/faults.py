"""``vidmock faults``: lists the effects of faults, error codes and scenarios, or shows one fault at each provider."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from vidmock.cli.output import say, say_json
from vidmock.problems import BadRequest, UnknownProvider
from vidmock.schema.catalog import providers

if TYPE_CHECKING:
    from vidmock.engine.faults.definition import EffectDefinition
    from vidmock.engine.faults.rules import Phase
    from vidmock.engine.scenario.scenario import Scenario

HOW_TO_ASK = """
See one at each provider:  vidmock faults edge_page=504 at=poll
Ask for one in a prompt:   a kite over dunes [[vidmock: edge_page=504 at=poll:2]]
In Python:                 mock.faults.add("edge_page", phase="poll", nth=2, status=504)
Over HTTP:                 curl -H x-vidmock:1 http://127.0.0.1:8787/_vidmock/faults -d '{"effect": "edge_page"}'
Or with an API key:"""

EXAMPLES = (
    "vidmock faults",
    "vidmock faults edge_page=502 at=after --provider fal",
    "vidmock faults --scenarios",
)


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("fault", nargs="*", help="show this one at each provider, such as: late=30 at=poll")
    parser.add_argument("--provider", help="only at this provider")
    parser.add_argument("--json", action="store_true", help="print JSON")
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument("--codes", action="store_true", help="list the providers' own errors instead, for error=CODE")
    instead.add_argument("--scenarios", action="store_true", help="list the scenarios that come along instead")


def run(arguments: argparse.Namespace) -> int:
    if arguments.provider is not None and arguments.provider not in providers():
        raise UnknownProvider(arguments.provider, providers())
    if arguments.fault and (arguments.scenarios or arguments.codes):
        listed = "--scenarios" if arguments.scenarios else "--codes"
        raise BadRequest(f"{listed} lists, and {shlex.join(arguments.fault)} is to be shown: leave one of them out")
    if arguments.scenarios:
        return list_scenarios(arguments)
    if arguments.codes:
        return list_codes(arguments)
    if arguments.fault:
        from vidmock.cli.fault_display import show_fault

        return show_fault(shlex.join(arguments.fault), arguments.provider, as_json=arguments.json)
    from vidmock.providers.exchange.effects import effects

    places = {name: _phases(effect, arguments.provider) for name, effect in effects().items()}
    known = {name: effect for name, effect in effects().items() if places[name]}
    if arguments.json:
        say_json([effect.to_json() | {"main": effect.main} for effect in known.values()])
        return 0
    width = max(map(len, known))
    for name, effect in known.items():
        say(f"{name:<{width}}  {effect.about}")
        told = ", ".join(f"{key}={value!r}" for key, value in effect.defaults.items())
        say(f"{'':<{width}}  at {', '.join(places[name])}{'; ' if told else ''}{told}")
        for key, argument in effect.arguments.items():
            say(f"{'':<{width}}  {key} is {argument.accepts}")
    from vidmock.engine.faults.reserved_keys import ABOUT

    say(HOW_TO_ASK)
    for key, about in ABOUT.items():
        say(f"  {key:<24} {about}")
    return 0


def _phases(effect: EffectDefinition[Any], provider: str | None) -> tuple[Phase, ...]:
    """The phases in which *effect* can strike, at *provider* if one is named."""
    from vidmock.engine.faults.reach import phases_at

    if provider is None:
        return effect.phases
    theirs = phases_at(provider)
    return tuple(phase for phase in effect.phases if phase in theirs and not effect.why_not(provider, phase))


def _strikes_at(scenario: Scenario, known: Mapping[str, EffectDefinition[Any]], provider: str | None) -> bool:
    """Whether *scenario*, whose effects are among those *known*, can be seen at *provider*, if one is named."""
    rules = [rule for rule in scenario.faults if provider is None or rule.provider in ("", provider)]
    return not scenario.faults or any(rule.phase in _phases(known[rule.effect.name], provider) for rule in rules)


def list_codes(arguments: argparse.Namespace) -> int:
    from vidmock.engine.codec import to_plain
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
    from vidmock.engine.codec import to_plain
    from vidmock.engine.scenario.scenario import shipped_scenarios
    from vidmock.providers.exchange.effects import effects

    known = effects()
    listed = [one for one in shipped_scenarios() if _strikes_at(one, known, arguments.provider)]
    if arguments.json:
        say_json([{"name": one.name, "about": one.about, "evidence": to_plain(one.evidence)} for one in listed])
        return 0
    for one in listed:
        say(f"{one.name}: {one.about}")
        for evidence in one.evidence:
            said = f": {evidence.what}" if evidence.what else ""
            say(f"  {evidence.check:<8} {evidence.source}{said}")
    return 0
