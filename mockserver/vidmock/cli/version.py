"""``vidmock version``: prints the version."""

from __future__ import annotations

import argparse

from vidmock.cli.output import Parsers, say


def add_to(commands: Parsers) -> None:
    parser = commands.add_parser("version", help="print the version")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    from vidmock import __version__

    say(__version__)
    return 0
