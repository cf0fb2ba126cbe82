"""Fault rules: which effect strikes at which moments of which calls. Dialects render it.

A fault strikes ``before`` the side effect of a call, or ``after`` it: the job is accepted and charged, and then the
answer is lost, late or replaced. That is the phase in which clients lose money.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from random import Random
from typing import Any, Literal, get_args

from vidmock.engine.codec import from_plain, parse_count, to_plain
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
TURNS_KEPT = 1_000
"""The most prompts of a world whose submits are counted at the same time."""


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

    *prompt* is a regular expression. *nth* are the matching moments to strike at, counted from 1; empty for all.
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
            and (not self.prompt or _pattern(self.prompt).search(moment.prompt) is not None)
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


@dataclass(frozen=True, slots=True)
class CutOff:
    """Refuses all calls of a world *until* then, in seconds since the epoch on its clock, by the rule of that id."""

    until: float = 0.0
    rule: str = ""


class Faults:
    """The rules of one world, in the order in which they were added. Of those that apply, the first strikes.

    *draw* seeds the draws for probabilities. *fits* says whether an effect can be seen at a moment at all.
    ``cut_off`` says until when no call of the world is answered.
    """

    def __init__(self, draw: Random, fits: Callable[[Effect, Moment], bool] = lambda effect, moment: True) -> None:
        self._seed = draw.getrandbits(64)
        self._fits = fits
        self._rules: dict[str, tuple[FaultRule, Tally]] = {}
        self._made = 0
        self._rolls = 0
        self._turns: OrderedDict[str, int] = OrderedDict()
        self.cut_off = CutOff()

    def add(self, rule: FaultRule) -> FaultRule:
        """Add *rule* and return it; without an id it gets ``fault-1``, ``fault-2``, …. It replaces one of the same id.

        Raises:
            BadRequest: its phase, prompt pattern or numbers are not valid.
        """
        check_rule(rule)
        self._made += 1
        named = rule if rule.id else replace(rule, id=f"fault-{self._made}")
        self._rules[named.id] = (named, Tally())
        return named

    def remove(self, rule_id: str) -> bool:
        return self._rules.pop(rule_id, None) is not None

    def clear(self) -> None:
        self._rules.clear()

    def __iter__(self) -> Iterator[tuple[FaultRule, Tally]]:
        return iter(tuple(self._rules.values()))

    def __contains__(self, rule_id: str) -> bool:
        return rule_id in self._rules

    def shut(self, until: float, rule: str) -> None:
        """Have all calls of the world refused *until* then, on its clock, by the rule of that id."""
        self.cut_off = CutOff(until, rule)

    def take_turn(self, place: str, turns: int) -> int:
        """Count one more submit at *place*, and return its number: from 0 to *turns* - 1, and then from 0 again.

        Nothing is kept of a place that begins anew, and of the others only the newest are.
        """
        turn = self._turns.pop(place, 0)
        if turn + 1 < turns:
            self._turns[place] = turn + 1
        while len(self._turns) > TURNS_KEPT:
            self._turns.popitem(last=False)
        return turn

    def strike(self, moment: Moment) -> tuple[FaultRule, Effect] | None:
        """The rule that strikes at *moment* and its effect, or ``None``. Every rule that matches counts the moment."""
        if not self._rules:
            return None
        hit: FaultRule | None = None
        for rule, tally in tuple(self._rules.values()):
            if not (rule.matches(moment) and self._fits(rule.effect, moment)):
                continue
            seen = Tally(tally.seen + 1, tally.fired)
            if hit is None and self._applies(rule, seen):
                hit, seen = rule, Tally(seen.seen, seen.fired + 1)
            self._rules[rule.id] = (rule, seen)
        return (hit, replace(hit.effect, rule=hit.id)) if hit else None

    def state(self) -> dict[str, Any]:
        """The rules, their tallies and the number of draws as plain data, for :meth:`restore`."""
        rules = [{"rule": to_plain(rule), "tally": to_plain(tally)} for rule, tally in self._rules.values()]
        return {
            "made": self._made,
            "rolls": self._rolls,
            "rules": rules,
            "turns": dict(self._turns),
            "cut_off": to_plain(self.cut_off),
        }

    def restore(self, state: Mapping[str, Any], check: Callable[[FaultRule], FaultRule]) -> None:
        """Replace all rules by those of *state*. *check* returns a rule completed, or raises what is wrong with it."""
        entries = [
            (check(from_plain(FaultRule, entry["rule"])), from_plain(Tally, entry["tally"])) for entry in state["rules"]
        ]
        self._rules = {rule.id: (rule, tally) for rule, tally in entries}
        self._made, self._rolls = parse_count(state["made"]), parse_count(state["rolls"])
        self._turns = OrderedDict(from_plain(dict[str, int], state.get("turns", {})))
        self.cut_off = from_plain(CutOff, state.get("cut_off", {}))

    def _applies(self, rule: FaultRule, tally: Tally) -> bool:
        if rule.times is not None and tally.fired >= rule.times:
            return False
        if rule.nth and tally.seen not in rule.nth:
            return False
        return rule.probability >= 1 or self._roll() < rule.probability

    def _roll(self) -> float:
        # Each draw has a source of its own by number, so that a restored world goes on from the number alone.
        self._rolls += 1
        return Random(f"{self._seed}|{self._rolls}").random()


def check_rule(rule: FaultRule) -> None:
    """Raise BadRequest if the phase, prompt pattern or numbers of *rule* are not valid."""
    if rule.phase not in PHASES:
        raise BadRequest(f"no such phase: {rule.phase!r}.{did_you_mean(rule.phase, PHASES)} One of {_listed(PHASES)}")
    if not 0 < rule.probability <= 1:
        raise BadRequest(f"a probability is above 0 and at most 1, not {rule.probability}")
    if any(n < 1 for n in rule.nth) or (rule.times is not None and rule.times < 1):
        raise BadRequest("'nth' and 'times' count from 1")
    try:
        _pattern(rule.prompt)
    except (re.error, OverflowError, RecursionError) as error:
        quoted = rule.prompt if len(rule.prompt) < 80 else rule.prompt[:77] + "…"
        why = "it is nested too deeply" if isinstance(error, RecursionError) else error
        raise BadRequest(f"the prompt pattern {quoted!r} is not a regular expression: {why}", "prompt") from None


def _listed(words: Sequence[str]) -> str:
    return ", ".join(words)


@lru_cache(maxsize=256)
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text)
