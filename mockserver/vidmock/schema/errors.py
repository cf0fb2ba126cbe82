"""The catalogues of the providers' errors, one file for each in ``schemas/errors``: words, status, place and form.

No error's words stand elsewhere: what the server refuses by itself and what a fault asks for are found here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import Any, Final, Literal

from vidmock.problems import UnknownCode
from vidmock.schema.evidence import Evidence
from vidmock.schema.provider_files import of_provider, read_provider_files

_PLACEHOLDER: Final = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class KnownError:
    """An error of one provider.

    *code* is the provider's own word, or its HTTP *status* as text where the provider has no words. *slug* tells it
    from other errors of the same code. *places* has ``request`` if any call can be answered with it, ``submit`` if only
    a submit can, and ``job`` if a job can fail with it. *text* is its message, in which ``{name}`` stands for a value
    that *samples* has an example of. *form* says which of the provider's bodies it has, where there are several.
    *parameters* names the inputs that are wrong; of *blames*, the first that an input has is to blame. *beside* holds
    what else the body has. *family* is the form of other codes like it, such as ``invalid{Name}``.
    """

    provider: str
    code: str
    status: int
    places: tuple[str, ...]
    text: str
    evidence: Evidence
    slug: str = ""
    form: str = ""
    parameters: tuple[str, ...] = ()
    blames: tuple[str, ...] = ()
    beside: Mapping[str, Any] = field(default_factory=dict)
    samples: Mapping[str, str] = field(default_factory=dict)
    family: str = ""

    @property
    def name(self) -> str:
        """The word by which one asks for it: its slug, which no other error of the provider has, or else its code."""
        return self.slug or self.code

    @property
    def message(self) -> str:
        """Its message, with the samples as values."""
        return self.worded({})

    @property
    def answers(self) -> bool:
        """Whether a submit, at least, can be answered with it. If not, only a job can fail with it."""
        return "request" in self.places or "submit" in self.places

    @property
    def fails(self) -> bool:
        """Whether a job can fail with it."""
        return "job" in self.places

    def at(self, phase: str) -> Literal["answer", "failure"] | None:
        """What it is in *phase* of a fault: the call's answer, or why the job fails; ``None`` where it cannot be.

        At a poll, an error that is no answer to just any call ends the job: else the next poll would find it well.
        """
        if "request" in self.places or (phase in ("before", "after") and self.answers):
            return "answer"
        return "failure" if self.fails and phase in ("before", "poll") else None

    def worded(self, about: Mapping[str, object]) -> str:
        """Its message, with the values of *about*, and samples for those that are not there."""
        return self._filled(self.text, about)

    def more(self, about: Mapping[str, object]) -> dict[str, Any]:
        """What else the body has, with the values of *about* in its texts."""
        return {
            name: self._filled(value, about) if isinstance(value, str) else value for name, value in self.beside.items()
        }

    def blamed(self, given: Mapping[str, Any]) -> tuple[str, ...]:
        """The names of what is to blame in the input *given*."""
        present = next((name for name in self.blames if given.get(name)), "")
        return (present,) if present else self.parameters

    def _filled(self, text: str, about: Mapping[str, object]) -> str:
        def value(match: re.Match[str]) -> str:
            name = match[1]
            if name not in self.samples:
                return match[0]
            found = about.get(name, self.samples[name])
            return ", ".join(map(str, found)) if isinstance(found, tuple | list) else str(found)

        return _PLACEHOLDER.sub(value, text)


def known_errors(provider: str) -> tuple[KnownError, ...]:
    """The errors of a provider, in the order of its file.

    Raises:
        UnknownProvider: no provider of that name.
    """
    return of_provider(_shelf(), provider)


def known_error(code: str, provider: str) -> KnownError | None:
    """The error of *provider* that has *code* as its code or slug, or is the family of *code*, if there is one."""
    return _index(provider).get(code) or next(
        (error for error in known_errors(provider) if error.family and _family(error.family).fullmatch(code)), None
    )


def refusal_of(provider: str, words: Iterable[str], part: str = "") -> KnownError:
    """What *provider* answers a call with that goes wrong as the first of *words* says which its catalogue has.

    *part* is a part of the provider that has errors of its own.
    """
    return _first(refusal_words(provider, part), words)


def failure_of(provider: str, words: Iterable[str]) -> KnownError:
    """What a job of *provider* fails with, as the first of *words* says which its catalogue has."""
    return _first(_meanings(provider).failures, words)


def refusal_words(provider: str, part: str = "") -> Mapping[str, KnownError]:
    """All that a call at *provider*, or at a *part* of it, can be refused for, by vidmock's word for it."""
    return _meanings(provider).refusals[part]


def failure_words(provider: str) -> Mapping[str, KnownError]:
    """All that a job of *provider* can fail for, by vidmock's word for it."""
    return _meanings(provider).failures


def violation_error(provider: str, keyword: str, kind: str = "") -> KnownError | None:
    """What *provider* tells an input that fails the JSON Schema *keyword*; *kind* is the type that a value should have.

    ``None`` where no source names an error for it, and for who is no provider.
    """
    told = _pages().get(provider, {}).get("violations", {})
    name = told.get(f"{keyword}:{kind}") or told.get(keyword) or told.get("*")
    return _index(provider)[name] if name else None


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


@dataclass(frozen=True, slots=True)
class _Meanings:
    refusals: Mapping[str, Mapping[str, KnownError]]
    failures: Mapping[str, KnownError]


@cache
def _pages() -> Mapping[str, Any]:
    return read_provider_files("errors", dict)


@cache
def _shelf() -> Mapping[str, tuple[KnownError, ...]]:
    return MappingProxyType(
        {name: tuple(_read(name, entry) for entry in page["errors"]) for name, page in _pages().items()}
    )


@cache
def _meanings(provider: str) -> _Meanings:
    page, index = _pages()[provider], _index(provider)
    parts = {"": page["refusals"], **page.get("elsewhere", {})}
    return _Meanings({part: _named(table, index) for part, table in parts.items()}, _named(page["failures"], index))


def _named(table: Mapping[str, str], index: Mapping[str, KnownError]) -> Mapping[str, KnownError]:
    return MappingProxyType({word: index[name] for word, name in table.items()})


def _first(table: Mapping[str, KnownError], words: Iterable[str]) -> KnownError:
    return next((table[word] for word in words if word in table), table["internal"])


@cache
def _family(form: str) -> re.Pattern[str]:
    """A pattern of the codes of a family, in whose *form* ``{Name}`` stands for a parameter's name."""
    return re.compile(re.escape(form).replace(re.escape("{Name}"), r"[A-Z]\w*"))


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
        text=entry["message"],
        evidence=Evidence(**entry["evidence"]),
        slug=entry.get("slug", ""),
        form=entry.get("form", ""),
        parameters=(named,) if isinstance(named, str) else tuple(named),
        blames=tuple(entry.get("blames", ())),
        beside=MappingProxyType(entry.get("beside", {})),
        samples=MappingProxyType(entry.get("samples", {})),
        family=entry.get("family", ""),
    )
