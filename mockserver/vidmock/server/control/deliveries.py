"""Webhooks: what was sent, what came of it, and sending it once more."""

from __future__ import annotations

from typing import Any

from vidmock.engine.codec import to_plain
from vidmock.engine.webhooks.delivery import Delivery
from vidmock.engine.world.world import World
from vidmock.server.control import secrets
from vidmock.server.control.journal import body_view
from vidmock.server.control.refusal import NotFound
from vidmock.server.control.request import ControlRequest, world_id
from vidmock.server.control.route import ControlRoute


def delivery_view(world: World, delivery: Delivery, *, reveal: bool) -> dict[str, Any]:
    message = delivery.message
    return {
        "number": delivery.number,
        "world": world_id(world),
        "job": delivery.job,
        "method": message.method,
        "url": secrets.mask_text(message.url, reveal),
        "headers": secrets.mask_headers(message.headers, reveal),
        "body": body_view(secrets.mask_body(message.body, reveal)),
        "attempts": secrets.mask_value([to_plain(attempt) for attempt in delivery.attempts], reveal),
        "accepted": delivery.accepted,
        "planned": delivery.planned,
    }


async def list_deliveries(ask: ControlRequest) -> object:
    """Deliveries of all jobs, or of one."""
    return {
        "deliveries": [
            delivery_view(world, delivery, reveal=ask.secrets)
            for world in ask.chosen()
            for delivery in world.outbox
            if ask.text("job") in ("", delivery.job)
        ]
    }


async def redeliver(ask: ControlRequest) -> object:
    """The same bytes once more; answered when the receiver has answered."""
    world, number = ask.world(), ask.path("number")
    for delivery in world.outbox:
        if str(delivery.number) == number:
            await ask.engine.webhooks.redeliver(world, delivery)
            return delivery_view(world, delivery, reveal=ask.secrets)
    raise NotFound(f"there is no delivery {number} (any more)", f"curl '{ask.url}/deliveries'")


ENTRIES = (
    ControlRoute("GET", "/deliveries", list_deliveries),
    ControlRoute("POST", "/deliveries/{number}/redeliver", redeliver),
)
