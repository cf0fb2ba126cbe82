"""``vidmock serve``: runs the server until Ctrl-C."""

from __future__ import annotations

import argparse
import os
import re
import sys
from itertools import filterfalse
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from vidmock.cli import kept_state, media, own_models, serving
from vidmock.cli.address import parse_base_url, parse_external_urls
from vidmock.cli.console import Console
from vidmock.cli.farewell import Farewell
from vidmock.cli.page import open_page, page_address
from vidmock.cli.variables import in_the_users_words, take_variables
from vidmock.problems import BadRequest

if TYPE_CHECKING:
    from vidmock.engine.world.settings import Settings
    from vidmock.server.site import Site

DEFAULT_PORT = 8787
_LOG_FORMATS = ("text", "json")
_HOST = re.compile(r"[\w.:%*\[\]-]{1,253}", re.ASCII)
EXAMPLES = ("vidmock serve", "vidmock serve --clock scaled:20 --seed 7", "vidmock serve --scenario webhook-never-comes")


def add_options(parser: argparse.ArgumentParser) -> None:
    kept_state.add_state_option(parser)
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help=f"port to listen on; 0 for any ({DEFAULT_PORT})")
    parser.add_argument(
        "--workers", type=int, metavar="N", help="so many processes on this port, each key at one of them"
    )
    add_server_options(parser)
    parser.add_argument("--open", action="store_true", help="open the page of this server in the browser")
    about = "end when standard input does: with the program that starts it with a pipe there, even by kill -9"
    parser.add_argument("--until-stdin-closes", action="store_true", help=about)
    take_variables(parser, os.environ)


