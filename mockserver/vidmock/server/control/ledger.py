"""The routes of money: what would have been charged, refunded, spent and wasted, and budgets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from vidmock.engine import money
from vidmock.engine.jobs.ledger import parse_budget
from vidmock.engine.jobs.ledger_line import ZERO, Totals
from vidmock.engine.jobs.waste import MissedFile, Waste, find_missed_files, find_waste
from vidmock.engine.world.world import World
from vidmock.server.control.request import ControlRequest, world_id
from vidmock.server.control.route import ControlRoute
from vidmock.server.control.secrets import mask_key


class LedgerSums:
    """Sums over some jobs, what of it was *wasted*, and what was paid for files that nobody downloaded."""

    def __init__(self) -> None:
        self.totals, self.wasted, self.undownloaded = Totals(), ZERO, ZERO

    def add(self, totals: Totals, wasted: Decimal, undownloaded: Decimal) -> None:
        self.totals.add(totals)
        self.wasted += wasted
        self.undownloaded += undownloaded

    def view(self) -> dict[str, Any]:
        """The sums as JSON: decimal strings, in USD."""
        totals = self.totals
        return {
            "jobs": totals.jobs,
            "charged": money.format_amount(totals.charged),
            "refunded": money.format_amount(totals.refunded),
            "spent": money.format_amount(totals.spent),
            "wasted": money.format_amount(self.wasted),
            "undownloaded": money.format_amount(self.undownloaded),
        }


async def show_ledger(request: ControlRequest) -> object:
    """Show what would have been charged, refunded, spent and wasted.

    In all, by world, by provider and by model; each job whose cost was wasted; and each file that nobody downloaded.
    """
    total, models = LedgerSums(), defaultdict[tuple[str, str], LedgerSums](LedgerSums)
    providers, worlds, waste, missed = defaultdict[str, LedgerSums](LedgerSums), [], [], []
    for world in request.worlds():
        now, own = world.clock.now(), LedgerSums()
        wasted, unfetched = find_waste(world.jobs, now), find_missed_files(world.jobs, now)
        for (provider, model), totals in world.ledger.by_model.items():
            lost = [_sum(world, found, provider, model) for found in (wasted, unfetched)]
            for sums in (total, own, providers[provider], models[provider, model]):
                sums.add(totals, *lost)
        worlds.append(_owner(world, request.reveal) | own.view())
        waste += [_waste(world, one) for one in wasted]
        missed += [_missed(world, one) for one in unfetched]
    return {
        "total": total.view(),
        "worlds": worlds,
        "providers": [{"provider": name, **sums.view()} for name, sums in providers.items()],
        "models": [{"provider": name, "model": model, **sums.view()} for (name, model), sums in models.items()],
        "waste": waste,
        "missed_files": missed,
    }


async def set_world_budget(request: ControlRequest) -> object:
    """Set how much a world may spend.

    What the budget does not cover is refused as the provider refuses it when an account is empty.
    """
    world, amount = request.world(), parse_budget(request.member("amount"))
    world.ledger.set_budget(amount)
    return _owner(world, request.reveal)


def _owner(world: World, reveal: bool) -> dict[str, Any]:
    left = None if world.ledger.budget is None else money.format_amount(world.ledger.budget - world.ledger.spent)
    return {
        "world": world_id(world),
        "key": world.key if reveal else mask_key(world.key),
        "budget": None if world.ledger.budget is None else money.format_amount(world.ledger.budget),
        "left": left,
    }


def _sum(world: World, found: Iterable[Waste | MissedFile], provider: str, model: str) -> Decimal:
    jobs = ((one, world.jobs[one.job]) for one in found)
    return sum((one.amount for one, job in jobs if (job.provider, job.model) == (provider, model)), ZERO)


def _waste(world: World, one: Waste) -> dict[str, Any]:
    return {
        "world": world_id(world),
        "job": one.job,
        "amount": money.format_amount(one.amount),
        "why": one.why,
        "of": one.of or None,
        "outputs": list(one.outputs),
    }


def _missed(world: World, one: MissedFile) -> dict[str, Any]:
    return {
        "world": world_id(world),
        "job": one.job,
        "output": one.output,
        "name": one.name,
        "amount": money.format_amount(one.amount),
        "told": one.told,
    }


LEDGER_ROUTES = (
    ControlRoute("GET", "/ledger", show_ledger),
    ControlRoute("PUT", "/ledger/budget", set_world_budget, """-d '{"amount": "5.00"}'"""),
)
