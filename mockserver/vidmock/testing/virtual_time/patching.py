"""Replaces ``time``, ``asyncio`` and the like in the modules of clients, and puts them back.

Only what these modules hold under their own names changes: the rest of the process keeps the real clock.
"""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

CLIENT_PACKAGES = (
    "fal_client",
    "huggingface_hub",
    "runpod",
    "runware",
    "tenacity",
    "backoff",
    "stamina",
    "urllib3.util.retry",
)
"""Packages that always count as a client's: the providers' own, and what retries in them or for them."""

LATE_IMPORTERS = {"tenacity.asyncio": "_portable_async_sleep", "stamina._core": "_smart_sleep"}
"""Functions, by module, that import ``asyncio`` each time they are called. Their code is changed and not their name,
for what they decorated before has kept a reference to the function itself."""

_OURS = "vidmock"
_ALIAS = "_vidmock_{}"
_INSTALLED = {"site-packages", "dist-packages"}
_STANDARD = tuple(sysconfig.get_path(name) + os.sep for name in ("stdlib", "platstdlib"))

Replace = Callable[[Any], Any]
"""Gives what is to stand in for a value, or ``None`` to leave it."""


class StandInModule(ModuleType):
    """A copy of the module *real* with the members *replaced*; every other member is looked up in *real*."""

    def __init__(self, real: ModuleType, **replaced: Any) -> None:
        super().__init__(real.__name__, real.__doc__)
        self.__dict__.update(replaced)
        self.__dict__["_real"] = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["_real"], name)


class Patching:
    """Has *replace* applied to every global of *modules*, as they are when it begins, until it ends."""

    def __init__(self, modules: Collection[ModuleType], replace: Replace) -> None:
        self._modules, self._replace = modules, replace
        self._globals: list[tuple[ModuleType, str, Any, Any]] = []
        self._functions: list[tuple[FunctionType, CodeType, CodeType]] = []

    def begin(self) -> None:
        """Replace the globals, and what ``LATE_IMPORTERS`` import."""
        for module in self._modules:
            self._redirect_imports(vars(module).get(LATE_IMPORTERS.get(module.__name__, "")))
        for module in self._modules:
            for name, real in tuple(vars(module).items()):
                if (stand_in := self._replace(real)) is not None:
                    setattr(module, name, stand_in)
                    self._globals.append((module, name, real, stand_in))

    def end(self) -> None:
        """Put everything back, but for what somebody else has changed meanwhile."""
        while self._functions:
            function, real_code, code = self._functions.pop()
            if function.__code__ is code:
                function.__code__ = real_code
        while self._globals:
            module, name, real, stand_in = self._globals.pop()
            if vars(module).get(name) is stand_in:
                setattr(module, name, real)

    def _redirect_imports(self, function: object) -> None:
        """Have *function*, if it is one, import stand-ins in place of the modules that have one."""
        if isinstance(function, FunctionType):
            real_code = function.__code__
            code = real_code.replace(co_names=tuple(self._import_name(name) for name in real_code.co_names))
            if code != real_code:
                function.__code__ = code
                self._functions.append((function, real_code, code))

    def _import_name(self, name: str) -> str:
        """The name under which the stand-in of the module *name* can be imported; *name* where it has none."""
        stand_in = self._replace(sys.modules[name]) if name in sys.modules else None
        if stand_in is None:
            return name
        # It stays: a call that has begun may import it yet, and out of virtual time it does what the real one does.
        sys.modules[_ALIAS.format(name)] = stand_in
        return _ALIAS.format(name)


def client_modules(project: Path, packages: Collection[str]) -> Iterator[ModuleType]:
    """The loaded modules of *packages*, of ``CLIENT_PACKAGES``, and of the program itself (all below *project*).

    What is installed below *project* is not the program's, and vidmock is not either.
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
