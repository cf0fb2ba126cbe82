"""``vidmock run -- COMMAND``: runs a command against a server of its own, and says what it would have cost."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Collection, Sequence
from contextlib import closing, suppress
from itertools import filterfalse
from typing import TYPE_CHECKING

from vidmock.cli import serve
from vidmock.cli.command import NOT_SEALED, Command, NotStarted, running
from vidmock.cli.console import Console
from vidmock.cli.farewell import Farewell
from vidmock.cli.output import takes_colours
from vidmock.cli.serving import begin_log
from vidmock.interception.environment import client_environment, keep_theirs, overridden
from vidmock.interception.preload.vidmock_names import is_public_name
from vidmock.problems import BadRequest

if TYPE_CHECKING:
    from vidmock.engine.world.world import World
    from vidmock.server.site import Site

_RED, _PLAIN = "\x1b[31m", "\x1b[0m"
EXAMPLES = (
    "vidmock run -- python app.py",
    "vidmock run --clock scaled:20 --log -- python app.py",
    "FAL_KEY=vidmock-no-balance vidmock run -- python app.py",
)


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=0, help="port to listen on (any free one)")
    serve.add_server_options(parser)
    parser.add_argument("--log", action="store_true", help="print a line for each job, webhook and error on stderr")
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
        from vidmock.interception.sealing import NotSealed, seal

        try:
            seal()
        except NotSealed as refusal:
            print(f"vidmock: {refusal}", file=sys.stderr)
            return NOT_SEALED
    from vidmock.server.site import Site

    site = Site(settings, arguments.host, arguments.port)
    with closing(site.listener):
        try:
            return _run(argv, site, arguments)
        except NotStarted as refusal:
            print(f"vidmock: {argv[0]}: {refusal}", file=sys.stderr)
            return refusal.code


def _run(argv: Sequence[str], site: Site, arguments: argparse.Namespace) -> int:
    quiet = arguments.quiet
    if not quiet and (line := serve.control_line(site.settings)):
        print(f"vidmock: {line}", file=sys.stderr)
    variables = _variables(site, arguments.api_key)
    if not quiet and (theirs := overridden(variables, os.environ)):
        print(f"vidmock: the command gets the mock's {', '.join(theirs)} instead of yours", file=sys.stderr)
    with running(argv, os.environ | variables) as command:
        told = _serve(command, site, arguments) if command.outlasts(site.listener) else _told([], (), ())
        code = command.wait()
    if not quiet:
        # The command's exit code counts, whether or not the report can be written.
        with suppress(OSError):
            print(told, file=sys.stderr)
    return code


def _serve(command: Command, site: Site, arguments: argparse.Namespace) -> str:
    """Serve *command* at *site* until it ends; what is to be told of it."""
    import asyncio

    from vidmock.server.server import Server, new_loop

    server = Server(site, Console(quiet=arguments.quiet).say)
    log = begin_log(server.engine.worlds, sys.stderr, arguments.log_format) if arguments.log else None

    async def until_it_ends() -> None:
        async with server:
            await asyncio.to_thread(command.wait)

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(until_it_ends())
    if log:
        log.close()
    return _told([*server.engine.worlds], server.refused, server.missing)


def _variables(site: Site, keys: Sequence[str]) -> dict[str, str]:
    """What leads the command's clients to *site*, whose server takes *keys* (none: any). Raises NoStateFolder."""
    allowed = site.settings.allow_hosts
    variables = client_environment(
        site.url,
        site.certificate(),
        site.hosts,
        keys=keys,
        environ=os.environ,
        # The proxy does not relay plain HTTP. A public name in NO_PROXY would exempt every name that ends with it, too.
        direct=sorted(filterfalse(is_public_name, allowed)),
    )
    variables["VIDMOCK_ALLOW_HOSTS"] = ",".join(sorted(allowed)).lower()
    return variables | keep_theirs(variables, os.environ)


def _told(worlds: Sequence[World], refused: Collection[str], missing: Collection[str]) -> str:
    """What happened, in red if nothing did."""
    told = str(Farewell.of(worlds, refused, missing))
    # A request makes its key's world as it comes; the journal knows it once it is answered.
    if worlds:
        return told
    hint = "docs/ways-in.md says which clients are led, and how to lead others"
    told = f"vidmock: not one request came here; {hint}\n{told}"
    return f"{_RED}{told}{_PLAIN}" if takes_colours(sys.stderr) else told
