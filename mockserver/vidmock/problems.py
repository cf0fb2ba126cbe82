"""The errors of vidmock, one family, raised early with data. How a provider words them is in ``schemas/errors``.

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
├── NoSuchFile          the file is unknown, has expired or is not made yet
├── NotReady            the result was asked for before the job ended
├── AlreadyEnded        the job has ended and cannot be cancelled
├── Duplicate           a task id, made by the client, was used before
├── TooMany             a rate or concurrency limit was reached
│   └── OverQuota       so many run at once already, or came within some time
├── NoBalance           the account does not have enough money
├── Locked              the account is locked
├── Unavailable         the provider has no capacity
├── UpstreamTimeout     the model behind the provider took too long
├── TooLarge            the body is larger than the provider takes
├── Coded               one of the provider's own errors, by its name: a route has it, or a fault asks for it
└── Defect              vidmock itself has failed
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Final, Self, TypeVar

if TYPE_CHECKING:
    from vidmock.schema.violation import Violation

E = TypeVar("E", bound=Exception)

LONGEST_MISSPELT: Final = 64
"""Characters of a word for which a similar one is looked for: comparing longer ones takes long, and helps nobody."""


def nearest(word: str, choices: Iterable[str]) -> str | None:
    """The choice that was most likely meant by *word*, ``None`` if none is close or the word is a long one."""
    if len(word) > LONGEST_MISSPELT:
        return None
    from difflib import get_close_matches

    by_folded = {choice.casefold(): choice for choice in choices}
    return next(map(by_folded.get, get_close_matches(word.casefold(), by_folded, n=1, cutoff=0.6)), None)


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """`` Did you mean 'x'?`` with a leading space, or the empty string if no choice is close."""
    return f" Did you mean {close!r}?" if (close := nearest(word, choices)) else ""


def public(error: type[E]) -> type[E]:
    """Have tracebacks name *error* as users import it: ``vidmock.BadJSON``."""
    error.__module__ = "vidmock"
    return error


@public
class Problem(Exception):
    """The base of all errors. ``str(problem)`` is a sentence for people.

    *fault* is the id of the fault rule that caused it, and empty where the request itself did. *word* is what problems
    of its class are called in the providers' catalogues of errors, and *own* what this one is, if that is more exact.
    """

    fault: str = ""
    own: str = ""
    word: ClassVar[str] = "internal"

    def __init_subclass__(cls, *, word: str = "") -> None:
        cls.word = word or cls.word

    def caused_by(self, rule: str, own: str = "") -> Self:
        """The problem, as the fault rule of that id causes it, with that word of its own unless it is empty."""
        self.fault, self.own = rule, own or self.own
        return self

    def words(self) -> Iterable[str]:
        """Its words in the catalogues, the most exact first: a provider may have only that of a base."""
        return (self.own, *(kind.word for kind in type(self).__mro__ if issubclass(kind, Problem)))

    def about(self) -> Mapping[str, object]:
        """What a provider's words may mention of it, by name; ``why`` is the sentence for people."""
        return {"why": str(self), **vars(self)}


@public
class BadJSON(Problem, word="bad_json"):
    """The text is not strict JSON. *line* and *column* count from 1, and are 0 where unknown; *position* from 0."""

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
class UnknownModel(Problem, word="no_such_model"):
    """*known* are the models that *provider* has here. *hint* says what was probably meant, if anything is near."""

    provider: str
    name: str
    known: tuple[str, ...]

    def __init__(self, provider: str, name: str, known: Sequence[str], hint: str = "") -> None:
        self.hint = hint or did_you_mean(name, known).strip()
        near = self.hint and f" {self.hint}"
        super().__init__(f"{provider} has no model {name!r} here.{near} Known: {', '.join(known) or 'none'}.")
        self.provider, self.name, self.known = provider, name, tuple(known)


@public
class Invalid(Problem, word="invalid"):
    """The input breaks its model's schema. Of very many violations, the last entry says how many more there are."""

    violations: tuple[Violation, ...]

    def __init__(self, violations: Sequence[Violation]) -> None:
        super().__init__("; ".join(map(str, violations)))
        self.violations = tuple(violations)


@public
class BadRequest(Problem, word="bad_request"):
    """A request is wrong outside of its input. *parameter* is the field that is wrong, where it is one."""

    parameter: str | None

    def __init__(self, message: str, parameter: str | None = None, own: str = "") -> None:
        super().__init__(message)
        self.parameter, self.own = parameter, own


