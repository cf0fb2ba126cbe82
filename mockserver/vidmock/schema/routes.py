"""The routes of the providers, and the order in which they check a request (``schemas/routes``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, TypeAlias

from vidmock.schema.evidence import Evidence, evidence_of
from vidmock.schema.provider_files import of_provider, read_provider_files

Check: TypeAlias = Literal[
    "path",
    "method",
    "refused_key",
    "missing_key",
    "content_type",
    "body",
    "model",
    "account",
    "quota",
    "input",
    "price",
]
"""What can be wrong with a request. ``refused_key`` is one that was sent; ``price`` is beyond what the account has."""
KeyUse: TypeAlias = Literal["needed", "checked", "own", "none"]
"""Whether a route refuses a missing and a refused key, only a refused one, reads a credential of its own, or none."""


@dataclass(frozen=True, slots=True)
class Under:
    """A route is only there with *value* of *switch*; with another one, its paths are those of route *otherwise*."""

    switch: str
    value: str
    otherwise: str


@dataclass(frozen=True, slots=True)
class RouteFacts:
    """A route as its provider has it. *path* has its parameters in braces, and ``{name:path}`` spans slashes."""

    name: str
    path: str
    methods: tuple[str, ...]
    key: KeyUse
    under: Under | None
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class SurfaceFacts:
    """A part of a provider's API: *prefix* is where it is here, *hosts* are the provider's own names for it.

    *kinds* has the host of each kind of file (``image``, ``audio``) that has one of its own.
    """

    name: str
    prefix: str
    hosts: tuple[str, ...]
    routes: tuple[RouteFacts, ...]
    kinds: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class CheckFacts:
    check: Check
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class RefusalFacts:
    """What a *path* or *method* gets that no route accepts."""

    what: Literal["path", "method"]
    status: int
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class ProviderRoutes:
    """All routes of one provider. Of two faults in a request, that of the earlier check of *order* is named."""

    provider: str
    about: str
    order: tuple[CheckFacts, ...]
    unchecked: tuple[CheckFacts, ...]
    otherwise: tuple[RefusalFacts, ...]
    surfaces: tuple[SurfaceFacts, ...]

    @property
    def checks(self) -> tuple[Check, ...]:
        return tuple(facts.check for facts in self.order)

    def surface(self, name: str) -> SurfaceFacts:
        """The surface of that name. Raises StopIteration: there is none."""
        return next(surface for surface in self.surfaces if surface.name == name)


def provider_routes(provider: str) -> ProviderRoutes:
    """The routes of *provider*.

    Raises:
        UnknownProvider: no provider of that name.
    """
    return of_provider(_shelf(), provider)


def provider_hosts() -> frozenset[str]:
    """The providers' own host names, of all of them."""
    return frozenset(host for routes in _shelf().values() for surface in routes.surfaces for host in surface.hosts)


@cache
def _shelf() -> Mapping[str, ProviderRoutes]:
    return read_provider_files("routes", _read)


def _read(page: Mapping[str, Any]) -> ProviderRoutes:
    return ProviderRoutes(
        page["provider"],
        page["about"],
        tuple(CheckFacts(said["check"], evidence_of(said)) for said in page["order"]),
        tuple(CheckFacts(said["check"], evidence_of(said)) for said in page["unchecked"]),
        tuple(RefusalFacts(said["what"], said["status"], evidence_of(said)) for said in page["otherwise"]),
        tuple(
            SurfaceFacts(
                said["name"],
                said["prefix"],
                tuple(said["hosts"]),
                _routes(said["routes"]),
                {each["kind"]: each["host"] for each in said.get("kinds", ())},
            )
            for said in page["surfaces"]
        ),
    )


def _routes(said: Sequence[Mapping[str, Any]]) -> tuple[RouteFacts, ...]:
    return tuple(
        RouteFacts(
            route["name"],
            route["path"],
            tuple(route["methods"]),
            route["key"],
            Under(**route["under"]) if "under" in route else None,
            evidence_of(route),
        )
        for route in said
    )
