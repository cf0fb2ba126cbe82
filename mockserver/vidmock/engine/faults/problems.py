"""Effects that answer a call with an error of the provider: each raises a problem, which the dialect renders."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Concatenate, Final

from vidmock.engine.faults.arguments import Argument, Seconds, Text
from vidmock.engine.faults.catalog import EFFECTS
from vidmock.engine.faults.definition import EffectGroup
from vidmock.engine.faults.rules import ANY_CALL, Effect, Moment, Phase
from vidmock.problems import (
    BadRequest,
    Coded,
    Locked,
    NoBalance,
    NoSuchFile,
    NoSuchJob,
    Problem,
    TooMany,
    Unauthorized,
    Unavailable,
    UpstreamTimeout,
)
from vidmock.schema.catalog import providers
from vidmock.schema.errors import find_error, known_error, known_errors, refusal_of

ProblemHandler = Callable[Concatenate[Moment, ...], Problem]
PROBLEMS: Final[EffectGroup[ProblemHandler]] = EffectGroup("problem", ("moment",), EFFECTS.add)
_FAILING: Final = ("before", "poll")
"""The phases in which a fault can make a job fail."""
_CODE: Final = re.compile(r"\S.{0,199}")


def problem_of(effect: Effect, moment: Moment) -> Problem:
    """The problem that a ``problem`` effect raises at *moment*, with the id of the rule that struck."""
    problem = PROBLEMS[effect.name].handler(moment, **effect.arguments)
    own = f"{Problem.word}_{moment.operation}" if problem.word == Problem.word else ""
    return problem.caused_by(effect.rule, own)


def at_provider(effect: Effect, provider: str, phase: Phase) -> Effect:
    """*effect* at *provider* in *phase*: an ``error`` with which only a job can fail there becomes a ``fail``."""
    if effect.name != "error":
        return effect
    error = known_error(effect.arguments["code"], provider)
    if error is None or error.at(phase) != "failure":
        return effect
    return replace(effect, name="fail", arguments={"code": error.name, "message": effect.arguments["message"]})


class ErrorCode(Argument[str]):
    """The code of an error of the moment's provider (of any, if it names none).

    A code that only jobs fail with is accepted only in the phases in which a job can be made to fail.
    """

    required = True

    def __init__(self) -> None:
        super().__init__("", "the code of one of the provider's errors")

    def _values(self) -> dict[str, Any]:
        return {"type": "string", "minLength": 1}

    def words(self, moment: Moment) -> tuple[str, ...]:
        asked = (moment.provider,) if moment.provider else providers()
        return tuple(dict.fromkeys(error.name for name in asked for error in known_errors(name)))

    def parse(self, value: object, moment: Moment) -> str | None:
        code = str(value)
        if value == "":
            raise BadRequest("error needs a code, such as 429 or contentPolicyViolation. See: vidmock faults --codes")
        if not isinstance(value, str | int | float) or not _CODE.fullmatch(code):
            return None
        error = find_error(code, moment.provider)
        if error.at(moment.phase) is None:
            raise BadRequest(f"{code!r} is how a job of {error.provider}'s fails: in phase {' or '.join(_FAILING)}")
        return code

    def known_at(self, value: str, provider: str) -> bool:
        return known_error(value, provider) is not None


@PROBLEMS.effect("rate_limit", "the provider's answer to too many requests", ANY_CALL, retry_after=Seconds(0.0))
def _rate_limit(moment: Moment, *, retry_after: float) -> Problem:
    return TooMany("too many requests", retry_after or None)


@PROBLEMS.effect("no_balance", "the provider's answer when the account is out of money", ANY_CALL, account=True)
def _no_balance(moment: Moment) -> Problem:
    return NoBalance()


@PROBLEMS.effect("locked", "the provider's answer to a locked account", ANY_CALL, account=True)
def _locked(moment: Moment) -> Problem:
    return Locked()


@PROBLEMS.effect("unauthorized", "the provider's answer to a key that it refuses", ANY_CALL)
def _unauthorized(moment: Moment) -> Problem:
    return Unauthorized(missing=False)


@PROBLEMS.effect("not_found", "the provider's answer to a model, job or file that it does not know", ANY_CALL)
def _not_found(moment: Moment) -> Problem:
    if moment.operation == "submit":
        return Coded(refusal_of(moment.provider, ("no_such_model",)).name, about={"name": moment.model})
    return NoSuchFile(moment.job) if moment.phase in ("media", "upload") else NoSuchJob(moment.job)


@PROBLEMS.effect("internal", "the provider's answer when it fails itself", ANY_CALL)
def _internal(moment: Moment) -> Problem:
    return Problem("internal error")


@PROBLEMS.effect("unavailable", "the provider's answer when it has no capacity", ANY_CALL)
def _unavailable(moment: Moment) -> Problem:
    return Unavailable()


@PROBLEMS.effect("upstream_timeout", "the provider's answer when the model behind it takes too long", ANY_CALL)
def _upstream_timeout(moment: Moment) -> Problem:
    return UpstreamTimeout()


@PROBLEMS.effect(
    "error",
    "the provider's own error of that code; one that only jobs have fails the job",
    ANY_CALL,
    code=ErrorCode(),
    message=Text(),
)
def _error(moment: Moment, *, code: str, message: str) -> Problem:
    refused_key = refusal_of(moment.provider, (Unauthorized.word,))
    if code in (refused_key.name, refused_key.code) and not message:
        # A key is refused for the whole request, whatever it asks for.
        return Unauthorized(missing=False)
    return Coded(code, message, {"name": moment.model, **({"job_id": moment.job} if moment.job else {})})
