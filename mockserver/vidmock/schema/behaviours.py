"""The behaviours of the providers: named switches where sources disagree or do not say (``schemas/behaviours``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from vidmock.problems import BadRequest, did_you_mean
from vidmock.schema.evidence import Evidence, evidence_of
from vidmock.schema.provider_files import of_provider, read_provider_files


@dataclass(frozen=True, slots=True)
class BehaviourChoice:
    """What the mock does at one value of a switch, and all that speaks for it, the best first."""

    meaning: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Behaviour:
    """A named switch. *name* is ``provider.what``, and *choices* are by value, the *default* first."""

    name: str
    about: str
    default: str
    choices: Mapping[str, BehaviourChoice]


def known_behaviours(provider: str | None = None) -> tuple[Behaviour, ...]:
    """Every switch, or a provider's, by provider and then in the order of its file.

    Raises:
        UnknownProvider: no provider of that name.
    """
    shelf = _shelf()
    if provider is None:
        return tuple(behaviour for name in shelf for behaviour in shelf[name])
    return of_provider(shelf, provider)


def find_behaviour(name: str) -> Behaviour:
    """The switch of that name.

    Raises:
        BadRequest: there is none; the message offers the nearest.
    """
    index = _index()
    if name not in index:
        raise BadRequest(f"no behaviour {name!r}.{did_you_mean(name, index)} See: vidmock models --behaviours")
    return index[name]


@cache
def _shelf() -> Mapping[str, tuple[Behaviour, ...]]:
    return read_provider_files("behaviours", lambda page: tuple(map(_read, page["behaviours"])))


@cache
def _index() -> Mapping[str, Behaviour]:
    return MappingProxyType({behaviour.name: behaviour for behaviour in known_behaviours()})


def _read(entry: Mapping[str, Any]) -> Behaviour:
    choices = {value: BehaviourChoice(said["meaning"], evidence_of(said)) for value, said in entry["choices"].items()}
    return Behaviour(entry["name"], entry["about"], entry["default"], MappingProxyType(choices))
