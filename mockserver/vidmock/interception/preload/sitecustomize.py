"""Loaded by Python before a program that `vidmock run` starts (PYTHONPATH): not every client obeys HTTPS_PROXY.

aiohttp, which several clients are built on, does so only when told to. The standard library's ``http.client`` never
does, so the emulated hosts' names resolve to the mock's address.
"""

from __future__ import annotations

import functools
import importlib
import importlib.abc
import importlib.util
import os
import socket
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any


def _resolve_to_mock() -> None:
    """Have the emulated names resolve to the mock's address and port."""
    mock_host, _, mock_port = os.environ["VIDMOCK_URL"].partition("//")[2].rpartition(":")
    emulated = frozenset(os.environ["VIDMOCK_HOSTS"].split(","))
    resolve = socket.getaddrinfo

    def getaddrinfo(host: Any, port: Any, *more: Any, **options: Any) -> Any:
        name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
        if name in emulated:
            host, port = mock_host.strip("[]"), mock_port
        return resolve(host, port, *more, **options)

    socket.getaddrinfo = getaddrinfo


class _AiohttpFinder(importlib.abc.MetaPathFinder):
    """Finds aiohttp when it is imported, and has its sessions use the proxies of the environment."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name != "aiohttp":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            load = spec.loader.exec_module

            def exec_module(module: ModuleType) -> None:
                load(module)
                _use_proxies(module.ClientSession)

            spec.loader.exec_module = exec_module  # type: ignore[method-assign]  # of this one loader only
        return spec


def _use_proxies(session: Any) -> None:
    begin = session.__init__

    @functools.wraps(begin)
    def begin_with_proxies(self: Any, *given: Any, **options: Any) -> None:
        begin(self, *given, **{**options, "trust_env": True})

    session.__init__ = begin_with_proxies


def _load_hidden_sitecustomize() -> None:
    """Load the user's or the system's ``sitecustomize`` as well: Python loads only the first of that name, ours."""
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [folder for folder in sys.path if os.path.abspath(folder) != here]
    ours = sys.modules.pop("sitecustomize", None)
    try:
        importlib.import_module("sitecustomize")
    except ImportError:
        if ours is not None:
            sys.modules["sitecustomize"] = ours


if "VIDMOCK_URL" in os.environ:
    _resolve_to_mock()
    sys.meta_path.insert(0, _AiohttpFinder())
    _load_hidden_sitecustomize()
