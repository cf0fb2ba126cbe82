"""Loaded into Python by `vidmock run` (PYTHONPATH): not every client looks at HTTPS_PROXY by itself.

aiohttp, on which several clients rest, does so only when told; the standard library's ``http.client`` never does, and
is led to the mock where names become addresses.
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


def _lead() -> None:
    """Have the emulated names resolve to the mock, address and port."""
    mock_host, _, mock_port = os.environ["VIDMOCK_URL"].partition("//")[2].rpartition(":")
    emulated = frozenset(os.environ["VIDMOCK_HOSTS"].split(","))
    resolve = socket.getaddrinfo

    def getaddrinfo(host: Any, port: Any, *more: Any, **options: Any) -> Any:
        name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
        if name in emulated:
            host, port = mock_host.strip("[]"), mock_port
        return resolve(host, port, *more, **options)

    socket.getaddrinfo = getaddrinfo


class _Aiohttp(importlib.abc.MetaPathFinder):
    """Finds aiohttp, once, and has its sessions look at the environment's proxies."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name != "aiohttp":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            load = spec.loader.exec_module

            def exec_module(module: ModuleType) -> None:
                load(module)
                _look_at_proxies(module.ClientSession)

            spec.loader.exec_module = exec_module  # type: ignore[method-assign]  # of this one loader only
        return spec


def _look_at_proxies(session: Any) -> None:
    begin = session.__init__

    @functools.wraps(begin)
    def begin_with_proxies(self: Any, *given: Any, **options: Any) -> None:
        begin(self, *given, **{**options, "trust_env": True})

    session.__init__ = begin_with_proxies


def _load_the_one_behind() -> None:
    """Python loads one module of this name: the user's or the system's must not be lost behind ours."""
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [folder for folder in sys.path if os.path.abspath(folder) != here]
    ours = sys.modules.pop("sitecustomize", None)
    try:
        importlib.import_module("sitecustomize")
    except ImportError:
        if ours is not None:
            sys.modules["sitecustomize"] = ours


if "VIDMOCK_URL" in os.environ:
    _lead()
    sys.meta_path.insert(0, _Aiohttp())
    _load_the_one_behind()
