"""The routes of webhooks: what was sent, what receivers answered, and sending it once more."""

from __future__ import annotations

from typing import Any

from vidmock.engine.codec import to_plain
from vidmock.engine.webhooks.delivery import Delivery
from vidmock.engine.world.world import World
from vidmock.server.control import secrets
from vidmock.server.control.journal import body_view
from vidmock.server.control.page import page_of_list
from vidmock.server.control.refusal import NotFound
from vidmock.server.control.request import ControlRequest
from vidmock.server.control.route import ControlRoute


def delivery_view(world: World, delivery: Delivery, *, reveal: bool) -> dict[str, Any]:
    """A delivery and its attempts, as JSON."""
    message = delivery.message
    return {
        "number": delivery.number,
        "world": world.id,
        "job": delivery.job,
        "method": message.method,
        "url": secrets.mask_text(message.url, reveal),
        "headers": secrets.mask_headers(message.headers, reveal),
        "body": body_view(secrets.mask_body(message.body, reveal)),
        "attempts": secrets.mask_value([to_plain(attempt) for attempt in delivery.attempts], reveal),
        "accepted": delivery.accepted,
        "planned": delivery.planned,
    }


async def list_deliveries(request: ControlRequest) -> object:
    """List webhooks, and what came of each attempt."""
    job = request.query("job")
    found = (
        (world, delivery)
        for _, world in request.latest_worlds(request.engine.worlds.accepted)
        for delivery in reversed(world.outbox.about(job) if job else world.outbox)
    )
    page = page_of_list(request, found, lambda entry: f"{entry[0].id}-{entry[1].number}")
    shown = [delivery_view(world, delivery, reveal=request.reveal) for world, delivery in page.entries]
    return {"deliveries": shown, "older": page.older}


async def redeliver(request: ControlRequest) -> object:
    """Send a webhook once more: the same body, signed anew.

    Answered when the receiver has answered.
    """
    world = request.world()
    delivery = world.outbox.find(request.number("number"))
    if delivery is None:
        said = f"there is no delivery {request.path('number')} (any more)"
        raise NotFound(said, f"curl '{request.url}/deliveries'")
    await request.engine.webhooks.redeliver(world, delivery)
    return delivery_view(world, delivery, reveal=request.reveal)


DELIVERY_ROUTES = (
    ControlRoute("GET", "/deliveries", list_deliveries),
    ControlRoute("POST", "/deliveries/{number}/redeliver", redeliver),
)
