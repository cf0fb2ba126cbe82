"""The codes that a job can fail with: the engine's own, and those of each provider's jobs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from vidmock.engine.faults.arguments import Argument
from vidmock.engine.faults.rules import Moment
from vidmock.problems import did_you_mean
from vidmock.schema.catalog import providers
from vidmock.schema.errors import KnownError, known_error, known_errors

FAILURE_CODES: Final = ("internal", "moderated", "upstream", "upstream_timeout", "download", "no_media")
"""The engine's own codes, which each provider has an error for in its catalogue."""


class FailureCode(Argument[str]):
    """The code that a job fails with: the engine's, or one of the moment's provider (of any, if it names none)."""

    def __init__(self, default: str) -> None:
        listed = ", ".join(FAILURE_CODES)
        super().__init__(default, f"{listed}, or a provider's own for its jobs (vidmock faults --codes)")

    def _values(self) -> dict[str, Any]:
        return {"type": "string"}

    def parse(self, value: object, moment: Moment) -> str | None:
        if not isinstance(value, str | int | float):
            return None
        code = str(value)
        return code if self.known_at(code, moment.provider) else None

    def known_at(self, value: str, provider: str) -> bool:
        return value in FAILURE_CODES or any(_failing(value, provider))

    def words(self, moment: Moment) -> tuple[str, ...]:
        return (*FAILURE_CODES, *(error.name for error in _job_errors(moment.provider)))

    def hint(self, value: str, moment: Moment) -> str:
        if others := sorted({error.provider for error in _failing(value, "")}):
            return f" {' and '.join(others)} {'has' if len(others) == 1 else 'have'} it."
        asked = (moment.provider,) if moment.provider else providers()
        if any(known_error(value, provider) for provider in asked):
            return f" Only calls are answered with it: error={value}"
        return did_you_mean(value, self.words(moment))


def _job_errors(provider: str) -> Iterator[KnownError]:
    """The errors that jobs of *provider* fail with; of all providers for ""."""
    for name in (provider,) if provider else providers():
        yield from (error for error in known_errors(name) if error.fails)


def _failing(code: str, provider: str) -> Iterator[KnownError]:
    return (error for error in _job_errors(provider) if code in (error.code, error.name))
