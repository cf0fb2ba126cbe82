"""Eachlabs' webhooks: the message that is sent when a prediction ends, and the log of webhooks and attempts."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from vidmock.engine.jobs.job import Job, State
from vidmock.engine.webhooks.delivery import Attempt, Delivery, Message, RetryPlan, json_body
from vidmock.engine.world.world import World
from vidmock.providers.eachlabs import behaviours
from vidmock.providers.eachlabs.jobs import failure_output, metrics, sent_input, status_word
from vidmock.providers.exchange.refusals import failed
from vidmock.providers.exchange.timestamps import iso

RETRY_PLANS: Final[Mapping[str, RetryPlan]] = MappingProxyType(
    {
        "flat": RetryPlan(delays=(10.0, 10.0), timeout=30.0),
        "growing": RetryPlan(delays=(30.0, 120.0, 600.0), timeout=30.0),
    }
)
"""By the value of the behaviour ``eachlabs.webhook_retries``."""


def eachlabs_message(world: World, job: Job, now: float, made: Any) -> Message | None:
    """The message about *job*, which has *made* this; ``None`` without a webhook, or if it was cancelled."""
    if job.webhook is None or job.state(now) is State.CANCELLED:
        return None
    secret = (("x-webhook-secret", job.webhook.secret),) if job.webhook.secret else ()
    headers = (("content-type", "application/json"), *secret)
    body = json_body(_body(world, job, now, made))
    return Message(job.webhook.url, body, headers, retries=RETRY_PLANS[world.choice(behaviours.WEBHOOK_RETRIES)])


def _body(world: World, job: Job, now: float, made: Any) -> dict[str, Any]:
    """The body of the message. Its statuses are other words than those of a poll."""
    state, form = job.state(now), world.choice(behaviours.WEBHOOK_BODY)
    done = state is State.SUCCEEDED
    reason = failed(job.failure, "eachlabs").message if job.failure and not done else ""
    output: Any = made if done else None
    if form == "older":
        if job.failure and not done:
            output = failure_output(job, job.failure)
        body = {"id": job.id, "status": status_word(world, state), "output": output}
        return body | {"input": sent_input(job), "metrics": metrics(job, state)}
    word = "succeeded" if done else "failed"
    if form == "page":
        return {"exec_id": job.id, "status": word, "output": output, "error": reason}
    if not done:
        output = [{"id": "", "status": "", "output": "", "error": reason}]
    return {"exec_id": job.id, "flow_id": None, "status": word, "output": output, "error": ""}


def webhook_entry(delivery: Delivery) -> dict[str, Any]:
    """*delivery* as an entry of the log of webhooks."""
    message = delivery.message
    return {
        "execution_id": delivery.job,
        "url": message.url,
        "request": message.body.decode(),
        "headers": dict(message.headers),
        "source": "api-gateway",
        "created_at": iso(delivery.at),
    }


def attempt_entries(delivery: Delivery, retries: RetryPlan) -> list[dict[str, Any]]:
    """The attempts so far, oldest first, and the next one, if there is to be one."""
    tried = [_attempt(attempt) for attempt in delivery.attempts]
    over = any(attempt.accepted for attempt in delivery.attempts) or len(tried) > len(retries.delays)
    waiting = {"status": "PENDING", "status_code": None, "response": "", "error_message": "", "created_at": None}
    return tried if over else [*tried, waiting]


def _attempt(attempt: Attempt) -> dict[str, Any]:
    """*attempt* as an entry of the log. ``response`` is empty, because the receiver's body is not kept."""
    failed = "" if attempt.accepted else attempt.error or f"the receiver answered {attempt.status}"
    return {
        "status": "SUCCESS" if attempt.accepted else "FAILED",
        "status_code": attempt.status,
        "response": "",
        "error_message": failed,
        "created_at": iso(attempt.at),
    }
