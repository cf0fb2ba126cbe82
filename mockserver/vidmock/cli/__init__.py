"""The command line: each command is a module, which adds its own parser and returns an exit code."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

import vidmock
from vidmock.cli import ca, env, faults, models, price, run, serve, validate, version
from vidmock.problems import Problem

COMMANDS = (serve, run, env, ca, models, faults, validate, price, version)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. 0 is success, 1 a negative verdict, 2 a mistake in the call."""
    parser = argparse.ArgumentParser(
        prog="vidmock", description="An offline stand-in for RunPod, Runware, fal and Eachlabs video APIs."
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {vidmock.__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for command in COMMANDS:
        command.add_to(commands)
    arguments = parser.parse_args(argv)
    try:
        code: int = arguments.run(arguments)
    except Problem as problem:
        print(f"vidmock: {problem}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        # The reader (head, less) has closed the pipe.
        sys.stderr.close()
        return 0
    return code
