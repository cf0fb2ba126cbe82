"""Faults to be: for one world, or for all worlds of a server and those still to come."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from vidmock.engine.faults.catalog import checked_rule, find_effect
from vidmock.engine.faults.reach import check_key
from vidmock.engine.faults.rules import Effect, FaultRule, Phase, Tally
from vidmock.engine.faults.target import Operation
from vidmock.engine.world.world import World
from vidmock.testing.scope import Scope
from vidmock.testing.vocabulary import EffectName, Provider

_numbers = itertools.count(1)


class FaultsHandle:
    """The rules of a world; of all worlds of a server, with those that new worlds get."""

    def __init__(self, scope: Scope) -> None:
        self._scope, self._standing = scope, scope.defaults.rules

    def add(
        self,
        effect: EffectName,
        *,
        phase: Phase | None = None,
        provider: Provider | None = None,
        operation: Operation | None = None,
        model: str = "",
        job: str = "",
        prompt: str = "",
        nth: int | tuple[int, ...] = (),
        times: int | None = None,
        probability: float = 1.0,
        **arguments: str | float | bool | list[Any] | dict[str, Any] | None,
    ) -> str:
        """Have *effect* (see ``vidmock faults``) happen in *phase*, or in the first phase that it has; returns the id.

        *nth* counts the matching moments from 1, in each world; *arguments* are the effect's own.

        Raises:
            BadRequest: no such effect, phase, provider, operation, model or argument; the message lists what there is.
        """
        rule = checked_rule(
            FaultRule(
                phase=phase or find_effect(effect).phases[0],
                effect=Effect(effect, arguments),
                provider=provider or "",
                operation=operation or "",
                model=model,
                job=job,
                prompt=prompt,
                nth=(nth,) if isinstance(nth, int) else tuple(nth),
                times=times,
                probability=probability,
                id=f"test-{next(_numbers)}",
            ),
            self._scope.catalog,
        )

        check_key(rule, self._scope.key)

        def add() -> None:
            # Checked even where there is no world yet.
            World("", self._scope.server.engine.settings).faults.add(rule)
            for world in self._scope.worlds():
                world.faults.add(rule)
            if self._scope.key is None:
                self._standing[rule.id] = rule

        self._scope.call(add)
        return rule.id

    def remove(self, rule_id: str) -> bool:
        def remove() -> bool:
            held = [world.faults.remove(rule_id) for world in self._scope.worlds()]
            return self._standing.pop(rule_id, None) is not None or any(held)

        return self._scope.call(remove)

    def clear(self) -> None:
        """Take all faults away."""

        def clear() -> None:
            if self._scope.key is None:
                self._standing.clear()
            for world in self._scope.worlds():
                world.faults.clear()

        self._scope.call(clear)

    def forget(self) -> None:
        """Have nothing standing for new worlds; to be called in the server's loop."""
        self._standing.clear()

    def __iter__(self) -> Iterator[tuple[FaultRule, Tally]]:
        """Each rule, with how often its moments came and how often its effect was used, over all worlds."""
        standing = self._standing.items() if self._scope.key is None else ()
        found: dict[str, tuple[FaultRule, Tally]] = {rule_id: (rule, Tally()) for rule_id, rule in standing}
        for rules in self._scope.gather(lambda world: list(world.faults)):
            for rule, tally in rules:
                before = found.get(rule.id, (rule, Tally()))[1]
                found[rule.id] = (rule, replace(tally, seen=before.seen + tally.seen, fired=before.fired + tally.fired))
        return iter(found.values())
