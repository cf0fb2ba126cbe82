"""The errors of vidmock, one family. They are raised early, with data; each provider's dialect words them later.

Problem
├── BadJSON             the text is not strict JSON (syntax, NaN, a duplicate key)
├── UnknownProvider     no provider of that name
├── UnknownModel        the provider has no such model
├── Invalid             the input breaks its model's schema; has the violations
├── BadRequest          what is around the input is wrong (missing field, wrong type), or an argument in Python
│   └── UnknownCode     a fault asks for an error code that the provider does not have
├── NoRoute             the provider has nothing at this path
├── WrongMethod         the provider has something at this path, but not for this method
├── Unauthorized        no API key, or one that is refused
│   └── WrongScheme     the key is sent in a form that the provider does not take
├── NoSuchJob           the job is unknown, has expired or was evicted
├── NotReady            the result was asked for before the job ended
├── AlreadyEnded        the job has ended and cannot be cancelled
├── Duplicate           a task id, made by the client, was used before
├── TooMany             a rate or concurrency limit was reached
├── NoBalance           the account does not have enough money
├── Locked              the account is locked
├── Moderated           the input is against the provider's content policy
├── Unavailable         the provider has no capacity
├── UpstreamTimeout     the model behind the provider took too long
├── TooLarge            the body is larger than the provider takes
├── Coded               a fault asks for one of the provider's own errors, by its code
└── Defect              vidmock itself has failed
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final, Self, TypeVar

if TYPE_CHECKING:
    from vidmock.schema.violation import Violation

E = TypeVar("E", bound=Exception)

LONGEST_MISSPELT: Final = 64
"""Characters of a word for which a similar one is looked for: comparing longer ones takes long, and helps nobody."""


def nearest(word: str, choices: Iterable[str]) -> str | None:
    """The choice that was most likely meant by *word*, ``None`` if none is close or the word is a long one."""
    if len(word) > LONGEST_MISSPELT:
        return None
    by_folded = {choice.casefold(): choice for choice in choices}
    close = get_close_matches(word.casefold(), by_folded, n=1, cutoff=0.6)
    return by_folded[close[0]] if close else None


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """`` Did you mean 'x'?`` with a leading space, or the empty string if no choice is close."""
    close = nearest(word, choices)
    return f" Did you mean {close!r}?" if close else ""


def public(error: type[E]) -> type[E]:
    """Have tracebacks name *error* as users import it: ``vidmock.BadJSON``."""
    error.__module__ = "vidmock"
    return error


@public
class Problem(Exception):
    """The base of all errors. ``str(problem)`` is a sentence for people.

    *fault* is the id of the fault rule that caused it, and empty where the request itself did.
    """

    fault: str = ""

    def caused_by(self, rule: str) -> Self:
        """The problem, as the fault rule of that id causes it."""
        self.fault = rule
        return self


@public
class BadJSON(Problem):
    """The text is not strict JSON. *line* and *column* count from 1, and are 0 where unknown; *position* from 0."""

    what: str
    line: int
    column: int
    position: int

    def __init__(self, what: str, line: int = 0, column: int = 0, position: int = 0) -> None:
        super().__init__(f"{what} (line {line}, column {column})" if line else what)
        self.what, self.line, self.column, self.position = what, line, column, position


@public
class UnknownProvider(Problem):
    """*known* are the providers that there are."""

    name: str
    known: tuple[str, ...]

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(f"unknown provider {name!r}.{did_you_mean(name, known)} Known: {', '.join(known)}.")
        self.name, self.known = name, tuple(known)


@public
class UnknownModel(Problem):
    """*known* are the models that *provider* has here."""

    provider: str
    name: str
    known: tuple[str, ...]

    def __init__(self, provider: str, name: str, known: Sequence[str]) -> None:
        super().__init__(
            f"{provider} has no model {name!r} here.{did_you_mean(name, known)} Known: {', '.join(known) or 'none'}."
        )
        self.provider, self.name, self.known = provider, name, tuple(known)


@public
class Invalid(Problem):
    """The input breaks its model's schema. Of very many violations, the last entry says how many more there are."""

    violations: tuple[Violation, ...]

    def __init__(self, violations: Sequence[Violation]) -> None:
        super().__init__("; ".join(map(str, violations)))
        self.violations = tuple(violations)


