"""What a fault makes of a webhook message: none, several, later ones, or one that does not hold what it says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from vidmock.engine.delivery import Message
from vidmock.engine.faults import Effect

Headers = tuple[tuple[str, str], ...]
Planned = tuple[tuple[Message, float], ...]
"""Messages, each with the seconds after which it is first sent."""

_SECRETS = ("signature", "secret")
_STRANGER = "00000000-0000-4000-8000-000000000000"


def tampered(message: Message, effect: Effect | None, job_id: str, now: float) -> Planned:
    """*message* about the job of *job_id*, due *now*, as *effect* has it."""
    if effect is None:
        return ((message, 0.0),)
    match effect.name:
        case "webhook_lost":
            return ()
        case "webhook_late":
            return ((message, effect.arguments["seconds"]),)
        case "webhook_repeated":
            return ((message, 0.0),) * int(effect.arguments["times"])
        case "webhook_stale":
            return ((_stale(message, now - effect.arguments["seconds"]), 0.0),)
        case "webhook_foreign":
            return ((_foreign(message, job_id), 0.0),)
    change = _CHANGES.get(effect.name)
    return ((change(message) if change else message, 0.0),)


def _malformed(message: Message) -> Message:
    return replace(message, body=message.body[: len(message.body) // 2])


def _unsigned(message: Message) -> Message:
    kept = tuple((name, value) for name, value in message.headers if not _is_secret(name))
    return replace(message, headers=kept, renewed=None)


def _forged(message: Message) -> Message:
    """With the last character of each signature or secret turned into another of its kind."""
    changed = tuple(
        (name, value[:-1] + ("0" if value[-1:] != "0" else "1") if _is_secret(name) else value)
        for name, value in message.headers
    )
    return replace(message, headers=changed, renewed=None)


def _stale(message: Message, moment: float) -> Message:
    if message.renewed:
        return replace(message, headers=message.renewed(moment), renewed=None)
    changed = tuple(
        (name, str(int(moment)) if name.endswith("timestamp") else value) for name, value in message.headers
    )
    return replace(message, headers=changed)


def _foreign(message: Message, job_id: str) -> Message:
    def renamed(text: str) -> str:
        return text.replace(job_id, _STRANGER)

    headers = tuple((name, renamed(value)) for name, value in message.headers)
    return replace(message, body=renamed(message.body.decode()).encode(), headers=headers, renewed=None)


def _is_secret(name: str) -> bool:
    return any(word in name for word in _SECRETS)


_CHANGES: Mapping[str, Callable[[Message], Message]] = {
    "webhook_malformed": _malformed,
    "webhook_unsigned": _unsigned,
    "webhook_forged": _forged,
}
