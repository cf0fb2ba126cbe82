"""The errors that providers are known to answer with, from one file for each provider in ``schemas/errors``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import Any

from vidmock import resources, strict_json
from vidmock.problems import UnknownCode, UnknownProvider
from vidmock.schema.evidence import Evidence


@dataclass(frozen=True, slots=True)
class KnownError:
    """An error of one provider.

    *code* is the provider's own word, or its HTTP *status* as text where the provider has no words. *slug* tells it
    from other errors of the same code. *places* has ``request`` if a call can be answered with it, and ``job`` if a job
    can fail with it. *form* says which of the provider's bodies it has, where there are several. *parameters* names the
    inputs that are wrong, and *beside* holds what else the body has.
    """

    provider: str
    code: str
    status: int
    places: tuple[str, ...]
    message: str
    evidence: Evidence
    slug: str = ""
    form: str = ""
    parameters: tuple[str, ...] = ()
    beside: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The word by which one asks for it: its slug, which no other error of the provider has, or else its code."""
        return self.slug or self.code

    @property
    def answers(self) -> bool:
        """Whether a call can be answered with it. If not, only a job can fail with it."""
        return "request" in self.places

    @property
    def fails(self) -> bool:
        """Whether a job can fail with it."""
        return "job" in self.places


def known_errors(provider: str) -> tuple[KnownError, ...]:
    """The errors of a provider, in the order of its file.

    Raises:
        UnknownProvider: no provider of that name.
    """
    shelf = _shelf()
    if provider not in shelf:
        raise UnknownProvider(provider, tuple(shelf))
    return shelf[provider]


def known_error(code: str, provider: str) -> KnownError | None:
    """The error of *provider* that has *code* as its code or slug, if there is one."""
    return _index(provider).get(code)


def find_error(code: str, provider: str = "") -> KnownError:
    """The error of that code or slug at *provider*; without a provider, at any, preferably one that answers calls.

    Raises:
        UnknownProvider: no provider of that name.
        UnknownCode: there is no such error; the message offers the nearest.
    """
    if provider:
        known_errors(provider)
    asked = (provider,) if provider else tuple(_shelf())
    found = [error for name in asked if (error := known_error(code, name))]
    if not found:
        elsewhere = [name for name in _shelf() if known_error(code, name)]
        raise UnknownCode(code, provider, elsewhere, [word for name in asked for word in _index(name)])
    return next((error for error in found if error.answers), found[0])


@cache
def _shelf() -> Mapping[str, tuple[KnownError, ...]]:
    files = sorted((resources.folder("schemas") / "errors").glob("*.json"))
    documents = [strict_json.loads(file.read_bytes()) for file in files]
    return MappingProxyType(
        {page["provider"]: tuple(_read(page["provider"], entry) for entry in page["errors"]) for page in documents}
    )


@cache
def _index(provider: str) -> Mapping[str, KnownError]:
    """The errors by code and by slug; of several with one code, the first."""
    codes: dict[str, KnownError] = {}
    for error in known_errors(provider):
        codes.setdefault(error.code, error)
    return MappingProxyType({error.slug: error for error in known_errors(provider) if error.slug} | codes)


def _read(provider: str, entry: Mapping[str, Any]) -> KnownError:
    named = entry.get("parameter", [])
    return KnownError(
        provider=provider,
        code=entry["code"],
        status=entry["status"],
        places=tuple(entry["in"]),
        message=entry["message"],
        evidence=Evidence(**entry["evidence"]),
        slug=entry.get("slug", ""),
        form=entry.get("form", ""),
        parameters=(named,) if isinstance(named, str) else tuple(named),
        beside=MappingProxyType(entry.get("beside", {})),
    )
