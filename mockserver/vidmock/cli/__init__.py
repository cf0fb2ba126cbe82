"""The command line: each command is a module, which adds its own parser and returns an exit code."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Sequence

import vidmock
from vidmock.cli import ca, env, faults, models, price, run, serve, validate, version
from vidmock.problems import Problem

INTERRUPTED = 130
"""The exit code that shells give for a command that Ctrl-C has ended."""
COMMANDS = (serve, run, env, ca, models, faults, validate, price, version)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. 0 is success, 1 a negative verdict, 2 a mistake in the call or in what surrounds it."""
    try:
        try:
            return _run(argv)
        finally:
            # What cannot be written is noticed here, and not when Python ends.
            sys.stdout.flush()
    except Problem as problem:
        return _fail(str(problem))
    except BrokenPipeError:
        # The reader (head, less) has closed the pipe.
        _write_nowhere()
        return 0
    except OSError as error:
        _write_nowhere()
        where = f"{error.filename}: " if error.filename else ""
        return _fail(f"{where}{(error.strerror or str(error)).lower()}")
    except KeyboardInterrupt:
        return _fail("interrupted", INTERRUPTED)


def _run(argv: Sequence[str] | None) -> int:
    parser = argparse.ArgumentParser(
        prog="vidmock", description="An offline stand-in for RunPod, Runware, fal and Eachlabs video APIs."
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {vidmock.__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for command in COMMANDS:
        command.add_to(commands)
    arguments = parser.parse_args(argv)
    code: int = arguments.run(arguments)
    return code


def _fail(why: str, code: int = 2) -> int:
    print(f"vidmock: {why}", file=sys.stderr)
    return code


def _write_nowhere() -> None:
    """Have what is left of the output thrown away: Python would try once more to write it."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
