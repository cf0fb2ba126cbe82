"""``vidmock env``: prints the shell commands that point a client at a running server."""

from __future__ import annotations

import argparse
import json
import os
import shlex
from collections.abc import Callable, Mapping
from itertools import filterfalse
from urllib.parse import urlsplit

from vidmock.cli.address import parse_address
from vidmock.cli.output import say
from vidmock.cli.serve import DEFAULT_PORT
from vidmock.interception.environment import APPENDED, CLIENT_VARIABLES, SHARED, client_environment, lead_later_java
from vidmock.interception.preload.vidmock_names import is_public_name
from vidmock.problems import BadRequest, did_you_mean

_NOT_IN_ACTIONS = "NODE_OPTIONS"
"""GitHub's runner refuses a file that sets it, says its page of workflow commands: a step with Node sets it itself."""


def _bash(name: str, value: str) -> str:
    if name in APPENDED:
        return f'export {name}="${{{name}:-}}"{shlex.quote(value)}'
    line = f"export {name}={shlex.quote(value)}"
    # No separator where the user has no value: Python reads an empty entry as the working folder.
    return f'{line}"${{{name}:+{SHARED[name]}${name}}}"' if name in SHARED else line


def _fish(name: str, value: str) -> str:
    if name in APPENDED:
        return f'set -gx {name} "${name}"{shlex.quote(value)}'
    # A list: fish joins it with the right separator by itself.
    return f"set -gx {name} {shlex.quote(value)}" + (f" ${name}" if name in SHARED else "")


def _powershell(name: str, value: str) -> str:
    quoted = value.replace("'", "''")
    if name in APPENDED:
        return f"$env:{name} += '{quoted}'"
    if name in SHARED:
        return f"$env:{name} = ('{quoted}', $env:{name} | Where-Object {{ $_ }}) -join '{SHARED[name]}'"
    return f"$env:{name} = '{quoted}'"


def _github(name: str, value: str) -> str:
    """A line of the file that ``$GITHUB_ENV`` names. What was set before is kept, as in a shell."""
    before = os.environ.get(name, "")
    if name in APPENDED:
        value = f"{before}{value}"
    elif name in SHARED and before:
        value = f"{value}{SHARED[name]}{before}"
    end = "end"
    while end in value:
        end += "_"
    return f"{name}<<{end}\n{value}\n{end}"


SHELLS: Mapping[str, Callable[[str, str], str]] = {
    "bash": _bash,
    "fish": _fish,
    "powershell": _powershell,
    "github": _github,
    "dotenv": lambda name, value: f"{name}={json.dumps(value)}",
}
EXAMPLES = (
    'eval "$(vidmock env)"',
    "vidmock env fal-client --shell fish",
    "vidmock env --shell dotenv > .env",
)


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("client", nargs="?", help=f"only what this one needs: {', '.join(CLIENT_VARIABLES)}")
    parser.add_argument("--shell", choices=[*SHELLS, "json"], default="bash", help="how to print it (bash)")
    parser.add_argument("--url", default=f"http://127.0.0.1:{DEFAULT_PORT}", help="where the server is")
    option = parser.add_argument
    option("--api-key", action="append", default=[], metavar="KEY", help="a key that the server accepts; repeatable")
    option("--allow-host", action="append", default=[], metavar="HOST", help="as the server has it; repeatable")


def run(arguments: argparse.Namespace) -> int:
    from vidmock.providers.exchange.hosts import emulated_hosts
    from vidmock.server.tls import ServerCertificate

    client = arguments.client
    if client is not None and client not in CLIENT_VARIABLES:
        raise BadRequest(
            f"no client {client!r} here.{did_you_mean(client, CLIENT_VARIABLES)} Known: {', '.join(CLIENT_VARIABLES)}"
        )
    hosts = emulated_hosts()
    url = parse_address(arguments.url)
    variables = client_environment(
        url,
        ServerCertificate(hosts).file(),
        hosts,
        keys=arguments.api_key,
        environ=os.environ,
        direct=[urlsplit(url).hostname or "", *filterfalse(is_public_name, arguments.allow_host)],
    )
    variables["VIDMOCK_ALLOW_HOSTS"] = ",".join(sorted(host.lower() for host in arguments.allow_host))
    variables |= lead_later_java(variables, os.environ)
    if client is not None:
        variables = {name: variables[name] for name in CLIENT_VARIABLES[client] if name in variables}
    if arguments.shell == "json":
        say(json.dumps(variables, indent=2))
    else:
        for name, value in variables.items():
            if arguments.shell == "github" and name == _NOT_IN_ACTIONS:
                continue
            say(SHELLS[arguments.shell](name, value))
    return 0
