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
from vidmock.contract.paid_calls import PaidCall
from vidmock.contract.program import Programs
from vidmock.contract.program_clients import MORE_FEATURES, PROGRAM_FEATURES, Copies, ProgramClients
from vidmock.contract.pull_server import PullServer
from vidmock.contract.pulled_program import PulledPrograms
from vidmock.contract.rehearsal import rehearse, rehearse_client
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
    tried.add_argument(
        "--pull", action="store_true", help="a program that asks for calls over HTTP, at an address that is printed"
    )
    option = parser.add_argument
    option("--lacks", action="append", choices=PROGRAM_FEATURES, help="what a program cannot do (repeatable)")
    option("--has", action="append", choices=MORE_FEATURES, help="what an adapter of a program can do (repeatable)")


def client_name(arguments: argparse.Namespace) -> str:
    """How reports call what is tried."""
    name: str = arguments.client or arguments.command or arguments.whole or "a program over HTTP"
    return name


@contextmanager
def client_under_test(
    arguments: argparse.Namespace, paid: PaidCall | None = None
) -> Iterator[tuple[Tried, frozenset[Feature]]]:
    """What is tried, and what it can do; it is asked for *paid*. Raises BadRequest: it cannot be tried."""
    lacks = frozenset(arguments.lacks or ())
    if arguments.client is not None and lacks:
        raise BadRequest("--lacks is for programs: a client in Python says so by its attribute lacks")
    if arguments.has and arguments.command is None and not arguments.pull:
        raise BadRequest("--has is for --command and --pull: what it names needs an adapter that says more")
    if arguments.command is not None:
        with _ended_by_signals(), closing(Programs(arguments.command, _pass_on)) as copies:
            yield _rehearsed(copies, arguments, lacks, paid)
    elif arguments.pull:
        pulled = PulledPrograms()
        with _ended_by_signals(), PullServer(pulled) as server:
            _pass_on(f"vidmock: waiting for a program to ask what is next, at {server.url}")
            pulled.wait_for_one()
            yield _rehearsed(pulled, arguments, lacks, paid)
    elif arguments.whole is not None:
        made = CommandRuns(arguments.whole, arguments.provider, _pass_on, lacks, paid)
        with _ended_by_signals(), closing(made) as runs:
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
        rehearse_client(arguments.provider, make, paid)
        yield make, features


def _rehearsed(
    copies: Copies, arguments: argparse.Namespace, lacks: frozenset[Feature], paid: PaidCall | None
) -> tuple[ProgramClients, frozenset[Feature]]:
    """Clients that are *copies* of a program, which has answered an ordinary call, and what they can do."""
    programs = ProgramClients(copies, arguments.provider, lacks, frozenset(arguments.has or ()))
    rehearse(programs, paid)
    return programs, features_of(arguments.provider, programs)


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