def add_server_options(parser: argparse.ArgumentParser) -> None:
    """Add every option that says how a server behaves, except for its port."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
    option = parser.add_argument_group("time and chance").add_argument
    option("--seed", type=int, default=0, help="what ids, seeds and latencies are drawn from (0)")
    option("--clock", default="real", metavar="MODE", help="real, scaled:K (K times as fast), step (by polls), manual")
    served = parser.add_argument_group("what is served")
    own_models.add_models_option(served)
    own_models.add_any_model_option(served)
    media.add_option(served)
    option = served.add_argument
    option("--behaviour", action="append", default=[], metavar="NAME=VALUE", help="see: vidmock models --behaviours")
    option("--scenario", metavar="NAME|FILE", help="have an incident happen; see: vidmock faults --scenarios")
    option("--no-magic-inputs", action="store_true", help="take prompts and keys for what they are: no faults in them")
    option = parser.add_argument_group("keys, hosts and addresses").add_argument
    option("--api-key", action="append", default=[], metavar="KEY", help="accept only this key; repeatable")
    option("--allow-host", action="append", default=[], metavar="HOST", help="let this host be contacted; repeatable")
    option("--tls-host", action="append", default=[], metavar="HOST", help="one more name to have a certificate for")
    option(
        "--external-url",
        action="append",
        default=[],
        metavar="[HOST=]URL",
        help="what stands for HOST, or the URL's own host, in URLs of answers; repeatable, one for each host",
    )
    option("--media-url", metavar="URL", help="what URLs of videos and uploads begin with, however a client came")
    option("--control-from-anywhere", action="store_true", help="let other machines use /_vidmock, with a token")
    option("--control-token", metavar="TOKEN", help="what that token is; else it is drawn, and printed")
    option = parser.add_argument_group("memory").add_argument
    option("--keep-jobs", type=int, default=10_000, metavar="N", help="finished jobs held per key (10000)")
    option("--keep-requests", type=int, default=1_000, metavar="N", help="journal entries per key (1000)")
    option("--memory", type=int, default=512, metavar="MB", help="what all keys together may hold (512)")
    option("--keep-keys", type=int, default=10_000, metavar="N", help="keys that are remembered (10000)")
    option = parser.add_argument_group("what is printed").add_argument
    option("--log-format", choices=_LOG_FORMATS, default="text", help="of the log: a line for people, or JSON (text)")
    option("--quiet", action="store_true", help="print nothing but errors")


def settings_of(arguments: argparse.Namespace) -> Settings:
    """The settings that *arguments* ask for.

    Raises:
        BadRequest: an option's value makes no sense; the message says what would.
    """
    from vidmock.engine.time.mode import Mode
    from vidmock.engine.world.behaviours import check_behaviours, parse_behaviours
    from vidmock.engine.world.settings import Settings

    if not 0 <= arguments.port <= 65535:
        raise BadRequest(f"--port must be between 0 and 65535, not {arguments.port}")
    for name in ("keep_jobs", "keep_requests"):
        if getattr(arguments, name) < 0:
            raise BadRequest(f"--{name.replace('_', '-')} must not be negative")
    _check_names(arguments)
    for name, least in (("memory", 16), ("keep_keys", 1)):
        if getattr(arguments, name) < least:
            raise BadRequest(f"--{name.replace('_', '-')} must be at least {least}")
    settings = Settings(
        seed=arguments.seed,
        clock=Mode.parse(arguments.clock),
        keys=frozenset(arguments.api_key),
        behaviours=parse_behaviours(arguments.behaviour),
        media=media.media_probe(arguments),
        catalog=own_models.catalog_of(arguments),
        keep_jobs=arguments.keep_jobs,
        keep_exchanges=arguments.keep_requests,
        memory=arguments.memory * 2**20,
        keep_worlds=arguments.keep_keys,
        allow_hosts=frozenset(arguments.allow_host),
        tls_hosts=frozenset(arguments.tls_host),
        external_urls=parse_external_urls(arguments.external_url),
        media_url="" if arguments.media_url is None else parse_base_url(arguments.media_url, "--media-url"),
        magic_inputs=not arguments.no_magic_inputs,
        control_token=_control_token(arguments),
    )
    if arguments.scenario is None:
        return settings
    import vidmock.providers.exchange.effects  # noqa: F401 - a scenario names effects, which are registered there
    from vidmock.engine.scenario.scenario import apply_to_settings, find_scenario

    scenario = find_scenario(arguments.scenario, settings.catalog)
    check_behaviours(scenario.behaviours)
    return apply_to_settings(settings, scenario)


def _check_names(arguments: argparse.Namespace) -> None:
    """Raises BadRequest: a key or host is empty, as where a shell's variable is not set, or cannot be one."""
    hosts = {"--host": [arguments.host], "--tls-host": arguments.tls_host, "--allow-host": arguments.allow_host}
    for option, values in {**hosts, "--api-key": arguments.api_key}.items():
        if "" in values:
            raise BadRequest(f"{option} must not be empty. Is a variable of the shell not set?")
    if wrong := next(filterfalse(str.isprintable, arguments.api_key), None):
        raise BadRequest(f"--api-key must be a text without control characters, not {wrong!r}")
    for option, values in hosts.items():
        if wrong := next(filterfalse(_HOST.fullmatch, values), None):
            raise BadRequest(f"{option} must be a host, such as app.test or 10.0.0.5, not {wrong!r}")


def _control_token(arguments: argparse.Namespace) -> str:
    """The token with which other machines may use the control API; empty where none may.

    Raises:
        BadRequest: there would be none to send, or nobody could know it.
    """
    token: str | None = arguments.control_token
    if token is not None and not (token and token.isascii() and token.isprintable() and " " not in token):
        raise BadRequest("--control-token must be a word of ASCII characters. Try: --control-token s3same")
    if not arguments.control_from_anywhere:
        if token is not None:
            raise BadRequest(
                "--control-token is for other machines. Try: --control-from-anywhere --control-token TOKEN"
            )
        return ""
    if token is None and arguments.quiet:
        raise BadRequest("--quiet prints no token. Try: --quiet --control-from-anywhere --control-token TOKEN")
    if token is None:
        import secrets

        token = secrets.token_urlsafe(16)
    return token


def control_line(settings: Settings) -> str:
    """How other machines use the control API; empty where they may not."""
    if not settings.control_token:
        return ""
    return f"/_vidmock on other machines:  curl -H 'x-vidmock-token: {settings.control_token}' …"


