"""Money: what would have been charged, given back, spent and wasted, and how much of it there is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from vidmock.engine import money
from vidmock.engine.jobs.ledger import ZERO, Totals, parse_budget
from vidmock.engine.jobs.waste import Waste, find_waste
from vidmock.engine.world.world import World
from vidmock.server.control.request import ControlRequest, world_id
from vidmock.server.control.route import ControlRoute
from vidmock.server.control.secrets import mask_key


class Account:
    """Sums over any jobs."""

    def __init__(self) -> None:
        self.totals, self.wasted = Totals(), ZERO

    def shown(self) -> dict[str, Any]:
        """Amounts as decimal strings, in USD."""
        totals = self.totals
        return {
            "jobs": totals.jobs,
            "charged": money.format_amount(totals.charged),
            "refunded": money.format_amount(totals.refunded),
            "spent": money.format_amount(totals.spent),
            "wasted": money.format_amount(self.wasted),
        }


async def show_ledger(ask: ControlRequest) -> object:
    """Sums over all, by world, by provider and by model, and each job whose money was wasted."""
    all_worlds = [(world, find_waste(world.jobs, world.clock.now())) for world in ask.chosen()]
    total, models = Account(), defaultdict[tuple[str, str], Account](Account)
    providers, worlds, waste = defaultdict[str, Account](Account), [], []
    for world, found in all_worlds:
        own = Account()
        for (provider, model), totals in world.ledger.by_model.items():
            lost = _lost(world, found, provider, model)
            for account in (total, own, providers[provider], models[provider, model]):
                account.totals.add(totals)
                account.wasted += lost
        worlds.append(_owner(world, ask.secrets) | own.shown())
        waste += [_waste(world, one) for one in found]
    return {
        "total": total.shown(),
        "worlds": worlds,
        "providers": [{"provider": name, **account.shown()} for name, account in providers.items()],
        "models": [{"provider": name, "model": model, **account.shown()} for (name, model), account in models.items()],
        "waste": waste,
    }


async def set_world_budget(ask: ControlRequest) -> object:
    """From now on, what the budget does not cover is refused as an empty account is."""
    world, amount = ask.world(), parse_budget(ask.member("amount"))
    world.ledger.set_budget(amount)
    return _owner(world, ask.secrets)


def _owner(world: World, reveal: bool) -> dict[str, Any]:
    left = None if world.ledger.budget is None else money.format_amount(world.ledger.budget - world.ledger.spent)
    return {
        "world": world_id(world),
        "key": world.key if reveal else mask_key(world.key),
        "budget": None if world.ledger.budget is None else money.format_amount(world.ledger.budget),
        "left": left,
    }


def _lost(world: World, found: Iterable[Waste], provider: str, model: str) -> Decimal:
    jobs = ((one, world.jobs[one.job]) for one in found)
    return sum((one.amount for one, job in jobs if (job.provider, job.model) == (provider, model)), ZERO)


def _waste(world: World, one: Waste) -> dict[str, Any]:
    return {
        "world": world_id(world),
        "job": one.job,
        "amount": money.format_amount(one.amount),
        "why": one.why,
        "of": one.of or None,
    }


ENTRIES = (
    ControlRoute("GET", "/ledger", show_ledger),
    ControlRoute("PUT", "/ledger/budget", set_world_budget, """-d '{"amount": "5.00"}'"""),
)
