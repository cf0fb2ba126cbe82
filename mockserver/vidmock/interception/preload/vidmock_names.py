"""Decides what becomes of the host names that this process asks for: led to a mock, refused, or left alone.

It is loaded into programs that do not have vidmock installed (by ``sitecustomize``, beside it), so it stands alone and
keeps to what old versions of Python know.
"""

from __future__ import annotations

import functools
import importlib.abc
import importlib.util
import ipaddress
import socket
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

    Address = tuple[str, int]
    Rule = Callable[[str], Address | None]

PROVIDERS = {
    "eachlabs.ai": "eachlabs",
    "fal.ai": "fal",
    "fal.media": "fal",
    "fal.run": "fal",
    "falrun.com": "fal",
    "runpod.ai": "runpod",
    "runpod.io": "runpod",
    "runware.ai": "runware",
}
"""What the names of all emulated hosts end with, and those of the providers' other hosts; and whose they are."""

LOCAL_SUFFIXES = (".localhost", ".local", ".internal", ".test", ".lan", ".home.arpa")
"""Of names that are reserved for local use."""

_MISSING = object()


class RealHostRefused(socket.gaierror):
    """A name is not looked up: its text says why, and what to write. To clients it is a name that does not resolve."""

    def __init__(self, why: str, code: int = socket.EAI_FAIL) -> None:
        super().__init__(code, why)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.args[1], self.args[0])


class KeptFromProvider(BaseException):
    """A program that a test has started asked for a provider, and was not led to the mock: its text says what to do.

    Clients try again what does not resolve, for up to a minute. No client catches this.
    """


def provider_of(name: str) -> str:
    """The provider whose host has *name*, in small letters; empty for all others."""
    return next((whose for end, whose in PROVIDERS.items() if name == end or name.endswith("." + end)), "")


def is_public_name(host: str) -> bool:
    """Whether *host* is a dotted name that is not reserved for local use: not an address, not ``app.localhost``."""
    if "." not in host or host.endswith(LOCAL_SUFFIXES):
        return False
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return True
    return False


