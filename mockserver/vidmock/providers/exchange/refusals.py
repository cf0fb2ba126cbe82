"""What a provider's catalogue of errors has for a problem of a call, and for the failure of a job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vidmock.engine.jobs.job import Failure
from vidmock.problems import Coded, Problem
from vidmock.schema.errors import KnownError, failure_of, known_error, refusal_of


@dataclass(frozen=True, slots=True)
class WordedError:
    """The catalogue's error *known*, with its *message*, and the values of *about* for what else it mentions."""

    known: KnownError
    message: str
    about: Mapping[str, object]

    @property
    def more(self) -> dict[str, Any]:
        """What else the body has."""
        return self.known.more(self.about)


def worded(known: KnownError, about: Mapping[str, object] | None = None, message: str = "") -> WordedError:
    """*known* with its own words, or with *message* unless that is empty."""
    values = about or {}
    return WordedError(known, message or known.worded(values), values)


def refusal(problem: Problem, provider: str, about: Mapping[str, object] | None = None, part: str = "") -> WordedError:
    """The error that *provider*, or a *part* of it, answers *problem* with. *about* adds values for its words."""
    values = {**problem.about(), **(about or {})}
    if isinstance(problem, Coded):
        known = known_error(problem.code, provider)
        if known is not None and known.answers:
            return worded(known, values, problem.message)
    return worded(refusal_of(provider, problem.words(), part), values)


def failed(failure: Failure, provider: str, about: Mapping[str, object] | None = None) -> WordedError:
    """The error that a job of *provider* fails with for *failure*: an engine's word, or one of the provider's own."""
    known = known_error(failure.code, provider)
    if known is None or not known.fails:
        known = failure_of(provider, (failure.code,))
    why = {"why": failure.reason} if failure.violations else {}
    return worded(known, {**why, **(about or {})}, failure.message)
