"""The catalog of effects: all that a fault can do, by name, with its arguments and the phases it makes sense in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from vidmock.engine.faults.arguments import Argument, Choice, Count, Flag, Part, Seconds, Text
from vidmock.engine.faults.rules import Effect, FaultRule, Moment, Phase, check_rule
from vidmock.engine.faults.target import resolve_target
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
    did_you_mean,
)
from vidmock.schema.errors import find_error, known_error

Kind = Literal["problem", "outcome", "answer", "webhook", "media"]
_ANY_CALL: tuple[Phase, ...] = ("before", "after", "poll", "cancel", "stream", "upload", "media")
_JSON_ANSWER: tuple[Phase, ...] = ("after", "poll", "cancel", "upload")
_WHOLE_ANSWER: tuple[Phase, ...] = (*_JSON_ANSWER, "media")
"""An effect that works on an answer's body needs one: nothing was done yet in ``before``, and streams have no end."""


@dataclass(frozen=True, slots=True)
class EffectKind:
    """What an effect does, when it can strike, and with which arguments.

    *kind* says who brings it about: the provider's own error (``problem``), the job's fate (``outcome``), what is done
    to an answer on its way out (``answer``), to a delivery (``webhook``) or to a file (``media``). *arguments* are the
    names and defaults; *main* is the one that ``name=value`` in a prompt marker sets.
    """

    kind: Kind
    about: str
    phases: tuple[Phase, ...]
    arguments: Mapping[str, Argument[Any]] = field(default_factory=dict)

    @property
    def main(self) -> str | None:
        return next(iter(self.arguments), None)

    @property
    def defaults(self) -> dict[str, Any]:
        return {name: argument.default for name, argument in self.arguments.items()}


def _problem(about: str, **arguments: Argument[Any]) -> EffectKind:
    return EffectKind("problem", about, _ANY_CALL, arguments)


def _instead(about: str, **arguments: Argument[Any]) -> EffectKind:
    return EffectKind("answer", about, _ANY_CALL, arguments)


def _answer(about: str, **arguments: Argument[Any]) -> EffectKind:
    return EffectKind("answer", about, _WHOLE_ANSWER, arguments)


def _rewrite(about: str, **arguments: Argument[Any]) -> EffectKind:
    return EffectKind("answer", about, _JSON_ANSWER, arguments)


def _outcome(about: str, **arguments: Argument[Any]) -> EffectKind:
    return EffectKind("outcome", about, ("before", "poll"), arguments)


def _webhook(about: str, **arguments: Argument[Any]) -> EffectKind:
    return EffectKind("webhook", about, ("webhook",), arguments)


def _media(about: str, **arguments: Argument[Any]) -> EffectKind:
    return EffectKind("media", about, ("media",), arguments)


def _status(default: int) -> Count:
    return Count(default, least=200, most=599)


def _field(default: str) -> Text:
    return Text(default, "the name of a field", ".{1,200}")


def _code(default: str) -> Text:
    return Text(default, "a code", r"\S.{0,199}")


EFFECTS: Mapping[str, EffectKind] = {
    "rate_limit": _problem("the provider's answer to too many requests", retry_after=Seconds(0.0)),
    "no_balance": _problem("the provider's answer when the account is out of money"),
    "locked": _problem("the provider's answer to a locked account"),
    "unauthorized": _problem("the provider's answer to a key that it refuses"),
    "moderated": _problem("the provider's answer when the input is against its content policy"),
    "not_found": _problem("the provider's answer to a job that it does not know (yet, or any more)"),
    "internal": _problem("the provider's answer when it fails itself"),
    "unavailable": _problem("the provider's answer when it has no capacity"),
    "upstream_timeout": _problem("the provider's answer when the model behind it takes too long"),
    "error": _problem(
        "the provider's own error of that code; one that only jobs have fails the job", code=_code(""), message=Text()
    ),
    "fail": _outcome("the job fails", code=_code("internal"), message=Text()),
    "partial": _outcome(
        "only so many of the job's videos are made, and the others fail",
        made=Count(1, least=1, most=100),
        code=_code("internal"),
    ),
    "stuck": _outcome("the job stays as it is and never ends", state=Choice("queued", "running", default="queued")),
    "slow": _outcome("the job runs for so many seconds", seconds=Seconds(900.0)),
    "requeue": _outcome("the job goes back to the queue once before it succeeds", seconds=Seconds(30.0)),
    "cancelled": _outcome("the provider cancels the job"),
    "edge_page": _instead(
        "an HTML page of the edge instead of the answer", status=_status(502), nginx=Flag(default=False)
    ),
    "status": _instead("another HTTP status, with a plain body", code=_status(500), text=Text()),
    "lost": _instead("the connection is closed without an answer"),
    "reset": _instead("the connection is reset without an answer"),
    "refused": _instead(
        "the connection is reset, and the port refuses everybody for so many seconds", seconds=Seconds(1.0)
    ),
    "half_closed": _instead("the connection ends on the server's side, without an answer; the client's stays open"),
    "hang": _instead("no answer, and no end of the connection"),
    "late": _answer("the answer comes after so many seconds of the world's clock", seconds=Seconds(30.0)),
    "after_webhook": EffectKind(
        "answer", "the job ends at once, and its webhook is delivered before the submit is answered", ("after",)
    ),
    "slow_headers": _answer("status line and headers take so many seconds to come", seconds=Seconds(10.0)),
    "trickle": _answer(
        "the body comes in pieces of so many bytes, over so many seconds",
        bytes=Count(1, least=1, most=2**20),
        seconds=Seconds(0.0),
    ),
    "truncated": _answer("the body breaks off after this part of it, the connection with it", part=Part(0.5)),
    "malformed": _answer("the body breaks off after this part of it, and is sent as if whole", part=Part(0.5)),
    "empty": _answer("an empty body"),
    "wrong_type": _answer(
        "another content type", type=Text("text/html", "a media type, in printable ASCII", "[ -~]{1,200}")
    ),
    "unknown_status": _rewrite("a status word that no client knows", word=Text("THROTTLED", "a word", ".{1,200}")),
    "missing_field": _rewrite("a field is left out, wherever it stands", name=_field("status")),
    "extra_field": _rewrite("a field more than documented", name=_field("vidmock_extra")),
    "webhook_lost": _webhook("the webhook is never sent"),
    "webhook_late": _webhook("the webhook is sent so many seconds late", seconds=Seconds(3600.0)),
    "webhook_reordered": _webhook(
        "the webhook is sent after the next one of its world, or after so many seconds", seconds=Seconds(3600.0)
    ),
    "webhook_repeated": _webhook("the webhook is sent several times at once", times=Count(3, least=2, most=100)),
    "webhook_malformed": _webhook("the webhook's body breaks off in the middle, and is signed as it is"),
    "webhook_unsigned": _webhook("the webhook comes without its signature headers"),
    "webhook_forged": _webhook("the webhook comes with a signature that does not fit"),
    "webhook_rotated": _webhook("the webhook is signed with a key that no receiver has met; the key set has it"),
    "webhook_stale": _webhook("the webhook is signed with a time so many seconds ago", seconds=Seconds(3600.0)),
    "webhook_foreign": _webhook("the webhook names a job that was never submitted, and its signature fits"),
    "media_truncated": _media("the file breaks off after this part of it", part=Part(0.5)),
    "media_page": _media("an HTML page with status 200 instead of the file"),
    "media_pending": _media("the file is not there for so many seconds after the job's end", seconds=Seconds(5.0)),
    "media_gone": _media("the file's URL answers with this status", status=_status(403)),
    "media_moved": _media("the file's URL redirects to where the file is"),
    "media_other_codec": _media("the file has another codec and container than its name and type say"),
}

