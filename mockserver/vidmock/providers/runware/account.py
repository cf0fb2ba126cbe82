"""The tasks ``accountManagement`` and ``modelSearch``, answered from the ledger and from the models that are here."""

from __future__ import annotations

import math
import uuid
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from vidmock.engine.jobs.ledger_line import Totals
from vidmock.engine.time.durations import DAY
from vidmock.engine.world.world import World
from vidmock.providers.exchange.envelope import json_type
from vidmock.providers.runware import behaviours
from vidmock.providers.runware.catalogue import architecture_of, capabilities_of
from vidmock.providers.runware.request import BadParameter, Task, TaskAnswer
from vidmock.schema.catalog import Model

PAGE = 20
"""Models on a page of search results, by default."""
SHOWN = ("air", "name", "category", "architecture")
"""The members of a result."""
SOURCES = ("official", "community")
SORTS = (
    "_score",
    *("popularity", "-popularity", "name", "-name"),
    *("addedUnixTimestamp", "-addedUnixTimestamp", "updatedDateUnixTimestamp", "-updatedDateUnixTimestamp"),
)
FILTERS: Mapping[str, Collection[str]] = {
    "category": ("checkpoint", "lora", "lycoris", "vae", "embeddings"),
    "type": ("base", "inpainting", "refiner"),
    "conditioning": (),
    "architecture": (),
    "visibility": ("public", "private", "favorite", "owned"),
}
"""The filters that a member of each result decides, with their values, none for any."""


async def account_management(task: Task) -> TaskAnswer:
    """Answer ``getDetails`` only: the answers of the usage operations are not published. Raises BadParameter."""
    operation = task.text("operation")
    if operation != "getDetails":
        raise BadParameter("operation", "Supported here: getDetails.")
    ledger, now = task.world.ledger, task.call.now
    begins = {"today": now - now % DAY, "last7Days": now - 7 * DAY, "last30Days": now - 30 * DAY}
    return task.answered(
        operation=operation,
        organizationName="vidmock",
        organizationUUID=str(uuid.uuid5(uuid.NAMESPACE_OID, task.world.key)),
        team=[],
        apiKeys=[],
        AIRSource="vidmock",
        balance=_balance(task.world),
        usage={
            "total": _usage([ledger.total]),
            **{name: _usage(ledger.spending.totals(since, math.inf).values()) for name, since in begins.items()},
        },
    )


async def model_search(task: Task) -> TaskAnswer:
    """The models that the ``search`` text and the filters all select, in the order of ``sort``. Raises BadParameter.

    The parameters are those of the official Python SDK's types, 1.8.0.
    """
    wanted = _one_of(task, "search")
    limit, offset = _count(task, "limit", PAGE), _count(task, "offset", 0)
    source = _one_of(task, "source", SOURCES) or SOURCES[0]
    order = _one_of(task, "sort", SORTS)
    filters = {name: _one_of(task, name, known) for name, known in FILTERS.items()}
    capabilities, tags = _words(task, "capabilities"), _words(task, "tags")
    found = [
        item
        for item in map(_item, task.world.settings.catalog.models("runware"))
        if wanted.casefold() in f"{item['air']} {item['name']}".casefold()
        and all(asked in ("", item.get(name)) for name, asked in filters.items())
        # All models here are official ones.
        and source == SOURCES[0]
        and set(capabilities) <= set(item["capabilities"])
        # No model here has a tag.
        and not tags
    ]
    if order.removeprefix("-") == "name":
        found.sort(key=lambda item: str(item["name"]), reverse=order.startswith("-"))
    shown = [{name: item[name] for name in SHOWN} for item in found[offset : offset + limit]]
    return task.answered(totalResults=len(found), results=shown)


def _usage(totals: Iterable[Totals]) -> dict[str, Any]:
    """What the jobs that *totals* count come to."""
    spent = Totals()
    for part in totals:
        spent.add(part)
    return {"credits": float(spent.spent), "requests": spent.jobs}


def _balance(world: World) -> object:
    left = float(world.ledger.balance)
    if world.choice(behaviours.BALANCE) == "number":
        return left
    return {"amount": left, "currency": "USD", "freeBalance": 0}


def _item(model: Model) -> dict[str, Any]:
    return {
        "air": model.id,
        "name": model.name,
        "category": "checkpoint",
        "architecture": architecture_of(model),
        "capabilities": capabilities_of(model),
        "visibility": "public",
    }


def _one_of(task: Task, name: str, known: Collection[str] = ()) -> str:
    """Parameter *name*, "" without it. Raises BadParameter: no string, or not in *known*, if that is not empty."""
    value = task.fields.get(name, "")
    if not isinstance(value, str):
        raise BadParameter(name, f"It must be a string, not {json_type(value)}.")
    if value and known and value not in known:
        raise BadParameter(name, f"It must be one of {', '.join(known)}.")
    return value


def _words(task: Task, name: str) -> list[str]:
    value: Any = task.fields.get(name, [])
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise BadParameter(name, "It must be a list of strings.")
    return value


def _count(task: Task, name: str, default: int) -> int:
    value: Any = task.fields.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise BadParameter(name, "It must be an integer of at least 0.")
    return value
