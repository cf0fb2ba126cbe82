"""Webhooks: what was sent, what came of it, and sending it once more."""

from __future__ import annotations

from typing import Any

from vidmock.engine.codec import to_plain
from vidmock.engine.webhooks.delivery import Delivery
from vidmock.engine.world.world import World
from vidmock.server.control import secrets
from vidmock.server.control.ask import Ask, id_of
from vidmock.server.control.journal import body
from vidmock.server.control.refusal import NotThere
from vidmock.server.control.route import Entry


def shown(world: World, delivery: Delivery, *, reveal: bool) -> dict[str, Any]:
    message = delivery.message
    return {
        "number": delivery.number,
        "world": id_of(world),
        "job": delivery.job,
        "method": message.method,
        "url": secrets.text(message.url, reveal),
        "headers": secrets.headers(message.headers, reveal),
        "body": body(secrets.body(message.body, reveal)),
        "attempts": secrets.value([to_plain(attempt) for attempt in delivery.attempts], reveal),
        "accepted": delivery.accepted,
        "planned": delivery.planned,
    }


async def listed(ask: Ask) -> object:
    """Deliveries of all jobs, or of one."""
    return {
        "deliveries": [
            shown(world, delivery, reveal=ask.secrets)
            for world in ask.chosen()
            for delivery in world.deliveries
            if ask.text("job") in ("", delivery.job)
        ]
    }


async def redeliver(ask: Ask) -> object:
    """The same bytes once more; answered when the receiver has answered."""
    world, number = ask.world(), ask.path("number")
    for delivery in world.deliveries:
        if str(delivery.number) == number:
            await ask.engine.webhooks.redeliver(world, delivery)
            return shown(world, delivery, reveal=ask.secrets)
    raise NotThere(f"there is no delivery {number} (any more)", f"curl '{ask.url}/deliveries'")


ENTRIES = (
    Entry("GET", "/deliveries", listed),
    Entry("POST", "/deliveries/{number}/redeliver", redeliver),
)
