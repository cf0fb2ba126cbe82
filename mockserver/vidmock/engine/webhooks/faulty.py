"""Effects on a webhook: none is sent, or several, or later, or one that does not hold what it says."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Concatenate, Final

from vidmock.engine.faults.arguments import Count, Seconds
from vidmock.engine.faults.bodies import BODIES, STRANGER, changed_body, told_in
from vidmock.engine.faults.catalog import EFFECTS
from vidmock.engine.faults.definition import EffectGroup, Reach
from vidmock.engine.faults.rules import Effect, Phase
from vidmock.engine.webhooks.delivery import Message, MessageHeaders, Signing

_PHASES: Final[tuple[Phase, ...]] = ("webhook",)
_SECRET: Final = (Reach(("fal", "eachlabs"), "nothing in a webhook there can be checked"),)
_SIGNED: Final = (Reach(("fal",), "only fal signs its webhooks"),)


@dataclass(frozen=True, slots=True)
class PlannedMessage:
    """*message* is first sent after *delay* seconds; a *held* one sooner, right after the world's next one."""

    message: Message
    delay: float = 0.0
    held: bool = False


class NothingChanged(Exception):
    """An effect would have a message sent as it was before, or not at all."""


Planned = tuple[PlannedMessage, ...]
WebhookHandler = Callable[Concatenate[Message, str, float, ...], Planned]
"""What becomes of a message about the job of an id, due at a moment (seconds since the epoch).

What is not about the signature is signed as it goes out: only the receiver's own care can find it.
"""
WEBHOOKS: Final[EffectGroup[WebhookHandler]] = EffectGroup("webhook", ("message", "job", "now"), EFFECTS.add)


def apply_webhook_fault(message: Message, effect: Effect | None, job: str, now: float) -> Planned:
    """*message* about the job of id *job*, due *now*, as *effect* has it; a file stays as it is where JSON is meant."""
    if effect is None:
        return (PlannedMessage(message),)
    if effect.name in BODIES:
        return (PlannedMessage(_retold(message, effect, job)),)
    return WEBHOOKS[effect.name].handler(message, job, now, **effect.arguments)


def changed_copies(message: Message, effect: Effect, job: str, now: float) -> Planned:
    """As :func:`apply_webhook_fault`, for a message that was sent before. Raises NothingChanged."""

    def on_the_wire(planned: PlannedMessage) -> tuple[float, bytes, MessageHeaders]:
        signed = planned.message.signed(now)
        return planned.delay, signed.body, signed.headers

    planned = apply_webhook_fault(message, effect, job, now)
    if [*map(on_the_wire, planned)] in ([], [on_the_wire(PlannedMessage(message))]):
        raise NothingChanged
    return planned


def _retold(message: Message, effect: Effect, job: str) -> Message:
    """*message* with its JSON as *effect* changes it; it is signed as it then is."""
    try:
        body = json.loads(message.body)
    except ValueError:
        return message
    # In the form of the provider's own bodies, which differ in spaces, order and characters.
    plain, ordered = message.body.isascii(), json.dumps(body) == json.dumps(body, sort_keys=True)
    separators = (", ", ": ") if b'": ' in message.body[:200] else (",", ":")
    changed = changed_body(effect, body, (job,))
    text = json.dumps(changed, ensure_ascii=plain, separators=separators, sort_keys=ordered)
    told = told_in(body) <= told_in(changed)
    return replace(message, body=text.encode()) if told else message.changed(text.encode())


@WEBHOOKS.effect("webhook_lost", "the webhook is never sent", _PHASES)
def _lost(message: Message, job: str, now: float) -> Planned:
    return ()


@WEBHOOKS.effect("webhook_late", "the webhook is sent so many seconds late", _PHASES, seconds=Seconds(3600.0))
def _late(message: Message, job: str, now: float, *, seconds: float) -> Planned:
    return (PlannedMessage(message, seconds),)


@WEBHOOKS.effect(
    "webhook_reordered",
    "the webhook is sent after the next one of its world, or after so many seconds",
    _PHASES,
    seconds=Seconds(3600.0),
)
def _reordered(message: Message, job: str, now: float, *, seconds: float) -> Planned:
    return (PlannedMessage(message, seconds, held=True),)


@WEBHOOKS.effect(
    "webhook_repeated", "the webhook is sent several times at once", _PHASES, times=Count(3, least=2, most=100)
)
def _repeated(message: Message, job: str, now: float, *, times: int) -> Planned:
    return (PlannedMessage(message),) * times


@WEBHOOKS.effect("webhook_malformed", "the webhook's body breaks off in the middle, and is signed as it is", _PHASES)
def _malformed(message: Message, job: str, now: float) -> Planned:
    return (PlannedMessage(message.changed(message.body[: len(message.body) // 2])),)


@WEBHOOKS.effect("webhook_unsigned", "the webhook comes without its signature headers", _PHASES, only=_SECRET)
def _unsigned(message: Message, job: str, now: float) -> Planned:
    return _tampered(message, replace(message.signing, proof="missing"))


@WEBHOOKS.effect("webhook_forged", "the webhook comes with a signature that does not fit", _PHASES, only=_SECRET)
def _forged(message: Message, job: str, now: float) -> Planned:
    return _tampered(message, replace(message.signing, proof="wrong"))


@WEBHOOKS.effect(
    "webhook_rotated",
    "the webhook is signed with a key that no receiver has met; the key set has it",
    _PHASES,
    only=_SIGNED,
)
def _rotated(message: Message, job: str, now: float) -> Planned:
    return (PlannedMessage(replace(message, signing=replace(message.signing, new_key=True))),)


@WEBHOOKS.effect("webhook_unknown_key", "the webhook is signed with a key that is in no key set", _PHASES, only=_SIGNED)
def _unknown_key(message: Message, job: str, now: float) -> Planned:
    return (PlannedMessage(replace(message, signing=replace(message.signing, proof="unpublished"))),)


@WEBHOOKS.effect(
    "webhook_stale",
    "the webhook is signed with a time so many seconds ago",
    _PHASES,
    only=_SIGNED,
    seconds=Seconds(3600.0),
)
def _stale(message: Message, job: str, now: float, *, seconds: float) -> Planned:
    """Each attempt is as stale as the first."""
    return (PlannedMessage(replace(message, signing=replace(message.signing, age=seconds))),)


@WEBHOOKS.effect("webhook_foreign", "the webhook names a job that was never submitted, and its signature fits", _PHASES)
def _foreign(message: Message, job: str, now: float) -> Planned:
    def renamed(text: str) -> str:
        return text.replace(job, STRANGER)

    headers = tuple((name, renamed(value)) for name, value in message.headers)
    other = message.changed(renamed(message.body.decode()).encode())
    return (PlannedMessage(replace(other, headers=headers, signing=replace(message.signing, about=STRANGER))),)


def _tampered(message: Message, signing: Signing) -> Planned:
    """*message* with what it carries now, and whatever it is signed with later, as *signing* has it."""
    # One that is wrong already would be right again, perhaps.
    headers = message.headers if message.signing == signing else signing.tampered(message.headers)
    return (PlannedMessage(replace(message, headers=headers, signing=signing)),)
