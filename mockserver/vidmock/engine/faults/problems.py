"""Effects that answer a call with an error of the provider: each raises a problem, which the dialect renders."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from vidmock.engine.faults.arguments import Argument, Seconds, Text
from vidmock.engine.faults.catalog import EFFECTS
from vidmock.engine.faults.definition import EffectGroup
from vidmock.engine.faults.rules import ANY_CALL, Effect, Moment
from vidmock.problems import (
    BadRequest,
    Coded,
    Locked,
    Moderated,
    NoBalance,
    NoSuchJob,
    Problem,
    TooMany,
    Unauthorized,
    Unavailable,
    UpstreamTimeout,
)
from vidmock.schema.errors import find_error, known_error

PROBLEMS: Final[EffectGroup[Callable[..., Problem]]] = EffectGroup("problem", (), EFFECTS.add)
_FAILING: Final = ("before", "poll")
"""The phases in which a fault can make a job fail."""
_CODE: Final = re.compile(r"\S.{0,199}")


def problem_of(effect: Effect) -> Problem:
    """The problem that a ``problem`` effect raises, with the id of the rule that struck."""
    return PROBLEMS[effect.name].handler(**effect.arguments).caused_by(effect.rule)


def at_provider(effect: Effect, provider: str) -> Effect:
    """*effect* at *provider*: an ``error`` whose code only jobs of that provider have becomes a ``fail``."""
    if effect.name != "error":
        return effect
    error = known_error(effect.arguments["code"], provider)
    if error is None or error.answers:
        return effect
    message = effect.arguments["message"] or error.message
    return replace(effect, name="fail", arguments={"code": error.code, "message": message})


class ErrorCode(Argument[str]):
    """The code of an error of the moment's provider (of any, if it names none).

    A code that only jobs fail with is accepted only in the phases in which a job can be made to fail.
    """

    required = True

    def __init__(self) -> None:
        super().__init__("", "the code of one of the provider's errors")

    def parse(self, value: object, moment: Moment) -> str | None:
        code = str(value)
        if value == "":
            raise BadRequest("error needs a code, such as 429 or contentPolicyViolation. See: vidmock faults --codes")
        if not isinstance(value, str | int | float) or not _CODE.fullmatch(code):
            return None
        error = find_error(code, moment.provider)
        if not error.answers and moment.phase not in _FAILING:
            raise BadRequest(f"{code!r} is how a job of {error.provider}'s fails: in phase {' or '.join(_FAILING)}")
        return code

    def known_at(self, value: str, provider: str) -> bool:
        return known_error(value, provider) is not None


@PROBLEMS.effect("rate_limit", "the provider's answer to too many requests", ANY_CALL, retry_after=Seconds(0.0))
def _rate_limit(*, retry_after: float) -> Problem:
    return TooMany("rate limit exceeded", retry_after or None)


@PROBLEMS.effect("no_balance", "the provider's answer when the account is out of money", ANY_CALL, account=True)
def _no_balance() -> Problem:
    return NoBalance()


@PROBLEMS.effect("locked", "the provider's answer to a locked account", ANY_CALL, account=True)
def _locked() -> Problem:
    return Locked()


@PROBLEMS.effect("unauthorized", "the provider's answer to a key that it refuses", ANY_CALL)
def _unauthorized() -> Problem:
    return Unauthorized(missing=False)


@PROBLEMS.effect("moderated", "the provider's answer when the input is against its content policy", ANY_CALL)
def _moderated() -> Problem:
    return Moderated()


@PROBLEMS.effect("not_found", "the provider's answer to a job that it does not know (yet, or any more)", ANY_CALL)
def _not_found() -> Problem:
    return NoSuchJob("this job")


@PROBLEMS.effect("internal", "the provider's answer when it fails itself", ANY_CALL)
def _internal() -> Problem:
    return Problem("internal error")


@PROBLEMS.effect("unavailable", "the provider's answer when it has no capacity", ANY_CALL)
def _unavailable() -> Problem:
    return Unavailable()


@PROBLEMS.effect("upstream_timeout", "the provider's answer when the model behind it takes too long", ANY_CALL)
def _upstream_timeout() -> Problem:
    return UpstreamTimeout()


@PROBLEMS.effect(
    "error",
    "the provider's own error of that code; one that only jobs have fails the job",
    ANY_CALL,
    code=ErrorCode(),
    message=Text(),
)
def _error(*, code: str, message: str) -> Problem:
    return Coded(code, message)
