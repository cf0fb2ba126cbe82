"""``vidmock version``: prints the version."""

from __future__ import annotations

import argparse

from vidmock.cli.output import say

EXAMPLES = ("vidmock version",)


def add_options(parser: argparse.ArgumentParser) -> None:
    """It takes none."""


def run(arguments: argparse.Namespace) -> int:
    from vidmock import __version__

    say(__version__)
    return 0
