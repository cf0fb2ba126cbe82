"""What is said at the end of a server: what its jobs would have cost, and what was asked for and not given."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from vidmock.cli.losses import losses

if TYPE_CHECKING:
    from vidmock.engine.world.world import World

_MOST_LISTED = 10
"""Models that the last lines name."""


def farewell(worlds: Sequence[World], refused_hosts: Collection[str], missing: Collection[str] = ()) -> str:
    """What all jobs would have cost, what of it was for nothing, and which hosts were to be contacted and were not.

    Also which models are *missing*, and those whose price nobody knows.
    """
    jobs, spent = sum(world.ledger.jobs for world in worlds), sum(world.ledger.spent for world in worlds)
    lines, lost = losses(worlds)
    # A host name is anybody's input, and could hold control codes of terminals.
    hosts = ", ".join(host if host.isprintable() else repr(host) for host in sorted(refused_hosts))
    refused = f"; refused to contact {hosts}" if hosts else ""
    free = ""
    if unpriced := _listed(_unpriced(worlds)):
        # A job was judged, so all that judges one is loaded.
        from vidmock.schema.pricing import UNKNOWN_PRICE

        free = f"; not counted, {UNKNOWN_PRICE}: {unpriced}"
    said = f"vidmock: {jobs} job{'' if jobs == 1 else 's'}, which would have cost ${spent:.2f}{free}{lost}{refused}"
    if missing:
        from vidmock.providers.exchange.missing import SERVE_ANY_MODEL

        lines = [*lines, f"vidmock: asked for and not here: {_listed(missing)}. {SERVE_ANY_MODEL}"]
    return "\n".join([*lines, said])


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
