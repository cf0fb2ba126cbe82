"""What ``vidmock check`` tries: a client in Python, a program that is given calls, or a command that is run whole."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from types import FrameType
from typing import NoReturn

from vidmock.cli.output import legible
from vidmock.contract.case import Feature
from vidmock.contract.command_runs import CommandRuns
from vidmock.contract.program_clients import PROGRAM_FEATURES, ProgramClients
from vidmock.contract.rehearsal import rehearse
from vidmock.contract.script_run import features_of
from vidmock.contract.tried import Tried
from vidmock.kit.loading import ClientNotFound, load_client
from vidmock.problems import BadRequest


def add_client_options(parser: argparse.ArgumentParser) -> None:
    """The options that say what is tried."""
    tried = parser.add_mutually_exclusive_group(required=True)
    tried.add_argument("client", nargs="?", help="what makes a client: module:callable, or path/to/file.py:callable")
    tried.add_argument("--command", metavar="COMMAND", help="a program in any language, as docs/programs.md has it")
    tried.add_argument(
        "--run",
        dest="whole",
        metavar="COMMAND",
        help="a command that asks for videos and ends: run as vidmock run does, and judged by calls and money alone",
    )
    parser.add_argument(
        "--lacks", action="append", choices=PROGRAM_FEATURES, help="what the client of --command cannot do (repeatable)"
    )


def client_name(arguments: argparse.Namespace) -> str:
    """How reports call what is tried."""
    name: str = arguments.client or arguments.command or arguments.whole
    return name


@contextmanager
def client_under_test(arguments: argparse.Namespace) -> Iterator[tuple[Tried, frozenset[Feature]]]:
    """What is tried, and what it can do. Raises BadRequest: it cannot be tried."""
    if arguments.lacks and arguments.command is None:
        raise BadRequest("--lacks is for --command: a client in Python says so by its attribute lacks")
    if arguments.command is not None:
        lacks = frozenset(arguments.lacks or ())
        with (
            _ended_by_signals(),
            closing(ProgramClients(arguments.command, arguments.provider, lacks, _pass_on)) as programs,
        ):
            rehearse(programs)
            yield programs, features_of(arguments.provider, programs)
    elif arguments.whole is not None:
        with _ended_by_signals(), closing(CommandRuns(arguments.whole, arguments.provider, _pass_on)) as runs:
            runs.rehearse()
            yield runs, runs.features
    else:
        try:
            make = load_client(arguments.client)
            features = features_of(arguments.provider, make)
        except ClientNotFound as error:
            raise BadRequest(str(error)) from error
        except Exception as error:
            # It is the user's program, which may raise whatever it likes.
            raise BadRequest(f"{arguments.client} cannot be made: {type(error).__name__}: {error}") from error
        yield make, features


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """SIGTERM and SIGHUP end it as Ctrl-C does: with all that it has started."""

    def end(number: int, frame: FrameType | None) -> NoReturn:
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _pass_on(line: str) -> None:
    """What a program prints, answers apart."""
    print(legible(line), file=sys.stderr, flush=True)
