"""``vidmock doctor``: looks at what surrounds the program, and says what to type where something is wrong."""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from importlib.metadata import Distribution, MetadataPathFinder
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

from vidmock.cli import own_models
from vidmock.cli.docs import documentation_pages
from vidmock.cli.output import legible, say, say_json, takes_colours
from vidmock.cli.serve import DEFAULT_PORT
from vidmock.problems import Problem

EXAMPLES = ("vidmock doctor", "vidmock doctor --format json")
_MARKS: Final = {"ok": "\x1b[32mok   \x1b[0m", "note": "\x1b[33mnote \x1b[0m", "wrong": "\x1b[31mwrong\x1b[0m"}
_PROXIES: Final = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "https_proxy", "http_proxy", "all_proxy")
_TRUSTED_BY: Final[Mapping[str, str]] = {
    "SSL_CERT_FILE": "Python and OpenSSL",
    "REQUESTS_CA_BUNDLE": "requests",
    "CURL_CA_BUNDLE": "curl",
    "NODE_EXTRA_CA_CERTS": "Node",
}
_TOOLS: Final[Mapping[str, str]] = {
    "ffprobe": "to look into the videos",
    "chromium": "for a program that drives a browser",
    "node": "for clients in JavaScript",
}


@dataclass(frozen=True)
class Circumstance:
    """What was looked at, what is the case, and what to type; ``wrong`` makes the exit code 1."""

    about: str
    state: Literal["ok", "note", "wrong"]
    what: str
    to_type: str = ""


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument_group("exit codes", "0: nothing is wrong; 1: something is, and it is said what to type")
    parser.add_argument(
        "--port", type=int, default=DEFAULT_PORT, help=f"the port that a server is to have ({DEFAULT_PORT})"
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how to say what was found (text)")


def run(arguments: argparse.Namespace) -> int:
    found = [*examine_surroundings(arguments.port)]
    if arguments.format == "json":
        say_json([asdict(each) for each in found])
    else:
        width = max(len(each.about) for each in found)
        for each in found:
            mark = _MARKS[each.state] if takes_colours(sys.stdout) else f"{each.state:<5}"
            say(f"{mark}  {each.about:<{width}}  {legible(each.what)}")
            if each.to_type:
                say(f"{'':<{7 + width}}  type: {legible(each.to_type)}")
    return int(any(each.state == "wrong" for each in found))


def examine_surroundings(port: int) -> Iterator[Circumstance]:
    """Look at everything around a server at *port*; what cannot be looked at is a finding, too."""
    yield Circumstance("python", "ok", f"{sys.version.split()[0]} at {sys.executable}")
    for about, look in (
        ("state", _state),
        ("certificate", _certificate),
        ("models", _models),
        ("proxies", _proxies),
        ("variables", _variables),
        ("clients", _clients),
        ("tools", _tools),
    ):
        try:
            yield from look()
        except (Problem, OSError, ValueError) as error:
            yield Circumstance(about, "wrong", str(error), _CURES.get(about, ""))
    yield _port(port)


_CURES: Final[Mapping[str, str]] = {
    "state": "export VIDMOCK_STATE=/a/folder/that/you/can/write",
    "certificate": "export VIDMOCK_STATE=/a/folder/that/you/can/write",
    "models": "vidmock schemas check $VIDMOCK_MODELS",
}


def _state() -> Iterator[Circumstance]:
    from vidmock.server.authority_note import KEY_FILE
    from vidmock.server.state_folder import find_state_folder

    folder = find_state_folder(KEY_FILE)
    place = next(each for each in (folder, *folder.parents) if each.exists())
    try:
        # What the system says of rights is not true of read-only disks, nor for root.
        with tempfile.TemporaryFile(dir=place):
            yield Circumstance("state", "ok", f"{folder} can be written")
    except OSError as error:
        why = f"{folder} cannot be written: {(error.strerror or str(error)).lower()}"
        if os.access(folder / KEY_FILE, os.R_OK):
            yield Circumstance("state", "ok", f"{why}; it has the certificates already")
        else:
            yield Circumstance("state", "wrong", why, _CURES["state"])


def _certificate() -> Iterator[Circumstance]:
    from vidmock.providers.exchange.hosts import emulated_hosts
    from vidmock.server.authority_note import KEY_FILE, noted_certificate
    from vidmock.server.state_folder import find_state_folder

    file = noted_certificate(sorted(emulated_hosts()), find_state_folder(KEY_FILE))
    if file is None:
        yield Circumstance("certificate", "ok", "there is none that is still good: the next start makes one")
        return
    yield Circumstance("certificate", "ok", str(file))
    ours = file.read_bytes().strip()
    led = {name: value for name in _TRUSTED_BY if (value := os.environ.get(name))}
    for name, value in led.items():
        try:
            trusted = ours in Path(value).read_bytes()
        except OSError as error:
            yield Circumstance(
                "trust", "wrong", f"{name}={value}: {(error.strerror or str(error)).lower()}", f"unset {name}"
            )
            continue
        who = _TRUSTED_BY[name]
        if trusted:
            yield Circumstance("trust", "ok", f"{who} trust it by {name}")
        else:
            yield Circumstance(
                "trust",
                "note",
                f"{name}={value} has another certificate: {who} will refuse the mock's TLS",
                'eval "$(vidmock env)"',
            )
    if not led:
        yield Circumstance(
            "trust",
            "note",
            "this shell's programs do not trust it, which only hard-coded hosts need",
            'eval "$(vidmock env)"',
        )


def _port(port: int) -> Circumstance:
    from vidmock.server.port import PortTaken, bind

    if not 0 <= port <= 65535:
        return Circumstance("port", "wrong", f"{port} is no port", "vidmock serve --port 0")
    try:
        with closing(bind("127.0.0.1", port)):
            return Circumstance("port", "ok", f"{port} is free")
    except PortTaken as taken:
        if _is_ours(port):
            return Circumstance("port", "ok", f"a vidmock is at http://127.0.0.1:{port} already")
        return Circumstance("port", "wrong", str(taken), "vidmock serve --port 0")


def _is_ours(port: int) -> bool:
    """Whether a vidmock answers at *port*."""
    import http.client

    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=2)) as connection:
        try:
            connection.request("GET", "/_vidmock/")
            return b"/_vidmock" in connection.getresponse().read(65_536)
        except (OSError, http.client.HTTPException):
            return False


