"""Loaded by Python before a program that `vidmock run`, or a test, starts (PYTHONPATH).

Not every client obeys HTTPS_PROXY: aiohttp, which several clients are built on, does so only when told to, and the
standard library's ``http.client`` never does. So the emulated hosts' names resolve to the mock's address, and no other
public name resolves. Where there is no mock, those of the providers do not.
"""

from __future__ import annotations

import functools
import importlib
import os
import socket
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    Address = tuple[str, int]

_HERE = os.path.dirname(os.path.abspath(__file__))


def _rule_of_mock(names: Any, url: str) -> Callable[[str], Address | None]:
    """Lead the emulated names to the mock at *url*, and refuse other public ones that are not allowed."""
    mock_host, _, mock_port = url.partition("//")[2].rpartition(":")
    mock = mock_host.strip("[]"), int(mock_port)
    emulated = frozenset(os.environ["VIDMOCK_HOSTS"].split(","))
    allowed = frozenset(os.environ.get("VIDMOCK_ALLOW_HOSTS", "").split(","))

    def rule(host: str) -> Address | None:
        if host in emulated:
            return mock
        if host in allowed or host == mock[0] or not names.is_public_name(host):
            return None
        _report(mock, host)
        raise names.RealHostRefused(
            f"{host} is not emulated: nothing leaves this machine (vidmock run --allow-host {host})"
        )

    return rule


def _report(mock: Address, host: str) -> None:
    """Have the mock name *host* at the end of the run, as it does with those that it is asked for as a proxy."""
    try:
        with socket.create_connection(mock, 5) as connection:
            connection.sendall(f"CONNECT {host}:443 HTTP/1.1\r\nhost: {host}\r\n\r\n".encode("ascii", "replace"))
            connection.recv(1)
    except OSError:
        pass


def _rule_of_test(names: Any) -> Callable[[str], Address | None]:
    """Refuse the providers' names: a test has started this program, and did not lead it to a mock."""

    def rule(host: str) -> Address | None:
        provider = names.provider_of(host)
        if provider:
            raise names.KeptFromProvider(os.environ["VIDMOCK_KEPT_WHY"].format(host=host, provider=provider))
        return None

    return rule


def _use_proxies(aiohttp: Any) -> None:
    """Have aiohttp's sessions use the proxies of the environment."""
    begin = aiohttp.ClientSession.__init__

    @functools.wraps(begin)
    def begin_with_proxies(self: Any, *given: Any, **options: Any) -> None:
        begin(self, *given, **{**options, "trust_env": True})

    aiohttp.ClientSession.__init__ = begin_with_proxies


def _load_hidden_sitecustomize() -> None:
    """Load the user's or the system's ``sitecustomize`` as well: Python loads only the first of that name, ours."""
    sys.path[:] = [folder for folder in sys.path if os.path.abspath(folder) != _HERE]
    ours = sys.modules.pop("sitecustomize", None)
    try:
        importlib.import_module("sitecustomize")
    except ImportError:
        if ours is not None:
            sys.modules["sitecustomize"] = ours


if "VIDMOCK_URL" in os.environ or "VIDMOCK_KEPT_FROM" in os.environ:
    _names = importlib.import_module("vidmock_names")
    if "VIDMOCK_URL" in os.environ:
        _names.NAMES.begin(_rule_of_mock(_names, os.environ["VIDMOCK_URL"]))
        _names.after_import("aiohttp", _use_proxies)
    else:
        _names.NAMES.begin(_rule_of_test(_names))
    _load_hidden_sitecustomize()
