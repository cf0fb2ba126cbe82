"""The tasks ``accountManagement`` and ``modelSearch``, answered from the ledger and from the models that are here."""

from __future__ import annotations

import uuid
from typing import Any

from vidmock.problems import BadRequest
from vidmock.providers.exchange.envelope import json_type
from vidmock.providers.runware.request import Task, TaskAnswer
from vidmock.schema.catalog import models

PAGE = 20
"""Models on a page of search results, by default."""


async def account_management(task: Task) -> TaskAnswer:
    """Answer ``getDetails`` only: the answers of the usage operations are not published. Raises BadRequest."""
    operation = task.text("operation")
    if operation != "getDetails":
        raise BadRequest("Invalid value for 'operation' parameter. Supported here: getDetails.", "operation")
    ledger = task.world.ledger
    return task.answered(
        operation=operation,
        organizationName="vidmock",
        organizationUUID=str(uuid.uuid5(uuid.NAMESPACE_OID, task.world.key)),
        team=[],
        apiKeys=[],
        usage={"total": {"credits": float(ledger.spent), "requests": ledger.jobs}},
    )


async def model_search(task: Task) -> TaskAnswer:
    """The models whose id or name contains the ``search`` text, or all models without one. Raises BadRequest."""
    wanted = task.fields.get("search", "")
    if not isinstance(wanted, str):
        raise BadRequest(
            f"Invalid value for 'search' parameter. It must be a string, not {json_type(wanted)}.", "search"
        )
    limit, offset = _count(task, "limit", PAGE), _count(task, "offset", 0)
    found = [
        {"air": model.id, "name": model.name, "category": "checkpoint", "architecture": model.id.partition(":")[0]}
        for model in models("runware")
        if wanted.casefold() in f"{model.id} {model.name}".casefold()
    ]
    return task.answered(totalResults=len(found), results=found[offset : offset + limit])


def _count(task: Task, name: str, default: int) -> int:
    value: Any = task.fields.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise BadRequest(f"Invalid value for '{name}' parameter. It must be an integer of at least 0.", name)
    return value
