"""``vidmock env``: the lines that point a client at a running server."""

from __future__ import annotations

import argparse
import json
import shlex
from collections.abc import Callable, Mapping

from vidmock.cli.output import Parsers, say
from vidmock.cli.serve import DEFAULT_PORT
from vidmock.problems import BadRequest, did_you_mean
from vidmock.ways_in.environment import CLIENTS, environment


def _powershell(name: str, value: str) -> str:
    quoted = value.replace("'", "''")
    return f"$env:{name} = '{quoted}'"


SHELLS: Mapping[str, Callable[[str, str], str]] = {
    "bash": lambda name, value: f"export {name}={shlex.quote(value)}",
    "fish": lambda name, value: f"set -gx {name} {shlex.quote(value)}",
    "powershell": _powershell,
    "dotenv": lambda name, value: f"{name}={json.dumps(value)}",
}


def add_to(commands: Parsers) -> None:
    parser = commands.add_parser("env", help="print the environment that points a client at a running server")
    parser.add_argument("client", nargs="?", help=f"only what this one needs: {', '.join(CLIENTS)}")
    parser.add_argument("--shell", choices=[*SHELLS, "json"], default="bash", help="how to print it (bash)")
    parser.add_argument("--url", default=f"http://127.0.0.1:{DEFAULT_PORT}", help="where the server is")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    from vidmock.engine.settings import Settings
    from vidmock.server.app import App
    from vidmock.server.authority import Authority
    from vidmock.server.postman import Postman

    names = arguments.client
    if names is not None and names not in CLIENTS:
        raise BadRequest(f"no client {names!r} here.{did_you_mean(names, CLIENTS)} Known: {', '.join(CLIENTS)}")
    variables = environment(arguments.url.rstrip("/"), Authority().certificate, App(Settings(), Postman()).hosts)
    if names is not None:
        variables = {name: variables[name] for name in CLIENTS[names]}
    if arguments.shell == "json":
        say(json.dumps(variables, indent=2))
    else:
        for name, value in variables.items():
            say(SHELLS[arguments.shell](name, value))
    return 0
