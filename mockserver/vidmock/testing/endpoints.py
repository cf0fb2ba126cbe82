"""The providers' addresses on a mock, and what points their clients at them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from vidmock.interception.environment import client_environment, keep_theirs


@dataclass(frozen=True, slots=True)
class FalEndpoints:
    """fal's two APIs."""

    queue_url: str
    run_url: str

    @property
    def url(self) -> str:
        return self.queue_url


@dataclass(frozen=True, slots=True)
class ProviderEndpoint:
    """A provider with one base URL."""

    url: str


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The addresses on the mock at *url*, for the world of *key*.

    *hosts* are the providers' real host names, which are emulated. *certificate* gives the file of the authority that
    clients must trust for TLS, and makes it if there is none.
    """

    url: str
    hosts: Collection[str]
    certificate: Callable[[], Path]
    key: str | None = None

    @property
    def fal(self) -> FalEndpoints:
        return FalEndpoints(f"{self.url}/fal/queue", f"{self.url}/fal/run")

    @property
    def runpod(self) -> ProviderEndpoint:
        return ProviderEndpoint(f"{self.url}/runpod/v2")

    @property
    def runware(self) -> ProviderEndpoint:
        return ProviderEndpoint(f"{self.url}/runware/v1")

    @property
    def eachlabs(self) -> ProviderEndpoint:
        return ProviderEndpoint(f"{self.url}/eachlabs/v1")

    def mock_of(self, host: str) -> tuple[str, int] | None:
        """The mock's address, where *host* is emulated."""
        mock = urlsplit(self.url)
        return (mock.hostname or "", mock.port or 80) if host in self.hosts else None

    def environment(self) -> dict[str, str]:
        """The variables that point clients here: those of other processes, and those that are not imported here yet."""
        found = client_environment(self.url, self.certificate(), self.hosts, keys=[self.key] if self.key else ())
        return found | keep_theirs(found, os.environ)

    def client_attributes(self) -> Iterator[tuple[object, str, str]]:
        """Module, name and value of each attribute that points a client here that is imported already."""
        wanted = {
            "fal_client.client": {
                "QUEUE_URL_FORMAT": f"{self.fal.queue_url}/",
                "RUN_URL_FORMAT": f"{self.fal.run_url}/",
            },
            "runpod": {"endpoint_url_base": self.runpod.url, "api_key": self.key or "vidmock-offline"},
        }
        for name, values in wanted.items():
            if module := sys.modules.get(name):
                for attribute, value in values.items():
                    yield module, attribute, value