def _models() -> Iterator[Circumstance]:
    catalog = own_models.catalog_of(argparse.Namespace(models=None, quiet=True))
    places = os.environ.get(own_models.VARIABLE)
    said = f", with those of {own_models.VARIABLE}={places}" if places else ""
    yield Circumstance("models", "ok", f"{len(catalog.models())} are served{said}")


def _proxies() -> Iterator[Circumstance]:
    set_here = {name: value for name in _PROXIES if (value := os.environ.get(name))}
    away = {name: value for name, value in set_here.items() if not _is_loopback(value)}
    exempt = {entry.strip() for name in ("NO_PROXY", "no_proxy") for entry in os.environ.get(name, "").split(",")}
    if not away:
        led = f"{', '.join(set_here)} lead to this machine" if set_here else "none"
        yield Circumstance("proxies", "ok", led)
    elif exempt & {"127.0.0.1", "*"}:
        yield Circumstance("proxies", "ok", f"{', '.join(away)}, and NO_PROXY exempts 127.0.0.1")
    else:
        name, value = next(iter(away.items()))
        yield Circumstance(
            "proxies",
            "wrong",
            f"{name}={value}: some clients send the mock's requests there",
            'export NO_PROXY="127.0.0.1,localhost${NO_PROXY:+,$NO_PROXY}"',
        )


def _is_loopback(url: str) -> bool:
    host = urlsplit(url if "://" in url else f"http://{url}").hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")


def _variables() -> Iterator[Circumstance]:
    from vidmock.interception.environment import CLIENT_VARIABLES

    names = {name for needed in CLIENT_VARIABLES.values() for name in needed if name.endswith("_URL")}
    for name in sorted(names):
        if (value := os.environ.get(name)) and not _is_loopback(value):
            yield Circumstance("variables", "wrong", f"{name}={value} leads clients past the mock", f"unset {name}")
    keys = sorted({name for needed in CLIENT_VARIABLES.values() for name in needed if name.endswith("_KEY")})
    if real := [name for name in keys if (value := os.environ.get(name)) and not value.startswith("vidmock")]:
        yield Circumstance(
            "variables", "note", f"{', '.join(real)} may be real: vidmock run and env give clients others"
        )


def tried_clients() -> dict[str, str]:
    """The version of each client that the tests run, as the page of the clients has it."""
    rows = re.findall(
        r"^\| `([^`]+)` \([^)]*\) \| ([\d.]+) \|", documentation_pages()["clients"].read_text("utf-8"), re.MULTILINE
    )
    return dict(rows)


def _clients() -> Iterator[Circumstance]:
    tried = tried_clients()
    found = {name: version for name in tried if (version := _installed(name))}
    for name, version in found.items():
        if version == tried[name]:
            yield Circumstance("clients", "ok", f"{name} {version}, as in the tests")
        else:
            yield Circumstance("clients", "note", f"{name} {version}; the tests run {tried[name]}")
    if not found:
        yield Circumstance("clients", "note", "none of the providers' is installed here", "vidmock docs clients")


def _installed(name: str) -> str | None:
    """The version of a client in this folder's ``node_modules``, its virtual environment, or that of the shell."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        file = folder / "node_modules" / name / "package.json"
        if file.is_file():
            try:
                return str(json.loads(file.read_bytes())["version"])
            except (ValueError, KeyError, TypeError):
                return "of no version"
    homes = [here / ".venv", *([Path(active)] if (active := os.environ.get("VIRTUAL_ENV")) else [])]
    paths = [str(place) for home in homes for place in home.glob("lib/python3*/site-packages")]
    context = MetadataPathFinder.Context(name=name, path=[*paths, *sys.path])
    first: Distribution | None = next(iter(MetadataPathFinder.find_distributions(context)), None)
    return first.version if first else None


def _tools() -> Iterator[Circumstance]:
    for name, purpose in _TOOLS.items():
        place = shutil.which(name)
        yield Circumstance(
            "tools", "ok", f"{name} is {place}" if place else f"{name} is not here; it is needed only {purpose}"
        )
