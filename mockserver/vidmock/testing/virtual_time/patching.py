"""Replaces what chosen modules see under their own names, and puts it back: the process keeps its real clock."""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from vidmock.testing.virtual_time.patching_functions import FunctionPatching

CLIENT_PACKAGES = ("fal_client", "runpod", "runware", "tenacity", "backoff", "stamina", "urllib3.util.retry")
"""Packages whose sleeping is a client's: the providers' own, and what retries in them or for them."""

_OURS = "vidmock"
_INSTALLED = {"site-packages", "dist-packages"}
_STANDARD = tuple(sysconfig.get_path(name) + os.sep for name in ("stdlib", "platstdlib"))


class StandInModule(ModuleType):
    """A module with some of its names replaced; every other name is the real one's, whenever it is asked for."""

    def __init__(self, real: ModuleType, **replaced: Any) -> None:
        super().__init__(real.__name__, real.__doc__)
        self.__dict__.update(replaced)
        self.__dict__["_real"] = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["_real"], name)


class Patching:
    """Stand-ins in the place of objects, in the modules that are loaded when it is put on.

    *replace* gives what stands in for a value, or ``None`` to leave it.
    """

    def __init__(self, modules: Collection[ModuleType], replace: Callable[[Any], Any]) -> None:
        self._modules, self._replace = modules, replace
        self._worn: list[tuple[ModuleType, str, Any, Any]] = []
        self._inside = FunctionPatching(modules, replace)

    def put_on(self) -> None:
        self._inside.put_on()
        for module in self._modules:
            for name, real in tuple(vars(module).items()):
                if (stand := self._replace(real)) is not None:
                    setattr(module, name, stand)
                    self._worn.append((module, name, real, stand))

    def take_off(self) -> None:
        self._inside.take_off()
        while self._worn:
            module, name, real, stand = self._worn.pop()
            # What somebody else has put there meanwhile is not ours to take away.
            if vars(module).get(name) is stand:
                setattr(module, name, real)


def client_modules(project: Path, packages: Collection[str]) -> Iterator[ModuleType]:
    """The loaded modules of *packages*, of the clients that we know, and of the program itself (all below *project*).

    What is installed below *project* is not the program's, and neither are we.
    """
    named = tuple({*packages, *CLIENT_PACKAGES})
    below = tuple(f"{name}." for name in named)
    here = f"{project}".rstrip(os.sep) + os.sep
    for name, module in tuple(sys.modules.items()):
        if name in named or name.startswith(below):
            yield module
        elif name.partition(".")[0] != _OURS:
            file = getattr(module, "__file__", None) or ""
            if file.startswith(here) and not _is_installed(file):
                yield module


def _is_installed(file: str) -> bool:
    return file.startswith(_STANDARD) or not _INSTALLED.isdisjoint(Path(file).parts)
