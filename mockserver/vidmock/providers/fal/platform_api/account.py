"""``/v1/account/billing`` and ``/v1/meta``: the balance of the key's account, and where webhooks come from."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from vidmock.providers.exchange.call import Call
from vidmock.providers.exchange.envelope import reply
from vidmock.providers.fal.platform_api.query import expansions
from vidmock.providers.fal.platform_api.usage import authorized


async def billing(call: Call) -> Response:
    """The account's name and, with ``expand=credits``, what is left of the world's budget.

    Raises:
        Unauthorized, Forbidden, BadRequest: as for :func:`usage`.
    """
    world = authorized(call)
    body: dict[str, Any] = {"username": "vidmock"}
    if "credits" in expansions(call.request.query_params, ("credits",)):
        body["credits"] = {"current_balance": float(world.ledger.balance), "currency": "USD"}
    return reply(body)


async def meta(call: Call) -> Response:
    """The IP ranges that webhooks come from: this machine."""
    return reply({"webhook_ip_ranges": ["127.0.0.1/32"]})
