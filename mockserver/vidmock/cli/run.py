"""``vidmock run -- COMMAND``: runs a command against a server of its own, and says what it would have cost."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from itertools import filterfalse
from typing import TYPE_CHECKING

from vidmock.cli import serve
from vidmock.cli.console import Console
from vidmock.interception.environment import client_environment, keep_theirs, overridden
from vidmock.interception.preload.vidmock_names import is_public_name
from vidmock.interception.sealing import NotSealed, seal
from vidmock.problems import BadRequest

if TYPE_CHECKING:
    from vidmock.server.server import Server

NOT_SEALED, NOT_EXECUTABLE, NOT_FOUND = 125, 126, 127
"""Exit codes: the last two are what shells give for a command that they cannot execute, or do not find."""
_RED, _PLAIN = "\x1b[31m", "\x1b[0m"


class _NotStarted(Exception):
    """The command was not started, for a reason for which shells give *code*."""

    def __init__(self, why: str, code: int) -> None:
        super().__init__(why)
        self.code = code


def add_options(parser: argparse.ArgumentParser) -> None:
    serve.add_server_options(parser)
    parser.add_argument("--port", type=int, default=0, help="port to listen on (any free one)")
    parser.add_argument("--sealed", action="store_true", help="let nothing leave: a network with loopback only (Linux)")
    parser.add_argument("argv", nargs=argparse.REMAINDER, metavar="-- COMMAND …", help="the command and its arguments")


def run(arguments: argparse.Namespace) -> int:
    argv = arguments.argv[1:] if arguments.argv[:1] == ["--"] else arguments.argv
    if not argv:
        raise BadRequest("there is no command to run. Try: vidmock run -- python app.py")
    if arguments.sealed and arguments.allow_host:
        raise BadRequest("--sealed lets nothing leave, and --allow-host lets something: leave one of them out")
    settings = serve.settings_of(arguments)
    if arguments.sealed:
        try:
            seal()
        except NotSealed as refusal:
            print(f"vidmock: {refusal}", file=sys.stderr)
            return NOT_SEALED
    from vidmock.server.server import Server, new_loop

    console = Console(quiet=arguments.quiet)
    server = Server(settings, arguments.host, arguments.port, console.say)
    if not arguments.quiet and (line := serve.control_line(settings)):
        print(f"vidmock: {line}", file=sys.stderr)
    try:
        with asyncio.Runner(loop_factory=new_loop) as runner:
            code = runner.run(_run(server, argv, arguments.api_key, quiet=arguments.quiet))
    except _NotStarted as refusal:
        print(f"vidmock: {argv[0]}: {refusal}", file=sys.stderr)
        return refusal.code
    if not arguments.quiet:
        # The command's exit code counts, whether or not the report can be written.
        with suppress(OSError):
            print(_told(server), file=sys.stderr)
    return code


def _variables(server: Server, keys: Sequence[str]) -> dict[str, str]:
    """What leads the command's clients to *server*, which takes *keys* (none: any). Raises NoStateFolder."""
    allowed = server.engine.settings.allow_hosts
    variables = client_environment(
        server.url,
        server.certificate(),
        server.hosts,
        keys=keys,
        environ=os.environ,
        # The proxy does not relay plain HTTP. A public name in NO_PROXY would exempt every name that ends with it, too.
        direct=sorted(filterfalse(is_public_name, allowed)),
    )
    variables["VIDMOCK_ALLOW_HOSTS"] = ",".join(sorted(allowed)).lower()
    return variables | keep_theirs(variables, os.environ)


async def _run(server: Server, argv: Sequence[str], keys: Sequence[str], *, quiet: bool) -> int:
    async with server:
        variables = _variables(server, keys)
        if not quiet and (theirs := overridden(variables, os.environ)):
            print(f"vidmock: the command gets the mock's {', '.join(theirs)} instead of yours", file=sys.stderr)
        loop = asyncio.get_running_loop()
        # A terminal sends Ctrl-C to the command as well, which decides what to do: this process stays for the report.
        loop.add_signal_handler(signal.SIGINT, lambda: None)
        started: asyncio.Future[asyncio.subprocess.Process] = loop.create_future()
        for number in (signal.SIGTERM, signal.SIGHUP):
            # One that comes before the command is there waits for it.
            loop.add_signal_handler(number, started.add_done_callback, partial(_send, number))
        try:
            child = await asyncio.create_subprocess_exec(*argv, env=os.environ | variables)
        except FileNotFoundError as error:
            raise _NotStarted("command not found", NOT_FOUND) from error
        except OSError as error:
            raise _NotStarted(
                f"cannot be executed: {(error.strerror or str(error)).lower()}", NOT_EXECUTABLE
            ) from error
        started.set_result(child)
        code = await child.wait()
    return 128 - code if code < 0 else code


def _send(number: int, started: asyncio.Future[asyncio.subprocess.Process]) -> None:
    with suppress(ProcessLookupError):
        started.result().send_signal(number)


def _told(server: Server) -> str:
    """What happened, in red if nothing did."""
    told = serve.farewell(server)
    if any(world.journal.seen for world in server.engine.worlds):
        return told
    hint = "docs/ways-in.md says which clients are led, and how to lead others"
    told = f"vidmock: not one request came here; {hint}\n{told}"
    return f"{_RED}{told}{_PLAIN}" if sys.stderr.isatty() and not os.environ.get("NO_COLOR") else told