_PROBLEMS: Mapping[str, Callable[[Mapping[str, Any]], Problem]] = {
    "rate_limit": lambda arguments: TooMany("rate limit exceeded", arguments["retry_after"] or None),
    "no_balance": lambda arguments: NoBalance(),
    "locked": lambda arguments: Locked(),
    "unauthorized": lambda arguments: Unauthorized(missing=False),
    "moderated": lambda arguments: Moderated(),
    "not_found": lambda arguments: NoSuchJob("this job"),
    "internal": lambda arguments: Problem("internal error"),
    "unavailable": lambda arguments: Unavailable(),
    "upstream_timeout": lambda arguments: UpstreamTimeout(),
    "error": lambda arguments: Coded(arguments["code"], arguments["message"]),
}


def effect_kind(effect: Effect) -> Kind:
    return EFFECTS[effect.name].kind


def at_provider(effect: Effect, provider: str) -> Effect:
    """What *effect* is at *provider*: ``error`` with a code that only its jobs have is a ``fail``."""
    if effect.name != "error":
        return effect
    error = known_error(effect.arguments["code"], provider)
    if error is None or error.answers:
        return effect
    message = effect.arguments["message"] or error.message
    return replace(effect, name="fail", arguments={"code": error.code, "message": message})


def problem_of(effect: Effect) -> Problem:
    """The problem that a ``problem`` effect raises; the dialect words it."""
    raised = _PROBLEMS[effect.name](effect.arguments)
    raised.fault = effect.rule
    return raised


def complete_arguments(effect: str, given: Mapping[str, Any], moment: Moment) -> dict[str, Any]:
    """*given*, as the arguments that *effect* takes at *moment*: read, and completed with what is usual.

    Raises:
        BadRequest: there is no such argument, or not of that value; the message says what would be right.
    """
    known = EFFECTS[effect]
    for name in given:
        if name not in known.arguments:
            has = f"it has {', '.join(known.arguments)}" if known.arguments else "it has none"
            raise BadRequest(f"{effect} has no argument {name!r}; {has}")
    read = {name: known.arguments[name].read(f"{effect}'s {name}", value, moment) for name, value in given.items()}
    return known.defaults | read


def checked_rule(rule: FaultRule) -> FaultRule:
    """*rule* with its effect's arguments completed and brought to their types, and its model by its name on the wire.

    Raises:
        BadRequest: no such effect, or not in that phase, or an argument that it does not have, or nothing that it
            could strike; the message lists what there is.
    """
    name = rule.effect.name
    if name not in EFFECTS:
        raise BadRequest(f"no effect {name!r}.{did_you_mean(name, EFFECTS)} See: vidmock faults")
    known = EFFECTS[name]
    if rule.phase not in known.phases:
        raise BadRequest(f"{name} cannot happen in phase {rule.phase!r}; it can in {', '.join(known.phases)}")
    arguments = complete_arguments(name, rule.effect.arguments, Moment(rule.phase, rule.provider))
    made = replace(resolve_target(rule), effect=Effect(name, arguments))
    if name == "error":
        _check_code(made, arguments["code"])
    check_rule(made)
    return made


def _check_code(rule: FaultRule, code: str) -> None:
    """Raise BadRequest where the rule's provider, or any, has no such error, or not in that phase."""
    if not code:
        raise BadRequest("error needs a code, such as 429 or contentPolicyViolation. See: vidmock faults --codes")
    error = find_error(code, rule.provider)
    can = EFFECTS["fail"].phases
    if not error.answers and rule.phase not in can:
        raise BadRequest(f"{code!r} is how a job of {error.provider}'s fails: in phase {' or '.join(can)}")
