"""``/v1/models/pricing`` and ``/v1/models/pricing/estimate``: what a unit costs, and what many will."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from starlette.responses import Response

from vidmock.engine.world.world import World
from vidmock.problems import BadRequest
from vidmock.providers.exchange.call import Call
from vidmock.providers.exchange.envelope import expect, json_type, reply
from vidmock.providers.fal.platform_api.query import MOST_IDS, listed
from vidmock.schema.catalog import Model
from vidmock.schema.pricing import price_of

UNIT = "second"
"""What every model here is billed by. Inferred: fal's pages price Kling's models by the second of video."""
_DEFAULTS: Mapping[str, Any] = {}
"""What decides the price of a request that leaves all to its defaults."""
SMALLEST_QUANTITY = Decimal("0.000001")


async def prices(call: Call) -> Response:
    """The price of a unit of each ``endpoint_id``, but for those whose price is not known here.

    Raises:
        Unauthorized: no key, or a refused one.
        BadRequest: no id, or more than 50.
        UnknownModel: one of them is not here.
    """
    call.authorize()
    ids = listed(call.request.query_params, "endpoint_id")
    if not ids:
        raise BadRequest("endpoint_id: is required", "endpoint_id")
    found = [call.catalog.find("fal", name) for name in ids]
    listing = [
        {"endpoint_id": model.id, "unit_price": float(unit_price(model)), "unit": UNIT, "currency": "USD"}
        for model in found
        if price_of(model, _DEFAULTS).known
    ]
    return reply({"prices": listing, "next_cursor": None, "has_more": False})


async def estimate(call: Call) -> Response:
    """The cost of a number of calls, or of billing units, of each endpoint in the body.

    Raises:
        Unauthorized, BadJSON, BadRequest, UnknownModel: as for :func:`prices`.
    """
    world, body = call.world, call.object()
    kind = expect(body, "estimate_type", str)
    endpoints: Mapping[str, Any] = expect(body, "endpoints", dict)
    if not endpoints or len(endpoints) > MOST_IDS:
        raise BadRequest(f"endpoints: from 1 to {MOST_IDS} endpoints, not {len(endpoints)}", "endpoints")
    total = Decimal(0)
    for name, asked in endpoints.items():
        model = world.settings.catalog.find("fal", name)
        if not price_of(model, _DEFAULTS).known:
            raise BadRequest(f"endpoints.{name}: its price is not known here", "endpoints")
        if kind == "historical_api_price":
            total += usual_cost(world, model) * _quantity(name, asked, "call_quantity", whole=True)
        elif kind == "unit_price":
            total += unit_price(model) * _quantity(name, asked, "unit_quantity", whole=False)
        else:
            raise BadRequest("estimate_type: must be historical_api_price or unit_price", "estimate_type")
    return reply({"estimate_type": kind, "total_cost": float(total), "currency": "USD"})


def unit_price(model: Model) -> Decimal:
    """USD for a unit of *model*."""
    return price_of(model, _DEFAULTS).rate


def usual_cost(world: World, model: Model) -> Decimal:
    """USD for a call of *model*: the mean of the calls that *world* paid for, or the price of one with all defaults.

    Inferred: fal does not say whose history it takes.
    """
    totals = world.ledger.by_model.get(("fal", model.id))
    if totals is None or not totals.jobs:
        return price_of(model, _DEFAULTS).amount
    return totals.spent / totals.jobs


def _quantity(name: str, asked: object, member: str, *, whole: bool) -> Decimal:
    value = asked.get(member) if isinstance(asked, dict) else None
    right = isinstance(value, int) or (not whole and isinstance(value, float))
    least = Decimal(1) if whole else SMALLEST_QUANTITY
    if not right or isinstance(value, bool) or (quantity := Decimal(str(value))) < least:
        number = "a whole number" if whole else "a number"
        shown = value if right else json_type(value)
        raise BadRequest(f"endpoints.{name}.{member}: must be {number} of at least {least:f}, not {shown}", "endpoints")
    return quantity
