"""fal's webhooks: sorted JSON, a signature over four lines, and the retry plans of two editions of its pages."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Self

from vidmock.engine.jobs.job import Job
from vidmock.engine.webhooks.delivery import Message, MessageHeaders, RetryPlan
from vidmock.engine.world.world import World
from vidmock.providers.fal import behaviours
from vidmock.providers.fal.jobs import ModelAnswer
from vidmock.providers.fal.keys import SigningKeys

OLDER_RETRIES = RetryPlan(delays=tuple(7.0 * 2**n for n in range(10)), timeout=15.0)
"""The plan of the page before: ten retries in two hours are documented, doubling delays are inferred."""
MOST_RETRIES = 31
_ERRORS = {"unexpected": "Unexpected status code: {}", "invalid": "Invalid status code: {}"}
FIRST_TIMEOUT, LATER_TIMEOUT = 15.0, 120.0
_FIRST_DELAY, _GROWTH = 10.0, 1.15
_REDIRECTS = frozenset(range(300, 400))


def fal_message(world: World, job: Job, outcome: ModelAnswer, keys: SigningKeys) -> Message:
    """The message about *job*, which has a webhook; it is signed as it is sent."""
    assert job.webhook is not None
    good = outcome.status == 200
    body = {
        "request_id": job.id,
        "gateway_request_id": job.id,
        "status": "OK" if good else "ERROR",
        "error": None if good else _ERRORS[world.choice(behaviours.WEBHOOK_ERROR)].format(outcome.status),
        "payload": outcome.body,
    }
    # As captured from the live service: sorted keys, a space after each separator.
    raw = json.dumps(body, sort_keys=True).encode()

    plan = OLDER_RETRIES if world.choice(behaviours.WEBHOOK_RETRIES) == "older" else newer_retries(job.retention or 0.0)
    plan = replace(plan, fresh=world.choice(behaviours.WEBHOOK_SIGNATURE) == "fresh")
    signature = FalSigner(job.id, user_of(world), keys)
    return Message(job.webhook.url, raw, retries=plan, signature=signature)


@dataclass(frozen=True, slots=True)
class FalSigner:
    """Makes the headers of a delivery: request, user, time, and the signature over these and the body's digest.

    *key* names the key that signs, if it is not the usual one.
    """

    request: str
    user: str
    keys: SigningKeys
    key: str = ""

    def headers(self, body: bytes, moment: float) -> MessageHeaders:
        timestamp = str(int(moment))
        lines = (self.request, self.user, timestamp, hashlib.sha256(body).hexdigest())
        return (
            ("content-type", "application/json"),
            ("x-fal-webhook-request-id", self.request),
            ("x-fal-webhook-user-id", self.user),
            ("x-fal-webhook-timestamp", timestamp),
            ("x-fal-webhook-signature", self.keys.sign("\n".join(lines).encode(), self.key)),
        )

    def about(self, job: str) -> Self:
        return replace(self, request=job)

    def rotated(self) -> Self:
        return replace(self, key=self.keys.bring_in(self.request))

    def unpublished(self) -> Self:
        return replace(self, keys=self.keys.unpublished(), key="")


def user_of(world: World) -> str:
    """The user id of the world's key: always the same, and without the key in it. Its form is inferred."""
    return f"vidmock|{hashlib.sha256(world.key.encode()).hexdigest()[:16]}"


def newer_retries(retention: float) -> RetryPlan:
    """The plan of the page today, whose retries end when the result has been kept for *retention* seconds.

    That the distances grow is documented, and inferred by how much.
    """
    return RetryPlan(tuple(_growing(retention)), FIRST_TIMEOUT, LATER_TIMEOUT, _REDIRECTS)


def _growing(retention: float) -> Iterator[float]:
    delay, passed = _FIRST_DELAY, 0.0
    for _ in range(MOST_RETRIES):
        passed += delay
        if passed >= retention:
            return
        yield delay
        delay *= _GROWTH
