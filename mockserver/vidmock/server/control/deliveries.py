"""The routes of webhooks: what was sent, what receivers answered, and sending it once more, as it was or changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from vidmock.engine.faults.catalog import find_effect
from vidmock.engine.faults.rule_json import effect_from_json
from vidmock.engine.faults.rules import Moment
from vidmock.engine.webhooks.delivery import Attempt, Delivery
from vidmock.engine.webhooks.faulty import NothingChanged
from vidmock.engine.world.world import World
from vidmock.server.control import secrets
from vidmock.server.control.joining import JoinedList
from vidmock.server.control.journal import body_view
from vidmock.server.control.page import page_of_list
from vidmock.server.control.refusal import ControlProblem, NotFound
from vidmock.server.control.request import ControlRequest
from vidmock.server.control.route import ControlRoute


def delivery_view(world: World, delivery: Delivery, *, reveal: bool) -> dict[str, Any]:
    """A delivery and its attempts, as JSON."""
    message = delivery.message
    return {
        "number": delivery.number,
        "world": world.id,
        "job": delivery.job,
        "provider": delivery.provider,
        "method": message.method,
        "url": secrets.mask_text(message.url, reveal),
        "headers": secrets.mask_headers(message.headers, reveal),
        "body": body_view(secrets.mask_body(message.body, reveal)),
        "attempts": [_attempt_view(attempt, reveal) for attempt in delivery.attempts],
        "accepted": delivery.accepted,
        "planned": delivery.planned,
        "effect": delivery.effect or None,
        "copied": delivery.copied or None,
    }


def _attempt_view(attempt: Attempt, reveal: bool) -> dict[str, Any]:
    head, _, body = attempt.received.partition(b"\r\n\r\n")
    answer = {
        "headers": secrets.mask_headers(_headers(head), reveal),
        "body": body_view(secrets.mask_body(body, reveal)),
    }
    return {
        "at": attempt.at,
        "status": attempt.status,
        "error": secrets.mask_text(attempt.error, reveal),
        "by_hand": attempt.by_hand,
        "sent": secrets.mask_headers(_headers(attempt.sent), reveal) if attempt.sent else None,
        "answer": answer if attempt.received else None,
    }


def _headers(head: bytes) -> list[tuple[str, str]]:
    """The headers of *head*, the last of which may be cut off."""
    lines = (line.partition(": ") for line in head.decode("latin-1").split("\r\n"))
    return [(name, value) for name, colon, value in lines if colon]


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
    world, delivery = _found(request)
    await request.engine.webhooks.redeliver(world, delivery)
    return delivery_view(world, delivery, reveal=request.reveal)


async def send_copies(request: ControlRequest) -> object:
    """Send a copy of a webhook with something wrong about it: forged, late, several times.

    Each copy is a delivery of its own, and is tried once. Answered when the receiver has answered those that are due at
    once.
    """
    world, delivery = _found(request)
    effect = effect_from_json(request.body("effect", "arguments"))
    known = find_effect(effect.name)
    known.check_phase("webhook", "effect")
    if because := known.why_not(delivery.provider, "webhook"):
        raise ControlProblem(f"{effect.name} cannot be seen at {delivery.provider}: {because}", 409, where="effect")
    moment = Moment("webhook", delivery.provider, "webhook", job=delivery.job)
    complete = replace(effect, arguments=known.complete(effect.arguments, moment))
    try:
        copies = await request.engine.webhooks.send_copies(world, delivery, complete)
    except NothingChanged:
        said = f"with {effect.name}, delivery {delivery.number} would go out as it was, or not at all"
        raise ControlProblem(said, 409, where="effect") from None
    return {"deliveries": [delivery_view(world, copy, reveal=request.reveal) for copy in copies]}


def _found(request: ControlRequest) -> tuple[World, Delivery]:
    """The delivery that the path names, and its world. Raises NotFound."""
    world = request.world()
    delivery = world.outbox.find(request.number("number"))
    if delivery is None:
        said = f"there is no delivery {request.path('number')} (any more)"
        raise NotFound(said, f"curl '{request.url}/deliveries'")
    return world, delivery


def _name(delivery: Mapping[str, Any]) -> str:
    return f"{delivery['world']}-{delivery['number']}"


def _began(delivery: Mapping[str, Any]) -> float:
    attempts = delivery["attempts"]
    return float((attempts[0]["at"] if attempts else delivery["planned"]) or 0)


DELIVERY_ROUTES = (
    ControlRoute("GET", "/deliveries", list_deliveries, joined=JoinedList("deliveries", _name, _began)),
    ControlRoute("POST", "/deliveries/{number}/redeliver", redeliver, only=True),
    ControlRoute(
        "POST", "/deliveries/{number}/copies", send_copies, """-d '{"effect": "webhook_repeated"}'""", only=True
    ),
)
