"""Fault rules: which effect strikes at which moments of which calls. Dialects render it.

A fault strikes ``before`` the side effect of a call, or ``after`` it: the job is accepted and charged, and then the
answer is lost, late or replaced. That is the phase in which clients lose money.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from vidmock.engine.faults.prompt_pattern import check_pattern, is_in_prompt
from vidmock.problems import BadRequest, did_you_mean

Phase = Literal[
    "before", "after", "poll", "cancel", "stream", "webhook", "media", "upload", "other", "connect", "session"
]
PHASES: tuple[Phase, ...] = get_args(Phase)
ANY_CALL: tuple[Phase, ...] = (
    "before",
    "after",
    "poll",
    "cancel",
    "stream",
    "upload",
    "media",
    "other",
    "connect",
    "session",
)
"""The phases in which a client waits for an answer."""


@dataclass(frozen=True, slots=True)
class Effect:
    """An effect by its *name* in the catalog, with its arguments (plain JSON values).

    *rule* is the id of the rule that struck with it; "" before that. A *confined* effect, which a prompt asked for, may
    disturb nobody but the prompt's own key.
    """

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    rule: str = field(default="", compare=False, repr=False)
    confined: bool = field(default=False, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in a call at which a fault can strike; *socket* says that it came by a WebSocket."""

    phase: Phase
    provider: str
    operation: str = ""
    model: str = ""
    job: str = ""
    prompt: str = ""
    socket: bool = False


@dataclass(frozen=True, slots=True)
class FaultRule:
    """A rule by which *effect* strikes at the moments of *phase* that match. An empty field matches everything.

    *prompt* is a part of the prompt, with ``*`` for any text. *nth* are the matching moments to strike at, counted from
    1; empty for all.
    *times* is how often at most, ``None`` without a limit; *probability*, above 0 and at most 1, is drawn from the
    world's seed.
    """

    phase: Phase
    effect: Effect
    provider: str = ""
    operation: str = ""
    model: str = ""
    job: str = ""
    prompt: str = ""
    nth: tuple[int, ...] = ()
    times: int | None = None
    probability: float = 1.0
    id: str = ""

    def matches(self, moment: Moment) -> bool:
        return (
            self.phase == moment.phase
            and self.provider in ("", moment.provider)
            and self.operation in ("", moment.operation)
            and self.model in ("", moment.model)
            and self.job in ("", moment.job)
            and is_in_prompt(self.prompt, moment.prompt)
        )


class Struck(Exception):
    """A fault has struck before the call did anything: *effect* alone makes the answer."""

    def __init__(self, effect: Effect) -> None:
        super().__init__(effect.name)
        self.effect = effect
        self.fault = effect.rule


@dataclass(frozen=True, slots=True)
class Tally:
    """How many moments a rule has matched, and how often it has struck."""

    seen: int = 0
    fired: int = 0

    def uses_up(self, rule: FaultRule) -> bool:
        """Whether *rule*, which has matched and struck so often, can strike no more."""
        return (rule.times is not None and self.fired >= rule.times) or (bool(rule.nth) and self.seen >= max(rule.nth))


def check_rule(rule: FaultRule) -> None:
    """Raise BadRequest if the phase, prompt pattern or numbers of *rule* are not valid."""
    if rule.phase not in PHASES:
        raise BadRequest(f"no such phase: {rule.phase!r}.{did_you_mean(rule.phase, PHASES)} One of {_listed(PHASES)}")
    if not 0 < rule.probability <= 1:
        raise BadRequest(f"a probability is above 0 and at most 1, not {rule.probability}")
    if any(n < 1 for n in rule.nth) or (rule.times is not None and rule.times < 1):
        raise BadRequest("'nth' and 'times' count from 1")
    check_pattern(rule.prompt)


def _listed(words: Sequence[str]) -> str:
    return ", ".join(words)
