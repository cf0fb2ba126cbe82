"""Every error that a provider is known to answer with: one file each, under ``schemas/errors``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import Any

from vidmock import resources, strict_json
from vidmock.problems import UnknownCode, UnknownProvider


@dataclass(frozen=True, slots=True)
class ErrorEvidence:
    """*kind* is ``documented``, ``example``, ``observed`` or ``inferred``; *where* is the page, thread or client."""

    kind: str
    where: str


@dataclass(frozen=True, slots=True)
class KnownError:
    """*code* is the provider's own word, or its HTTP *status* as text where it has no words.

    *slug* tells it from others of the same code. *places* are ``request``, where it is the answer to a call, and
    ``job``, where it is how a job fails. *form* says which of several bodies the provider has for it. *parameters* are
    the inputs that are to blame, and *beside* is what else is said of it.
    """

    provider: str
    code: str
    status: int
    places: tuple[str, ...]
    message: str
    evidence: ErrorEvidence
    slug: str = ""
    form: str = ""
    parameters: tuple[str, ...] = ()
    beside: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What it is asked for by: its slug, if it has one, which is its provider's only one of that name."""
        return self.slug or self.code

    @property
    def answers(self) -> bool:
        """Whether a call can be answered with it; else it is only how a job fails."""
        return "request" in self.places


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
    """The error that *code* means at *provider*, by code or slug, if there is one."""
    return _index(provider).get(code)


def find_error(code: str, provider: str = "") -> KnownError:
    """The error of that code or slug: at *provider*, or else at any, one that answers calls before one that does not.

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
    """By code and by slug; of several with one code, the first."""
    codes: dict[str, KnownError] = {}
    for error in known_errors(provider):
        codes.setdefault(error.code, error)
    return MappingProxyType({error.slug: error for error in known_errors(provider) if error.slug} | codes)


def _read(provider: str, entry: Mapping[str, Any]) -> KnownError:
    blamed = entry.get("parameter", [])
    return KnownError(
        provider=provider,
        code=entry["code"],
        status=entry["status"],
        places=tuple(entry["in"]),
        message=entry["message"],
        evidence=ErrorEvidence(**entry["evidence"]),
        slug=entry.get("slug", ""),
        form=entry.get("form", ""),
        parameters=(blamed,) if isinstance(blamed, str) else tuple(blamed),
        beside=MappingProxyType(entry.get("beside", {})),
    )
