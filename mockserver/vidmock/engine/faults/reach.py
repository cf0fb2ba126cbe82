"""Where a fault can strike at all: the phases and operations that each provider has, so that none waits for ever."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from vidmock.engine.faults.definition import EffectDefinition
from vidmock.engine.faults.rules import FaultRule, Phase
from vidmock.engine.faults.target import Operation
from vidmock.problems import BadRequest

OPERATIONS_IN: Final[Mapping[Phase, tuple[Operation, ...]]] = {
    "before": ("submit", "retry", "upload"),
    "after": ("submit", "retry"),
    "poll": ("poll", "result"),
    "cancel": ("cancel",),
    "stream": ("stream",),
    "webhook": ("webhook",),
    "media": ("media",),
    "upload": ("upload",),
    "other": ("health", "purge", "list", "account", "delete"),
    "connect": ("connect",),
    "session": ("authenticate",),
}
"""By phase, the operations whose calls can be struck in it. In ``other`` are calls of no operation as well."""
OPERATIONS_AT: Final[Mapping[str, tuple[Operation, ...]]] = {
    "runpod": ("submit", "retry", "poll", "cancel", "stream", "media", "webhook", "health", "purge"),
    "runware": ("submit", "poll", "upload", "media", "webhook", "account", "list", "connect", "authenticate"),
    "fal": ("submit", "poll", "result", "cancel", "stream", "upload", "media", "webhook"),
    "eachlabs": ("submit", "poll", "cancel", "upload", "media", "webhook", "list", "delete"),
}
"""By provider, the operations that it has."""
JOBLESS: Final[tuple[Phase, ...]] = ("upload", "other", "connect", "session")
"""The phases of calls that are about no job, and so about no model and no prompt."""
REFUSES_UPLOADS: Final = ("fal",)
"""The providers that refuse an account's uploads as its submits.

Observed at fal on 2026-08-15: 403 to ``POST /storage/upload/initiate``, while a status is answered (fal-ai/fal#1147).
"""


def phases_at(provider: str) -> tuple[Phase, ...]:
    """The phases that *provider* has."""
    theirs = {*OPERATIONS_AT[provider]}
    return tuple(phase for phase, names in OPERATIONS_IN.items() if phase == "other" or not theirs.isdisjoint(names))


def reached_places(known: EffectDefinition[Any]) -> dict[str, list[Phase]]:
    """By provider, the phases in which the effect *known* can be seen there; a provider without any is left out."""
    found = {
        provider: [
            phase for phase in phases_at(provider) if phase in known.phases and not known.why_not(provider, phase)
        ]
        for provider in OPERATIONS_AT
    }
    return {provider: phases for provider, phases in found.items() if phases}


def check_reach(rule: FaultRule, known: EffectDefinition[Any]) -> None:
    """Check that *rule*, whose effect is *known*, can ever strike.

    Raises:
        BadRequest: it cannot; the message says why, and what would.
    """
    _check_operation(rule, known)
    for name in ("model", "job", "prompt"):
        if rule.phase in JOBLESS and getattr(rule, name):
            raise BadRequest(f"a call in phase {rule.phase} is about no job: it has no {name}", name)
    if rule.provider and rule.phase not in phases_at(rule.provider):
        phases = ", ".join(phases_at(rule.provider))
        raise BadRequest(f"{rule.provider} has no {rule.phase}; it has {phases}", "phase")
    if rule.provider and rule.operation not in ("", *OPERATIONS_AT[rule.provider]):
        names = ", ".join(OPERATIONS_AT[rule.provider])
        raise BadRequest(f"{rule.provider} has no operation {rule.operation!r}; it has {names}", "operation")
    if rule.provider and (why := known.why_not(rule.provider, rule.phase)):
        raise BadRequest(f"{rule.effect.name} cannot be seen at {rule.provider} in phase {rule.phase}: {why}")


def check_key(rule: FaultRule, key: str | None) -> None:
    """Raise BadRequest if *rule* is to strike only calls with *key*, and can strike none of them."""
    if key and rule.phase == "connect":
        said = f"a WebSocket's handshake comes before its key: ask for {rule.effect.name} at connect without a key"
        raise BadRequest(f"{said}, and it strikes every client", "phase")


def _check_operation(rule: FaultRule, known: EffectDefinition[Any]) -> None:
    names = OPERATIONS_IN[rule.phase]
    if rule.phase == "before" and not (known.account and rule.provider in ("", *REFUSES_UPLOADS)):
        names = tuple(name for name in names if name != "upload")
    if rule.operation and rule.operation not in names:
        said = f"nothing in phase {rule.phase} is a call of operation {rule.operation!r}"
        raise BadRequest(f"{said}; there it is {' or '.join(names)}", "operation")
