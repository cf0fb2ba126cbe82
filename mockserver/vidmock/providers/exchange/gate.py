"""The gate of a provider: what is checked of a request before its handler, in the provider's own order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from vidmock.problems import NoRoute, Problem, WrongMethod
from vidmock.providers.exchange.call import Call
from vidmock.schema.routes import Check, KeyUse, provider_routes


@dataclass(frozen=True, slots=True)
class Visit:
    """What a request asks for: how that uses the *key*, and the *refusal* of a path or method that is not there."""

    key: KeyUse
    refusal: Problem | None = None


class Gate:
    """The checks of *provider* that need no more than the request's head; *model* finds the model that a path names.

    The order is that of ``schemas/routes``. What a provider checks of the body, its handlers check.
    """

    def __init__(self, provider: str, model: Callable[[Call], object] = lambda call: None) -> None:
        tests: Mapping[Check, Callable[[Call, Visit], object]] = {
            "path": _check_path,
            "method": _check_method,
            "refused_key": _check_refused_key,
            "missing_key": _check_missing_key,
            "model": lambda call, visit: visit.refusal or model(call),
        }
        self._tests = tuple(tests[check] for check in provider_routes(provider).checks if check in tests)

    def admit(self, call: Call, visit: Visit) -> None:
        """Let *call* through to its handler.

        Raises:
            Problem: of the first check that fails.
        """
        for test in self._tests:
            test(call, visit)


def _check_path(call: Call, visit: Visit) -> None:
    if isinstance(visit.refusal, NoRoute):
        raise visit.refusal


def _check_method(call: Call, visit: Visit) -> None:
    if isinstance(visit.refusal, WrongMethod):
        raise visit.refusal


def _check_refused_key(call: Call, visit: Visit) -> None:
    if visit.key in ("needed", "checked"):
        call.authorize(missing=True)


def _check_missing_key(call: Call, visit: Visit) -> None:
    if visit.key == "needed":
        call.authorize()