def run(arguments: argparse.Namespace) -> int:
    import asyncio
    import signal

    from vidmock.cli.standard_input import set_at_end_of_input
    from vidmock.server.server import Server, new_loop
    from vidmock.server.site import Site

    console = Console(quiet=arguments.quiet)
    places = own_models.places_of(arguments)
    try:
        if arguments.workers is not None:
            from vidmock.cli.workers import check_workers

            check_workers(arguments)
        settings = settings_of(arguments)
        replica_url = kept_state.replica_url_of(arguments)
    except BadRequest as problem:
        raise in_the_users_words(problem, os.environ) from problem
    if arguments.workers is not None:
        from vidmock.cli.workers import run_workers

        code, told = run_workers(arguments, settings, places, lambda site: greet(site, arguments))
        if code == 0 and not arguments.quiet:
            print(f"\n{told}", file=people(arguments))
        return code
    store = kept_state.store_of(arguments)
    try:
        site = Site(settings, arguments.host, arguments.port)
    except BaseException:
        if store:
            store.close()
        raise
    server = Server(site, console.say, store, replica_url)

    async def until_stopped() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        if arguments.until_stdin_closes:
            set_at_end_of_input(stop)
        await serving.serve_until(stop, server, places, lambda: greet(site, arguments))

    log = None if arguments.quiet else serving.begin_log(server.engine.worlds, sys.stdout, arguments.log_format)
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(until_stopped())
    # What is stuck takes no farewell either, and nobody could end the server.
    if log and (log.close() or people(arguments) is sys.stderr):
        print(f"\n{Farewell.of([*server.engine.worlds], server.refused, server.missing)}", file=people(arguments))
    return 0


def people(arguments: argparse.Namespace) -> TextIO:
    """Where people read. What a program reads has nothing else in it."""
    return sys.stderr if arguments.log_format == "json" else sys.stdout


def greet(site: Site, arguments: argparse.Namespace) -> None:
    """Say where the server is, and open its page if that is wanted."""
    # A program that starts beside it finds the certificate at once.
    certificate = site.certificate()
    if not arguments.quiet:
        print(banner(site.url, site.settings, certificate), file=people(arguments), flush=True)
    if arguments.open:
        open_page(site.url)


def banner(url: str, settings: Settings, certificate: Path) -> str:
    """What to set for each provider's own client, printed at the start."""
    import shlex

    from vidmock.providers.exchange.hosts import emulated_hosts
    from vidmock.server.external_urls import ExternalUrls

    key, keys = "any", "any API key will do"
    if settings.keys:
        key, *others = sorted(settings.keys)
        keys = f"only {'these keys' if others else 'this key'}: {', '.join([key, *others])}"
    if external := ExternalUrls(settings.external_urls, emulated_hosts()).first:
        url = external.url
    allowed = ", ".join(sorted(settings.allow_hosts))
    contacts = f"no other host than this machine's neighbours and {allowed}" if allowed else "nobody"
    elsewhere = f"\n  Control   {line}" if (line := control_line(settings)) else ""
    return f"""\
vidmock is at {url}  (clock: {settings.clock}; {keys}; Ctrl-C ends it)

  RunPod    {url}/runpod/v2
            export RUNPOD_ENDPOINT_BASE_URL={url}/runpod/v2   and in Python: runpod.api_key = "{key}"
  Runware   {url}/runware/v1
            Runware(api_key="{key}", transport="rest", http_base_url="{url}/runware/v1")   (runware-sdk)
  fal       {url}/fal/queue  and  {url}/fal/run
            export FAL_KEY={shlex.quote(key)}   and in Python:
            fal_client.client.QUEUE_URL_FORMAT = "{url}/fal/queue/"
            fal_client.client.RUN_URL_FORMAT = "{url}/fal/run/"
  Eachlabs  {url}/eachlabs/v1
            new Each({{ auth: "{key}", apiBaseUrl: "{url}/eachlabs/v1" }})
  TLS       on the same port, for clients that trust {certificate}{elsewhere}
  Page      {page_address(url)}   (all that happens here; --open opens it)

This server contacts {contacts}. To keep a whole program from reaching the real hosts: vidmock run -- COMMAND"""
