"""What a fault makes of a webhook message: none, several, later ones, or one that does not hold what it says."""

from __future__ import annotations

from dataclasses import dataclass, replace

from vidmock.engine.faults.rules import Effect
from vidmock.engine.webhooks.delivery import Message

_SECRETS = ("signature", "secret")
_STRANGER = "00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True, slots=True)
class PlannedMessage:
    """*message* is first sent after *delay* seconds; a *held* one sooner, right after the world's next one."""

    message: Message
    delay: float = 0.0
    held: bool = False


def apply_webhook_fault(message: Message, effect: Effect | None, job_id: str, now: float) -> tuple[PlannedMessage, ...]:
    """*message* about the job of *job_id*, due *now*, as *effect* has it.

    What is not about the signature is signed as it goes out: only the receiver's own care can find it.
    """
    if effect is None:
        return (PlannedMessage(message),)
    match effect.name:
        case "webhook_lost":
            return ()
        case "webhook_late":
            return (PlannedMessage(message, effect.arguments["seconds"]),)
        case "webhook_reordered":
            return (PlannedMessage(message, effect.arguments["seconds"], held=True),)
        case "webhook_repeated":
            return (PlannedMessage(message),) * int(effect.arguments["times"])
        case "webhook_malformed":
            return (PlannedMessage(replace(message, body=message.body[: len(message.body) // 2]).signed(now)),)
        case "webhook_stale":
            return (PlannedMessage(_stale(message, now - effect.arguments["seconds"])),)
        case "webhook_foreign":
            return (PlannedMessage(_foreign(message, job_id).signed(now)),)
        case "webhook_rotated":
            return (PlannedMessage(_rotated(message).signed(now)),)
        case "webhook_unsigned":
            return (PlannedMessage(_unsigned(message)),)
        case "webhook_forged":
            return (PlannedMessage(_forged(message)),)
    return (PlannedMessage(message),)


def _unsigned(message: Message) -> Message:
    kept = tuple((name, value) for name, value in message.headers if not _is_secret(name))
    return replace(message, headers=kept, signature=None)


def _forged(message: Message) -> Message:
    """With the last character of each signature or secret turned into another of its kind."""
    changed = tuple(
        (name, value[:-1] + ("0" if value[-1:] != "0" else "1") if _is_secret(name) else value)
        for name, value in message.headers
    )
    return replace(message, headers=changed, signature=None)


def _stale(message: Message, moment: float) -> Message:
    """Not signed anew when it is tried again: it would be fresh then."""
    if message.signature:
        return replace(message.signed(moment), signature=None)
    changed = tuple(
        (name, str(int(moment)) if name.endswith("timestamp") else value) for name, value in message.headers
    )
    return replace(message, headers=changed)


def _foreign(message: Message, job_id: str) -> Message:
    def renamed(text: str) -> str:
        return text.replace(job_id, _STRANGER)

    headers = tuple((name, renamed(value)) for name, value in message.headers)
    signature = message.signature and message.signature.about(_STRANGER)
    return replace(message, body=renamed(message.body.decode()).encode(), headers=headers, signature=signature)


def _rotated(message: Message) -> Message:
    return replace(message, signature=message.signature and message.signature.rotated())


def _is_secret(name: str) -> bool:
    return any(word in name for word in _SECRETS)
