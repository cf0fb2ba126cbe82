"""The routes of money: what would have been charged, refunded, spent and wasted, and budgets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from vidmock.engine import money
from vidmock.engine.jobs.ledger import parse_budget
from vidmock.engine.jobs.ledger_line import Totals
from vidmock.engine.jobs.losses import LostMoney
from vidmock.engine.jobs.waste import MissedFile, Waste
from vidmock.engine.world.world import World
from vidmock.server.control.joining import JoinedLabels, JoinedLedger, JoinedList
from vidmock.server.control.page import ListPage, page_of_list
from vidmock.server.control.request import ControlRequest
from vidmock.server.control.route import ControlRoute
from vidmock.server.control.secrets import mask_key


class LedgerSums:
    """Sums over some jobs: *totals*, and what of it was *lost*."""

    def __init__(self, totals: Totals | None = None, lost: LostMoney | None = None) -> None:
        self._totals, self._lost = totals or Totals(), lost or LostMoney()

    def add(self, other: LedgerSums) -> None:
        self._totals.add(other._totals)
        self._lost.add(other._lost)

    def view(self) -> dict[str, Any]:
        """The sums as JSON: decimal strings, in USD."""
        totals = self._totals
        return {
            "jobs": totals.jobs,
            "charged": money.format_amount(totals.charged),
            "refunded": money.format_amount(totals.refunded),
            "spent": money.format_amount(totals.spent),
            "wasted": money.format_amount(self._lost.wasted),
            "undownloaded": money.format_amount(self._lost.undownloaded),
            "unpriced": totals.unpriced,
        }


async def show_ledger(request: ControlRequest) -> object:
    """Show what would have been charged, refunded, spent and wasted.

    In all, by world, by label of worlds, by provider and by model; the jobs whose cost was wasted; and the files that
    nobody downloaded. Jobs that are ``unpriced`` are in no sum: no source names a price of their model. Of each list
    the newest page, and under ``older`` where the one before it begins.
    """
    total, models = LedgerSums(), defaultdict[tuple[str, str], LedgerSums](LedgerSums)
    providers = defaultdict[str, LedgerSums](LedgerSums)
    for world in _with_jobs(request):
        for (provider, model), part in _sums_by_model(world):
            for sums in (total, providers[provider], models[provider, model]):
                sums.add(part)
    pages = {name: page(request) for name, page in _PAGES.items()}
    return {
        "total": total.view(),
        "providers": [{"provider": name, **sums.view()} for name, sums in providers.items()],
        "models": [{"provider": name, "model": model, **sums.view()} for (name, model), sums in models.items()],
        **{name: page.entries for name, page in pages.items()},
        "older": {name: page.older for name, page in pages.items()},
    }


async def list_ledgers(request: ControlRequest) -> object:
    """List the worlds with what each would have been charged, the one used last at the end."""
    page = _worlds(request)
    return {"worlds": page.entries, "older": page.older}


async def list_labels(request: ControlRequest) -> object:
    """List the labels of worlds with what all worlds of each would have been charged.

    The one of the newest job is at the end. Worlds without a label are in none.
    """
    page = _labels(request)
    return {"labels": page.entries, "older": page.older}


async def list_waste(request: ControlRequest) -> object:
    """List the jobs whose cost was wasted, oldest first."""
    page = _waste(request)
    return {"waste": page.entries, "older": page.older}


async def list_missed_files(request: ControlRequest) -> object:
    """List the files that were paid for and that nobody downloaded, oldest first."""
    page = _missed_files(request)
    return {"missed_files": page.entries, "older": page.older}


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
        "world": world.id,
        "key": world.key if reveal else mask_key(world.key),
        "label": world.label,
        "budget": None if world.ledger.budget is None else money.format_amount(world.ledger.budget),
        "left": left,
    }


def _with_jobs(request: ControlRequest) -> Iterator[World]:
    """The world that the request names, or else those that have had jobs, that of the newest first."""
    return (world for _, world in request.latest_worlds(request.engine.worlds.accepted))


def _sums_by_model(world: World) -> Iterator[tuple[tuple[str, str], LedgerSums]]:
    lost = world.jobs.losses.sums(world.clock.now())
    for place, totals in world.ledger.by_model.items():
        yield place, LedgerSums(totals, lost.get(place))


def _sums(worlds: Iterable[World]) -> LedgerSums:
    sums = LedgerSums()
    for world in worlds:
        for _, part in _sums_by_model(world):
            sums.add(part)
    return sums


def _worlds(request: ControlRequest) -> ListPage[dict[str, Any]]:
    page = page_of_list(request, request.newest_worlds(), lambda world: world.id)
    return ListPage([_world(world, request.reveal) for world in page.entries], page.older)


def _world(world: World, reveal: bool) -> dict[str, Any]:
    return _owner(world, reveal) | _sums([world]).view()


def _labels(request: ControlRequest) -> ListPage[dict[str, Any]]:
    worlds = defaultdict[str, list[World]](list)
    for world in _with_jobs(request):
        if world.label:
            worlds[world.label].append(world)
    page = page_of_list(request, worlds.items(), lambda entry: entry[0])
    shown = [{"label": label, "worlds": len(these), **_sums(these).view()} for label, these in page.entries]
    return ListPage(shown, page.older)


def _waste(request: ControlRequest) -> ListPage[dict[str, Any]]:
    found = ((world, one) for world in _with_jobs(request) for one in world.jobs.losses.waste(world.clock.now()))
    page = page_of_list(request, found, lambda entry: entry[1].job)
    return ListPage([_wasted_job(*entry) for entry in page.entries], page.older)


def _missed_files(request: ControlRequest) -> ListPage[dict[str, Any]]:
    found = (
        (world, one)
        for _, world in request.latest_worlds(request.engine.worlds.accepted)
        for one in world.jobs.losses.missed_files(world.clock.now())
    )
    page = page_of_list(request, found, lambda entry: entry[1].output)
    return ListPage([_missed_file(*entry) for entry in page.entries], page.older)


def _wasted_job(world: World, one: Waste) -> dict[str, Any]:
    return {
        "world": world.id,
        "job": one.job,
        "amount": money.format_amount(one.amount),
        "why": one.why,
        "of": one.of or None,
        "outputs": list(one.outputs),
    }


def _missed_file(world: World, one: MissedFile) -> dict[str, Any]:
    return {
        "world": world.id,
        "job": one.job,
        "output": one.output,
        "name": one.name,
        "amount": money.format_amount(one.amount),
        "told": one.told,
    }


_PAGES = {"worlds": _worlds, "labels": _labels, "waste": _waste, "missed_files": _missed_files}

_JOINED: Final[Mapping[str, JoinedList | JoinedLabels]] = {
    "worlds": JoinedList("worlds", lambda owner: str(owner["world"]), once=True),
    "labels": JoinedLabels(),
    "waste": JoinedList("waste", lambda one: str(one["job"])),
    "missed_files": JoinedList("missed_files", lambda one: str(one["output"])),
}

LEDGER_ROUTES = (
    ControlRoute("GET", "/ledger", show_ledger, joined=JoinedLedger(_JOINED)),
    ControlRoute("GET", "/ledger/worlds", list_ledgers, joined=_JOINED["worlds"]),
    ControlRoute("GET", "/ledger/labels", list_labels, joined=_JOINED["labels"]),
    ControlRoute("GET", "/ledger/waste", list_waste, joined=_JOINED["waste"]),
    ControlRoute("GET", "/ledger/missed_files", list_missed_files, joined=_JOINED["missed_files"]),
    ControlRoute("PUT", "/ledger/budget", set_world_budget, """-d '{"amount": "5.00"}'""", only=True),
)
