"""Imports the client that a command line names."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import cast

from vidmock.kit.client import MakeClient
from vidmock.problems import did_you_mean


class ClientNotFound(Exception):
    """The name leads to no client; ``str()`` says which step failed."""


def load_client(spec: str) -> MakeClient:
    """The callable behind ``package.module:name`` or ``path/to/file.py:name``.

    Raises:
        ClientNotFound: there is no such module, or no callable of that name in it.
    """
    place, colon, name = spec.rpartition(":")
    if not colon or not place or not name:
        raise ClientNotFound(f"{spec!r} is not of the form 'module:callable' or 'path/to/file.py:callable'")
    made = load_module(Path(place)) if place.endswith(".py") else _imported(place)
    if not hasattr(made, name):
        named = [other for other, found in vars(made).items() if callable(found) and not other.startswith("_")]
        raise ClientNotFound(f"{place} has no {name!r}.{did_you_mean(name, named)}")
    found = getattr(made, name)
    if not callable(found):
        raise ClientNotFound(f"{name!r} in {place} is a {type(found).__name__}, and cannot be called")
    return cast("MakeClient", found)


def load_module(file: Path) -> ModuleType:
    """The module in *file*, in any folder. It runs once; later calls give the same module.

    Raises:
        ClientNotFound: there is no such file.
    """
    file = file.resolve()
    name = f"vidmock-kit:{file}"
    if name not in sys.modules:
        found = importlib.util.spec_from_file_location(name, file)
        if found is None or found.loader is None or not file.is_file():
            raise ClientNotFound(f"there is no Python file {file}")
        # A dataclass looks its module up in sys.modules while its class is made.
        sys.modules[name] = made = importlib.util.module_from_spec(found)
        try:
            found.loader.exec_module(made)
        except BaseException:
            del sys.modules[name]
            raise
    return sys.modules[name]


def _imported(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise ClientNotFound(f"cannot import {name!r}: {error}. Is its folder on PYTHONPATH?") from error
