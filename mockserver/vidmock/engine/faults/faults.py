"""The fault rules of one world, each with its tally: which of them strikes at a moment, and how often each has."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from vidmock.engine.changes import Changes
from vidmock.engine.codec import from_plain, parse_count, to_plain
from vidmock.engine.faults.rule_index import RuleIndex
from vidmock.engine.faults.rules import Effect, FaultRule, Moment, Tally, check_rule
from vidmock.problems import BadRequest

TURNS_KEPT = 1_000
"""The most prompts of a world whose submits are counted at the same time."""
MOST_RULES = 10_000
"""The most rules of a world that can still strike, a limit of ours; one more is refused."""
USED_UP_KEPT = 250
"""The most rules of a world that are kept and count on though they can strike no more, a limit of ours.

Of more, the oldest are dropped.
"""


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

    def __init__(
        self,
        draw: Random,
        fits: Callable[[Effect, Moment], bool] = lambda effect, moment: True,
        changes: Changes | None = None,
    ) -> None:
        self._changes = changes or Changes()
        self._seed = draw.getrandbits(64)
        self._fits = fits
        self._rules: dict[str, tuple[FaultRule, Tally]] = {}
        self._index = RuleIndex()
        self._used_up: dict[str, None] = {}
        self._made = 0
        self._rolls = 0
        self._turns: OrderedDict[str, int] = OrderedDict()
        self.cut_off = CutOff()

    def add(self, rule: FaultRule) -> FaultRule:
        """Add *rule* and return it; without an id it gets ``fault-1``, ``fault-2``, …. It replaces one of the same id.

        Raises:
            BadRequest: its phase, prompt pattern or numbers are not valid, or there are ``MOST_RULES``.
        """
        check_rule(rule)
        if len(self._rules) - len(self._used_up) >= MOST_RULES and rule.id not in self._rules:
            raise BadRequest(f"there are {MOST_RULES} fault rules under this key, as many as there can be; remove some")
        self._made += 1
        named = rule if rule.id else replace(rule, id=f"fault-{self._made}")
        self._index.add(named)
        self._keep(named, Tally())
        if self._changes.on:
            self._changes.note("faults")
        return named

    def remove(self, rule_id: str) -> bool:
        if rule_id not in self._rules:
            return False
        del self._rules[rule_id]
        if self._changes.on:
            self._changes.renew("fault", rule_id)
            self._changes.note("faults")
        self._index.remove(rule_id)
        self._used_up.pop(rule_id, None)
        return True

    def clear(self) -> None:
        if self._changes.on:
            for rule_id in self._rules:
                self._changes.renew("fault", rule_id)
            self._changes.note("faults")
        self._rules.clear()
        self._index.clear()
        self._used_up.clear()

    def __iter__(self) -> Iterator[tuple[FaultRule, Tally]]:
        return iter(tuple(self._rules.values()))

    def __reversed__(self) -> Iterator[tuple[FaultRule, Tally]]:
        """The newest first. None may be added or removed meanwhile."""
        return reversed(self._rules.values())

    def __len__(self) -> int:
        return len(self._rules)

    def __contains__(self, rule_id: str) -> bool:
        return rule_id in self._rules

    def shut(self, until: float, rule: str) -> None:
        """Have all calls of the world refused *until* then, on its clock, by the rule of that id."""
        self.cut_off = CutOff(until, rule)
        if self._changes.on:
            self._changes.note("faults")

    def take_turn(self, place: str, turns: int) -> int:
        """Count one more submit at *place*, and return its number: from 0 to *turns* - 1, and then from 0 again.

        Nothing is kept of a place that begins anew, and of the others only the newest are.
        """
        turn = self._turns.pop(place, 0)
        if turn + 1 < turns:
            self._turns[place] = turn + 1
        while len(self._turns) > TURNS_KEPT:
            self._turns.popitem(last=False)
        if self._changes.on:
            self._changes.note("faults")
        return turn

    def strike(self, moment: Moment) -> tuple[FaultRule, Effect] | None:
        """The rule that strikes at *moment* and its effect, or ``None``. Every rule that matches counts the moment."""
        hit: FaultRule | None = None
        for rule in self._index.near(moment):
            if not (rule.matches(moment) and self._fits(rule.effect, moment)):
                continue
            _, tally = self._rules[rule.id]
            seen = Tally(tally.seen + 1, tally.fired)
            if hit is None and self._applies(rule, seen):
                hit, seen = rule, Tally(seen.seen, seen.fired + 1)
            self._keep(rule, seen)
        return (hit, replace(hit.effect, rule=hit.id)) if hit else None

    def state(self) -> dict[str, Any]:
        """The rules, their tallies and the number of draws as plain data, for :meth:`restore`."""
        return {**self.counts_state(), "rules": [self.state_of(rule_id) for rule_id in self._rules]}

    def counts_state(self) -> dict[str, Any]:
        """All of :meth:`state` but the rules."""
        return {
            "made": self._made,
            "rolls": self._rolls,
            "turns": dict(self._turns),
            "cut_off": to_plain(self.cut_off),
        }

    def state_of(self, rule_id: str) -> dict[str, Any] | None:
        """The rule of that id with its tally as plain data; ``None`` where there is none."""
        if rule_id not in self._rules:
            return None
        rule, tally = self._rules[rule_id]
        return {"rule": to_plain(rule), "tally": to_plain(tally)}

    def restore(self, state: Mapping[str, Any], check: Callable[[FaultRule], FaultRule]) -> None:
        """Replace all rules by those of *state*. *check* returns a rule completed, or raises what is wrong with it."""
        entries = [
            (check(from_plain(FaultRule, entry["rule"])), from_plain(Tally, entry["tally"])) for entry in state["rules"]
        ]
        if len(entries) > MOST_RULES + USED_UP_KEPT:
            raise BadRequest(f"there are {len(entries)} fault rules, and at most {MOST_RULES} can be used")
        self.clear()
        for rule, tally in entries:
            self._index.add(rule)
            self._keep(rule, tally)
        self._made, self._rolls = parse_count(state["made"]), parse_count(state["rolls"])
        self._turns = OrderedDict(from_plain(dict[str, int], state.get("turns", {})))
        self.cut_off = from_plain(CutOff, state.get("cut_off", {}))

    def _keep(self, rule: FaultRule, tally: Tally) -> None:
        """Hold *rule* with its *tally*; of too many used-up ones, drop the oldest."""
        self._rules[rule.id] = rule, tally
        if self._changes.on:
            self._changes.note("fault", rule.id)
        if not tally.uses_up(rule):
            self._used_up.pop(rule.id, None)
            return
        self._used_up[rule.id] = None
        if len(self._used_up) > USED_UP_KEPT:
            self.remove(next(iter(self._used_up)))

    def _applies(self, rule: FaultRule, tally: Tally) -> bool:
        if rule.times is not None and tally.fired >= rule.times:
            return False
        if rule.nth and tally.seen not in rule.nth:
            return False
        return rule.probability >= 1 or self._roll() < rule.probability

    def _roll(self) -> float:
        # Each draw has a source of its own by number, so that a restored world goes on from the number alone.
        self._rolls += 1
        if self._changes.on:
            self._changes.note("faults")
        return Random(f"{self._seed}|{self._rolls}").random()
