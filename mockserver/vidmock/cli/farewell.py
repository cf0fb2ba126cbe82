"""What is said at the end of a server: what its jobs would have cost, and what was asked for and not given."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from vidmock.cli.losses import losses
from vidmock.schema.dollars import dollars

if TYPE_CHECKING:
    from vidmock.engine.world.world import World

_MOST_LISTED = 10
"""Models that the last lines name."""


@dataclass(frozen=True, slots=True)
class Farewell:
    """What the *jobs* cost, in USD: *lines* about those whose money went for nothing, and how much *lost* in which way.

    *refused* are the hosts that were to be contacted and were not, *missing* the models that were asked for and are
    not here, *unpriced* those whose price nobody knows.
    """

    jobs: int = 0
    spent: Decimal = Decimal(0)
    lines: Sequence[str] = ()
    lost: Mapping[str, Decimal] = field(default_factory=dict)
    refused: Collection[str] = ()
    missing: Collection[str] = ()
    unpriced: Collection[str] = ()

    @classmethod
    def of(cls, worlds: Sequence[World], refused: Collection[str], missing: Collection[str] = ()) -> Farewell:
        """What is said of *worlds*."""
        lines, lost = losses(worlds)
        spent = sum((world.ledger.spent for world in worlds), Decimal(0))
        jobs = sum(world.ledger.jobs for world in worlds)
        return cls(jobs, spent, lines, lost, {*refused}, {*missing}, _unpriced(worlds))

    @classmethod
    def of_all(cls, texts: Iterable[bytes]) -> Farewell:
        """What is said of several processes, each of which has written its own as JSON."""
        all_of = [json.loads(text) for text in texts]
        lost: dict[str, Decimal] = {}
        for what, amount in ((what, amount) for one in all_of for what, amount in one["lost"].items()):
            lost[what] = lost.get(what, Decimal(0)) + Decimal(amount)
        return cls(
            sum(one["jobs"] for one in all_of),
            sum((Decimal(one["spent"]) for one in all_of), Decimal(0)),
            [line for one in all_of for line in one["lines"]],
            lost,
            *({name for one in all_of for name in one[which]} for which in ("refused", "missing", "unpriced")),
        )

    def as_json(self) -> bytes:
        lost = {what: str(amount) for what, amount in self.lost.items()}
        names = {"refused": [*self.refused], "missing": [*self.missing], "unpriced": [*self.unpriced]}
        return json.dumps(
            {"jobs": self.jobs, "spent": str(self.spent), "lines": [*self.lines], "lost": lost, **names}
        ).encode()

    def __str__(self) -> str:
        lost = "".join(f", {what} {dollars(amount)}" for what, amount in self.lost.items())
        # A host name is anybody's input, and could hold control codes of terminals.
        hosts = ", ".join(host if host.isprintable() else repr(host) for host in sorted(self.refused))
        refused = f"; refused to contact {hosts}" if hosts else ""
        free = ""
        if unpriced := _listed(self.unpriced):
            # A job was judged, so all that judges one is loaded.
            from vidmock.schema.pricing import UNKNOWN_PRICE

            free = f"; not counted, {UNKNOWN_PRICE}: {unpriced}"
        jobs = f"{self.jobs} job{'' if self.jobs == 1 else 's'}"
        lines = [*self.lines, f"vidmock: {jobs}, which would have cost {dollars(self.spent)}{free}{lost}{refused}"]
        if self.missing:
            from vidmock.providers.exchange.missing import SERVE_ANY_MODEL

            lines.insert(-1, f"vidmock: asked for and not here: {_listed(self.missing)}. {SERVE_ANY_MODEL}")
        return "\n".join(lines)


def _unpriced(worlds: Sequence[World]) -> set[str]:
    """The models of jobs in *worlds* whose price is not known."""
    return {
        f"{provider} {model}"
        for world in worlds
        for (provider, model), totals in world.ledger.by_model.items()
        if totals.unpriced
    }


def _listed(names: Collection[str]) -> str:
    """*names* as they can be printed: they are anybody's input. The first few."""
    shown = [name if name.isprintable() else repr(name) for name in sorted(names)]
    return ", ".join(shown[:_MOST_LISTED]) + (", …" if len(shown) > _MOST_LISTED else "")