class Names:
    """What becomes of the hosts that this process asks for. Rules say it, the one that was begun last first.

    A rule is given a name, in small letters, or an address. It gives the address to go to instead, or raises (then not
    even a query leaves this machine), or gives ``None`` and leaves it to the others.
    """

    def __init__(self) -> None:
        self._rules: list[Rule] = []
        self._replaced: list[tuple[Any, str, Any]] = []
        self._watching = False

    @contextmanager
    def under(self, rule: Rule) -> Iterator[None]:
        """Have *rule* decide first, until the end."""
        self.begin(rule)
        try:
            yield
        finally:
            self._rules.remove(rule)
            if not self._rules:
                self._put_back()

    def begin(self, rule: Rule) -> None:
        """Have *rule* decide first from now on."""
        self._rules.append(rule)
        if len(self._rules) == 1:
            self._replace()
        if not self._watching:
            self._watching = True
            # A hook of the interpreter stays until its end. It sees also what was imported before we came.
            sys.addaudithook(self._audit)
            after_import("uvloop", self._replace_in_uvloop)
            after_import("pycares", self._replace_in_pycares)

    def find(self, host: Any) -> Address | None:
        """Where to go for *host*; ``None`` where it is left alone.

        Raises:
            RealHostRefused: nowhere; or what else the rule raises.
        """
        __tracebackhide__ = True  # by pytest: what was asked for stands in the test, or in its client
        if not self._rules or not isinstance(host, (str, bytes, bytearray)):
            return None
        name = host if isinstance(host, str) else bytes(host).decode("ascii", "replace")
        name = name.lower().rstrip(".")
        for rule in reversed(self._rules):
            if found := rule(name):
                return found
        return None

    def _audit(self, event: str, given: tuple[Any, ...]) -> None:
        """Refuse what has come by a way on which no name can be replaced."""
        if not self._rules or not event.startswith("socket."):
            return
        host: Any = None
        if event in ("socket.getaddrinfo", "socket.gethostbyname"):
            host = given[0]
        elif event in ("socket.connect", "socket.sendto") and isinstance(given[1], tuple):
            host = given[1][0]
        if self.find(host) is not None:
            raise RealHostRefused(f"{host} cannot be led to the mock here: give this client the mock's own URL")

    def _replace(self) -> None:
        resolve = socket.getaddrinfo

        @functools.wraps(resolve)
        def getaddrinfo(host: Any, port: Any, *more: Any, **options: Any) -> Any:
            __tracebackhide__ = True
            host, port = self.find(host) or (host, port)
            return resolve(host, port, *more, **options)

        self._set(socket, "getaddrinfo", getaddrinfo)
        for name in ("connect", "connect_ex"):
            self._set(socket.socket, name, self._connecting(getattr(socket.socket, name)))
        for module, replace in (("uvloop", self._replace_in_uvloop), ("pycares", self._replace_in_pycares)):
            if module in sys.modules:
                replace(sys.modules[module])

    def _connecting(self, connect: Any) -> Any:
        """*connect* of a socket, which looks up the names that it is given by itself."""

        @functools.wraps(connect)
        def connect_elsewhere(this: Any, address: Any) -> Any:
            __tracebackhide__ = True
            return connect(this, (isinstance(address, tuple) and self.find(address[0])) or address)

        return connect_elsewhere

    def _replace_in_uvloop(self, uvloop: ModuleType) -> None:
        """Its loops look names up by themselves."""
        resolve, connect = uvloop.Loop.getaddrinfo, uvloop.Loop.create_connection

        @functools.wraps(resolve)
        async def getaddrinfo(this: Any, host: Any, port: Any, **options: Any) -> Any:
            host, port = self.find(host) or (host, port)
            return await resolve(this, host, port, **options)

        @functools.wraps(connect)
        async def create_connection(this: Any, make: Any, host: Any = None, port: Any = None, **options: Any) -> Any:
            if found := self.find(host):
                if options.get("ssl"):
                    options.setdefault("server_hostname", host)
                host, port = found
            return await connect(this, make, host, port, **options)

        self._set(uvloop.Loop, "getaddrinfo", getaddrinfo)
        self._set(uvloop.Loop, "create_connection", create_connection)

    def _replace_in_pycares(self, pycares: ModuleType) -> None:
        """It asks the name servers by itself; aiohttp does so through it."""
        resolve, query = pycares.Channel.getaddrinfo, pycares.Channel.query

        @functools.wraps(resolve)
        def getaddrinfo(this: Any, host: Any, port: Any, *more: Any, **options: Any) -> Any:
            host, port = self.find(host) or (host, port)
            return resolve(this, host, port, *more, **options)

        @functools.wraps(query)
        def ask(this: Any, name: Any, *more: Any, **options: Any) -> Any:
            self._audit("socket.gethostbyname", (name,))
            return query(this, name, *more, **options)

        self._set(pycares.Channel, "getaddrinfo", getaddrinfo)
        self._set(pycares.Channel, "query", ask)

    def _set(self, owner: Any, name: str, value: Any) -> None:
        if self._rules:
            self._replaced.append((owner, name, vars(owner).get(name, _MISSING)))
            setattr(owner, name, value)

    def _put_back(self) -> None:
        while self._replaced:
            owner, name, real = self._replaced.pop()
            if real is _MISSING:
                delattr(owner, name)
            else:
                setattr(owner, name, real)


class _AfterImport(importlib.abc.MetaPathFinder):
    """Finds the module *name* when it is imported, and has *act* called with it."""

    def __init__(self, name: str, act: Callable[[ModuleType], None]) -> None:
        self._name, self._act = name, act

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name != self._name:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            load = spec.loader.exec_module

            def exec_module(module: ModuleType) -> None:
                load(module)
                self._act(module)

            spec.loader.exec_module = exec_module  # type: ignore[method-assign]  # of this one loader only
        return spec


def after_import(name: str, act: Callable[[ModuleType], None]) -> None:
    """Have *act* called with the module *name* once it is imported, if it is not yet."""
    if name not in sys.modules:
        sys.meta_path.insert(0, _AfterImport(name, act))


NAMES = Names()
"""Those of this process."""
