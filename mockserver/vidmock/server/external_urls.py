"""The URLs by which clients reach this server, where neither a proxy nor the request says it: ``--external-url``."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class External:
    """Where clients reach this server that came by *host*, with or without a port: *scheme*, *netloc* and *prefix*."""

    host: str
    scheme: str
    netloc: str
    prefix: str

    @classmethod
    def parse(cls, text: str) -> External:
        """*text* is ``https://mock.example.test/path``, or ``mock:8787=https://…`` for a proxy that replaces Host."""
        host, url = split_external(text)
        parts = urlsplit(url)
        return cls(host.lower() or parts.hostname or "", parts.scheme, parts.netloc, parts.path.rstrip("/"))

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.netloc}{self.prefix}"

    @property
    def hostname(self) -> str:
        """The name that clients use."""
        return name_of(self.netloc.lower())


class ExternalUrls:
    """One :class:`External` for each host of *texts*; *emulated* are the providers' own hosts."""

    def __init__(self, texts: Iterable[str], emulated: Collection[str]) -> None:
        self._by_host = {external.host: external for external in map(External.parse, texts)}
        self._emulated = emulated

    @property
    def first(self) -> External | None:
        """The first that is not for a provider's own host: for clients that name no host, and what people are told."""
        return next((one for one in self._by_host.values() if not self.renames(name_of(one.host))), None)

    @property
    def names(self) -> frozenset[str]:
        """The names of this server in them; a provider's own host is none."""
        both = {name for one in self._by_host.values() for name in (one.hostname, name_of(one.host))}
        return frozenset(both.difference(self._emulated))

    def find(self, host: str) -> External | None:
        """That for a client that came by *host*, perhaps with a port: one that has the port as well goes first."""
        return self._by_host.get(host) or self._by_host.get(name_of(host))

    def renames(self, host: str) -> bool:
        """Whether *host* is a provider's own, and does not keep its name."""
        external = self.find(host) if host in self._emulated else None
        return external is not None and external.hostname not in self._emulated


def split_external(text: str) -> tuple[str, str]:
    """The two parts of ``HOST=URL``; the host is empty where there is a URL alone."""
    host, equals, url = text.partition("=")
    return (host, url) if equals and "://" not in host else ("", text)


def name_of(host: str) -> str:
    """*host* less its port, the brackets of an IPv6 address, and the dot at its end."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].rstrip(".")
