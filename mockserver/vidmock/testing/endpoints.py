"""Where the providers are on a mock, and what makes their clients go there."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from vidmock.interception.environment import client_environment

KEY_VARIABLES = ("FAL_KEY", "RUNPOD_API_KEY", "RUNWARE_API_KEY", "EACHLABS_API_KEY", "EACH_API_KEY")


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
    """The mock at *url*. *certificate* is asked for when clients must trust it, *hosts* are those emulated."""

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

    def environment(self) -> dict[str, str]:
        """Every variable that leads a client here, in this process (before it is imported) or in another one."""
        found = client_environment(self.url, self.certificate(), self.hosts)
        return found | dict.fromkeys(KEY_VARIABLES, self.key) if self.key else found

    def attributes(self) -> Iterator[tuple[object, str, str]]:
        """Object, name and value of what leads the clients here that this process has already imported."""
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
