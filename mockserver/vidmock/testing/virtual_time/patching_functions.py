"""Functions of clients that import a module when they are called, and not with their own: led to its stand-in."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from types import CodeType, FunctionType, ModuleType
from typing import Any

IMPORTING = {"tenacity.asyncio": "_portable_async_sleep", "stamina._core": "_smart_sleep"}
"""By module. Replacing them under their names would be in vain: what was decorated before has kept them."""

_ALIAS = "_vidmock_{}"


class FunctionPatching:
    """The functions of *modules*, whose imports are of what *replace* gives for the module in question."""

    def __init__(self, modules: Iterable[ModuleType], replace: Callable[[Any], Any]) -> None:
        self._modules, self._replace = modules, replace
        self._changed: list[tuple[FunctionType, CodeType, CodeType]] = []

    def put_on(self) -> None:
        for module in self._modules:
            function = vars(module).get(IMPORTING.get(module.__name__, ""))
            if isinstance(function, FunctionType):
                real = function.__code__
                code = real.replace(co_names=tuple(self._led(name) for name in real.co_names))
                if code != real:
                    function.__code__ = code
                    self._changed.append((function, real, code))

    def take_off(self) -> None:
        while self._changed:
            function, real, code = self._changed.pop()
            if function.__code__ is code:
                function.__code__ = real

    def _led(self, name: str) -> str:
        stand = self._replace(sys.modules[name]) if name in sys.modules else None
        if stand is None:
            return name
        # It stays: a call that has begun may import it yet, and out of virtual time it does what the real one does.
        sys.modules[_ALIAS.format(name)] = stand
        return _ALIAS.format(name)
