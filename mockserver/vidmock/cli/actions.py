"""The actions of a command that has several, each with options of its own."""

from __future__ import annotations

import argparse
from collections.abc import Mapping


def add_actions(parser: argparse.ArgumentParser, about: Mapping[str, str]) -> Mapping[str, argparse.ArgumentParser]:
    """Give *parser* the actions by name, with what is said *about* each; ``action`` is the one that was asked for."""
    actions = parser.add_subparsers(
        dest="action", metavar="ACTION", required=True, parser_class=argparse.ArgumentParser
    )
    return {name: actions.add_parser(name, help=summary, description=summary) for name, summary in about.items()}
