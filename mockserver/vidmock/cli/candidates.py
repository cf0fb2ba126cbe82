"""What can stand where a command line is not finished: commands, options, and the values that they take."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from typing import Final

from vidmock import cli
from vidmock.cli import own_models
from vidmock.problems import Problem

FILES: Final = ":files"
"""Stands for the names of files, which the shell knows."""
_OF_FILES: Final = {"FILE", "DIR", "FOLDER", "NAME|FILE"}
_FILE_ARGUMENTS: Final = {"file", "files", "source", "old", "new", "output", "argv"}

Given = Mapping[str, Sequence[str]]
"""The words that stand before, by the destination of the option or argument that takes them."""


def candidates(words: Sequence[str]) -> list[str]:
    """What the last of *words* may be, behind ``vidmock``, each that begins as it does; perhaps with ``FILES``."""
    *before, current = words or [""]
    if not before:
        return _that_begin(current, [*cli.COMMANDS, "--help", "--version"])
    command = before.pop(0)
    if command not in cli.COMMANDS:
        return []
    parser = argparse.ArgumentParser(prog=f"vidmock {command}")
    import_module(f"vidmock.cli.{command}").add_options(parser)
    given: dict[str, list[str]] = {}
    place = 0
    taking: argparse.Action | None = None
    positional = _positional(parser)
    for word in before:
        option = _options(parser).get(word.partition("=")[0])
        here = positional[min(place, len(positional) - 1)] if positional else None
        if here is not None and here.nargs == argparse.REMAINDER and (word == "--" or given.get(here.dest)):
            given.setdefault(here.dest, []).append(word)
        elif taking is not None:
            given.setdefault(taking.dest, []).append(word)
            taking = None
        elif option is not None:
            taking = option if option.nargs != 0 and "=" not in word else None
        elif here is not None and not word.startswith("-"):
            given.setdefault(here.dest, []).append(word)
            below = here.choices.get(word) if isinstance(here.choices, dict) else None
            if isinstance(below, argparse.ArgumentParser):
                parser, positional, place = below, _positional(below), 0
            elif here.nargs not in ("*", "+", argparse.REMAINDER):
                place += 1
    here = positional[min(place, len(positional) - 1)] if positional else None
    if here is not None and here.nargs == argparse.REMAINDER and given.get(here.dest):
        return [FILES]
    if taking is not None:
        return _that_begin(current, _values(command, taking, given))
    flag, equals, value = current.partition("=")
    if equals and (option := _options(parser).get(flag)):
        found = _that_begin(value, _values(command, option, given))
        return [each if each == FILES else f"{flag}={each}" for each in found]
    if current.startswith("-"):
        return _that_begin(current, sorted(_options(parser)))
    return _that_begin(current, _values(command, here, given)) if here is not None else []


def _that_begin(current: str, known: Iterable[str]) -> list[str]:
    return [each for each in known if each.startswith(current) or each == FILES]


def _positional(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    return [action for action in cli.actions_of(parser) if not action.option_strings]


def _options(parser: argparse.ArgumentParser) -> Mapping[str, argparse.Action]:
    return {flag: action for action in cli.actions_of(parser) for flag in action.option_strings}


def _values(command: str, action: argparse.Action, given: Given) -> list[str]:
    if action.choices is not None:
        return [*map(str, action.choices)]
    find = _VALUES.get(f"{command}.{action.dest}") or _VALUES.get(action.dest)
    found = find(given) if find else []
    return [*found, FILES] if action.metavar in _OF_FILES or action.dest in _FILE_ARGUMENTS else found


def _models(given: Given) -> list[str]:
    asked = argparse.Namespace(models=[*given.get("models", ())], quiet=True)
    try:
        catalog = own_models.catalog_of(asked)
    except (Problem, OSError):
        # Their own command says what is wrong with a user's models.
        from vidmock.schema.catalog import SHIPPED

        catalog = SHIPPED
    provider = next(iter(given.get("provider", ())), None)
    return [model.id for model in catalog.models() if provider in (None, model.provider)]


def _providers(given: Given) -> list[str]:
    from vidmock.schema.catalog import providers

    return [*providers()]


def _faults(given: Given) -> list[str]:
    from vidmock.providers.exchange.effects import effects

    known = effects()
    name = next(iter(given.get("fault", ())), "").partition("=")[0]
    if name not in known:
        return [*known]
    return [*(f"{argument}=" for argument in known[name].arguments), *(f"at={phase}" for phase in known[name].phases)]


def _behaviours(given: Given) -> list[str]:
    from vidmock.schema.behaviours import known_behaviours

    return [f"{one.name}={value}" for one in known_behaviours(None) for value in one.choices]


def _scenarios(given: Given) -> list[str]:
    import vidmock.providers.exchange.effects  # noqa: F401 - a scenario names effects, which are registered there
    from vidmock.engine.scenario.scenario import shipped_scenarios

    return [one.name for one in shipped_scenarios()]


def _clients(given: Given) -> list[str]:
    from vidmock.interception.environment import CLIENT_VARIABLES

    return [*CLIENT_VARIABLES]


def _cases(given: Given) -> list[str]:
    from vidmock.contract.case_files import shipped_cases

    return [case.id for case in shipped_cases()]


def _pages(given: Given) -> list[str]:
    from vidmock.cli.docs import documentation_pages

    return [*documentation_pages()]


_VALUES: Final[Mapping[str, Callable[[Given], list[str]]]] = {
    "provider": _providers,
    "model": _models,
    "fault": _faults,
    "behaviour": _behaviours,
    "scenario": _scenarios,
    "env.client": _clients,
    "check.client": lambda given: [FILES],
    "case": _cases,
    "page": _pages,
    "clock": lambda given: ["real", "scaled:", "step", "manual"],
}
"""The values of an option or argument, by its destination, or by command and destination."""
