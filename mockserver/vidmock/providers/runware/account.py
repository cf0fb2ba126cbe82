"""What Runware tells of an account and of its catalogue: only as much as there is here."""

from __future__ import annotations

import uuid
from typing import Any

from vidmock.problems import BadRequest
from vidmock.providers.exchange.envelope import json_type
from vidmock.providers.runware.request import Task, TaskAnswer
from vidmock.schema.catalog import models

PAGE = 20
"""Models on a page of search results, where no other number is asked for."""


async def account_management(errand: Task) -> TaskAnswer:
    """``getDetails`` alone: the usage operations have no published shape for a mock to fill."""
    operation = errand.text("operation")
    if operation != "getDetails":
        raise BadRequest("Invalid value for 'operation' parameter. Supported here: getDetails.", "operation")
    ledger = errand.world.ledger
    return errand.answered(
        operation=operation,
        organizationName="vidmock",
        organizationUUID=str(uuid.uuid5(uuid.NAMESPACE_OID, errand.world.key)),
        team=[],
        apiKeys=[],
        usage={"total": {"credits": float(ledger.spent), "requests": ledger.jobs}},
    )


async def model_search(errand: Task) -> TaskAnswer:
    """The models whose id or name holds the ``search`` text, all without one."""
    wanted = errand.task.get("search", "")
    if not isinstance(wanted, str):
        raise BadRequest(
            f"Invalid value for 'search' parameter. It must be a string, not {json_type(wanted)}.", "search"
        )
    limit, offset = _count(errand, "limit", PAGE), _count(errand, "offset", 0)
    found = [
        {"air": model.id, "name": model.name, "category": "checkpoint", "architecture": model.id.partition(":")[0]}
        for model in models("runware")
        if wanted.casefold() in f"{model.id} {model.name}".casefold()
    ]
    return errand.answered(totalResults=len(found), results=found[offset : offset + limit])


def _count(errand: Task, name: str, default: int) -> int:
    value: Any = errand.task.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise BadRequest(f"Invalid value for '{name}' parameter. It must be an integer of at least 0.", name)
    return value
