"""Options by variables of the environment: ``--keep-jobs`` is ``VIDMOCK_KEEP_JOBS`` as well, where it is not given."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping
from pathlib import Path

from vidmock.cli import actions_of
from vidmock.cli.own_models import VARIABLE as MODELS
from vidmock.problems import BadRequest

_TAKEN = {"VIDMOCK_STATE": "VIDMOCK_STATE_FILE"}
"""The folder of the certificates has had its variable before there was an option of that name."""
_SWITCHES = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
_TOLD = f"""\
Every option is a variable as well: --keep-jobs 500 is VIDMOCK_KEEP_JOBS=500,
--quiet is VIDMOCK_QUIET=1. One that is repeatable has commas
(VIDMOCK_API_KEY=a,b; {MODELS} is a list as PATH is). The command line
goes first."""


def variable_of(option: str) -> str:
    """The variable of *option*, which is written as ``--keep-jobs``."""
    name = "VIDMOCK_" + option.removeprefix("--").replace("-", "_").upper()
    return _TAKEN.get(name, name)


def take_variables(parser: argparse.ArgumentParser, environ: Mapping[str, str]) -> None:
    """Have the options of *parser* that are set in *environ* begin with that. An empty variable is none.

    Raises:
        BadRequest: a value makes no sense; the message names the variable.
    """
    parser.epilog = _TOLD
    for action in actions_of(parser):
        option = next((text for text in action.option_strings if text.startswith("--")), "")
        name = variable_of(option)
        if option in ("", "--help") or name == MODELS or not environ.get(name):
            continue
        parser.set_defaults(**{action.dest: _value(action, name, environ[name])})


def in_the_users_words(problem: BadRequest, environ: Mapping[str, str]) -> BadRequest:
    """*problem*, in which an option that a variable has set goes by its name."""

    def name(found: re.Match[str]) -> str:
        variable = variable_of(found[0])
        return f"{found[0]} ({variable})" if environ.get(variable) else found[0]

    return BadRequest(re.sub(r"(?<![\w-])--[a-z][a-z-]+", name, str(problem)))


def _value(action: argparse.Action, name: str, text: str) -> object:
    if action.nargs == 0:
        if text.lower() not in _SWITCHES:
            raise BadRequest(f"{name} must be 1 or 0, not {text!r}")
        return _SWITCHES[text.lower()]
    if action.choices is not None and text not in action.choices:
        raise BadRequest(f"{name} must be one of {', '.join(map(str, action.choices))}, not {text!r}")
    if isinstance(action.default, list):
        return [part.strip() for part in text.split(",")]
    if action.type is int:
        try:
            return int(text)
        except ValueError:
            raise BadRequest(f"{name} must be a whole number, not {text!r}") from None
    return Path(text) if action.type is Path else text