@public
class BadRequest(Problem):
    """A request is wrong outside of its input. *parameter* is the field that is wrong, where it is one."""

    parameter: str | None

    def __init__(self, message: str, parameter: str | None = None) -> None:
        super().__init__(message)
        self.parameter = parameter


class UnknownCode(BadRequest):
    """*provider* has no error of *code*; *elsewhere* are the providers that have one. *known* are codes to suggest."""

    def __init__(self, code: str, provider: str | None, elsewhere: Sequence[str], known: Iterable[str]) -> None:
        theirs = f" {' and '.join(elsewhere)} {'has' if len(elsewhere) == 1 else 'have'} it." if elsewhere else ""
        super().__init__(
            f"{provider or 'no provider'} has {'no' if provider else 'an'} error {code!r}.{theirs}"
            f"{did_you_mean(code, known)} See: vidmock faults --codes"
        )
        self.code, self.provider = code, provider


class NoRoute(Problem):
    def __init__(self, path: str) -> None:
        super().__init__(f"nothing is served at {path}")
        self.path = path


class WrongMethod(Problem):
    def __init__(self, method: str, allowed: Sequence[str]) -> None:
        super().__init__(f"{method} is not allowed here; use {' or '.join(allowed)}")
        self.method, self.allowed = method, tuple(allowed)


class Unauthorized(Problem):
    """*missing* says that no key was sent; some providers then answer differently than to a refused key."""

    def __init__(self, *, missing: bool) -> None:
        super().__init__("no API key was sent" if missing else "this API key is refused")
        self.missing = missing


class WrongScheme(Unauthorized):
    """*scheme* was sent, in lower case; it is empty for a bare key. *forms* are those that the provider takes."""

    def __init__(self, scheme: str, forms: Sequence[str]) -> None:
        Problem.__init__(self, f"the Authorization header must be of the form {' or '.join(map(repr, forms))}")
        self.missing, self.scheme = False, scheme


@public
class NoSuchJob(Problem):
    """There is no job of that id: it never existed, or it was forgotten."""

    job_id: str

    def __init__(self, job_id: str) -> None:
        super().__init__(f"there is no job {job_id!r}: it never existed, or it has expired")
        self.job_id = job_id


class NotReady(Problem):
    def __init__(self, job_id: str) -> None:
        super().__init__(f"job {job_id!r} has not ended yet")
        self.job_id = job_id


@public
class AlreadyEnded(Problem):
    def __init__(self, job_id: str) -> None:
        super().__init__(f"job {job_id!r} has already ended")
        self.job_id = job_id


class Duplicate(Problem):
    def __init__(self, task_id: str) -> None:
        super().__init__(f"task id {task_id!r} was used before")
        self.task_id = task_id


class TooMany(Problem):
    """*retry_after* is in seconds, and ``None`` where the provider does not send it."""

    def __init__(self, message: str, retry_after: float | None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class NoBalance(Problem):
    def __init__(self) -> None:
        super().__init__("the account's balance is used up")


class Locked(Problem):
    def __init__(self) -> None:
        super().__init__("the account is locked")


class Moderated(Problem):
    """*field* is the input field that is against the policy."""

    def __init__(self, field: str = "prompt") -> None:
        super().__init__(f"the {field} is against the content policy")
        self.field = field


class Unavailable(Problem):
    def __init__(self) -> None:
        super().__init__("no capacity at the moment")


class UpstreamTimeout(Problem):
    def __init__(self) -> None:
        super().__init__("the model took too long to answer")


class TooLarge(Problem):
    """*limit* is in bytes."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"the body is larger than {limit} bytes")
        self.limit = limit


class Coded(Problem):
    """The provider's own error of *code*, with *message* instead of its usual one unless that is empty.

    Status and form come from the provider's file in ``schemas/errors``. A provider without such an error answers with
    its internal one.
    """

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(message or "internal error")
        self.code, self.message = code, message


class Defect(Problem):
    """vidmock itself has failed: an exception that is no other Problem."""

    def __init__(self) -> None:
        super().__init__("vidmock failed while answering; its log has the reason")


def report_defect(error: BaseException) -> Defect:
    """Print the traceback of *error* to stderr; returns what the client is to be told."""
    traceback.print_exception(error, file=sys.stderr)
    return Defect()
