"""``vidmock run -- COMMAND``: runs a command against a server of its own, and says what it would have cost."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from vidmock.cli import serve
from vidmock.cli.console import Console
from vidmock.cli.output import Parsers
from vidmock.interception.environment import PYTHON_PRELOAD, client_environment, keep_shared, no_proxy
from vidmock.problems import BadRequest

if TYPE_CHECKING:
    from vidmock.server.server import Server

NOT_FOUND, NOT_EXECUTABLE = 127, 126
"""The exit codes that shells give for a command that they do not find, or cannot execute."""


def add_to(commands: Parsers) -> None:
    parser = commands.add_parser("run", help="run a command against a mock of its own")
    serve.add_options(parser)
    parser.add_argument("--port", type=int, default=0, help="port to listen on (any free one)")
    parser.add_argument("argv", nargs=argparse.REMAINDER, metavar="-- COMMAND …", help="the command and its arguments")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    from vidmock.server.server import Server, new_loop

    argv = arguments.argv[1:] if arguments.argv[:1] == ["--"] else arguments.argv
    if not argv:
        raise BadRequest("there is no command to run. Try: vidmock run -- python app.py")
    console = Console(quiet=arguments.quiet)
    server = Server(serve.settings_of(arguments), arguments.host, arguments.port, console.say)
    with asyncio.Runner(loop_factory=new_loop) as runner:
        code = runner.run(_run(server, argv))
    if not arguments.quiet:
        print(serve.farewell(server), file=sys.stderr)
    return code


def _variables(server: Server) -> dict[str, str]:
    """The environment that leads the command's clients to *server*. Raises NoStateFolder."""
    from vidmock.interception.preload.vidmock_names import is_public_name

    variables = client_environment(server.url, server.certificate(), server.hosts)
    variables["VIDMOCK_ALLOW_HOSTS"] = ",".join(sorted(server.engine.settings.allow_hosts)).lower()
    # The proxy does not relay plain HTTP. A public name in NO_PROXY would exempt every name that ends with it, too.
    reached_directly = sorted(host for host in server.engine.settings.allow_hosts if not is_public_name(host))
    variables["PYTHONPATH"] = str(PYTHON_PRELOAD)
    variables |= keep_shared(variables, os.environ) | no_proxy(variables, os.environ, server.hosts, *reached_directly)
    return variables


async def _run(server: Server, argv: Sequence[str]) -> int:
    async with server:
        variables = _variables(server)
        loop = asyncio.get_running_loop()
        # A terminal sends Ctrl-C to the command as well, which decides what to do: this process stays for the report.
        loop.add_signal_handler(signal.SIGINT, lambda: None)
        try:
            child = await asyncio.create_subprocess_exec(*argv, env=os.environ | variables)
        except FileNotFoundError:
            print(f"vidmock: {argv[0]}: command not found", file=sys.stderr)
            return NOT_FOUND
        except PermissionError:
            print(f"vidmock: {argv[0]}: cannot be executed", file=sys.stderr)
            return NOT_EXECUTABLE
        for number in (signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, child.send_signal, number)
        code = await child.wait()
    return 128 - code if code < 0 else code