class UnknownCode(BadRequest):
    """*provider* has no error of *code*; *elsewhere* are the providers that have one. *known* are codes to suggest."""

    def __init__(self, code: str, provider: str | None, elsewhere: Sequence[str], known: Iterable[str]) -> None:
        theirs = f" {' and '.join(elsewhere)} {'has' if len(elsewhere) == 1 else 'have'} it." if elsewhere else ""
        super().__init__(
            f"{provider or 'no provider'} has {'no' if provider else 'an'} error {code!r}.{theirs}"
            f"{did_you_mean(code, known)} See: vidmock faults --codes"
        )
        self.code, self.provider = code, provider


class NoRoute(Problem, word="no_route"):
    def __init__(self, path: str) -> None:
        super().__init__(f"nothing is served at {path}")
        self.path = path


class WrongMethod(Problem, word="wrong_method"):
    def __init__(self, method: str, allowed: Sequence[str]) -> None:
        super().__init__(f"{method} is not allowed here; use {' or '.join(allowed)}")
        self.method, self.allowed = method, tuple(allowed)


class Unauthorized(Problem, word="unauthorized"):
    """*missing* says that no key was sent; some providers then answer differently than to a refused key."""

    def __init__(self, *, missing: bool) -> None:
        super().__init__("no API key was sent" if missing else "this API key is refused")
        self.missing, self.own = missing, "no_key" if missing else ""


class WrongScheme(Unauthorized, word="wrong_scheme"):
    """*scheme* was sent, in lower case; it is empty for a bare key. *forms* are those that the provider takes."""

    def __init__(self, scheme: str, forms: Sequence[str]) -> None:
        Problem.__init__(self, f"the Authorization header must be of the form {' or '.join(map(repr, forms))}")
        self.missing, self.scheme = False, scheme


@public
class NoSuchJob(Problem, word="no_such_job"):
    """There is no job of that id: it never existed, or it was forgotten."""

    job_id: str

    def __init__(self, job_id: str) -> None:
        super().__init__(f"there is no job {job_id!r}: it never existed, or it has expired")
        self.job_id = job_id


class NoSuchFile(Problem, word="no_such_file"):
    def __init__(self, name: str) -> None:
        super().__init__(f"there is no file {name!r}: it never existed, or it has expired")
        self.name = name


class NotReady(Problem, word="not_ready"):
    def __init__(self, job_id: str) -> None:
        super().__init__(f"job {job_id!r} has not ended yet")
        self.job_id = job_id


@public
class AlreadyEnded(Problem, word="already_ended"):
    def __init__(self, job_id: str) -> None:
        super().__init__(f"job {job_id!r} has already ended")
        self.job_id = job_id


class Duplicate(Problem, word="duplicate"):
    def __init__(self, task_id: str) -> None:
        super().__init__(f"task id {task_id!r} was used before")
        self.task_id = task_id


class TooMany(Problem, word="rate_limit"):
    """*retry_after* is in seconds, and ``None`` where the provider does not send it."""

    def __init__(self, message: str, retry_after: float | None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class OverQuota(TooMany):
    """*limit* are allowed at once, or in so many *seconds* if that is not 0."""

    def __init__(self, limit: int, retry_after: float | None, seconds: float = 0.0) -> None:
        super().__init__(f"more than {limit} {f'in {seconds:g} s' if seconds else 'at once'}", retry_after)
        self.limit, self.seconds, self.own = limit, f"{seconds:g}", "too_often" if seconds else "at_once"


class NoBalance(Problem, word="no_balance"):
    def __init__(self) -> None:
        super().__init__("the account's balance is used up")


class Locked(Problem, word="locked"):
    def __init__(self) -> None:
        super().__init__("the account is locked")


class Unavailable(Problem, word="unavailable"):
    def __init__(self) -> None:
        super().__init__("no capacity at the moment")


class UpstreamTimeout(Problem, word="upstream_timeout"):
    def __init__(self) -> None:
        super().__init__("the model took too long to answer")


class TooLarge(Problem, word="too_large"):
    """*limit* is in bytes."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"the body is larger than {limit} bytes")
        self.limit = limit


class Coded(Problem):
    """The provider's own error of that name in its catalogue, with *message* instead of its usual one unless "".

    *about* are the values of what its words mention. A provider without such an error answers with its internal one.
    """

    def __init__(self, code: str, message: str = "", about: Mapping[str, object] = MappingProxyType({})) -> None:
        super().__init__(message or code)
        self.code, self.message, self._about = code, message, about

    def about(self) -> Mapping[str, object]:
        return self._about


class Defect(Problem, word="defect"):
    """vidmock itself has failed: an exception that is no other Problem."""

    def __init__(self) -> None:
        super().__init__("vidmock failed while answering; its log has the reason")


def report_defect(error: BaseException) -> Defect:
    """Print the traceback of *error* to stderr; returns what the client is to be told."""
    import traceback

    traceback.print_exception(error, file=sys.stderr)
    return Defect()
