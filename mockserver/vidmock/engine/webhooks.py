"""Delivers what providers announce, in the background: no request waits for it, no receiver holds up another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from vidmock.engine.delivery import Announcer, Attempt, Delivery, Post, RetryPlan
from vidmock.engine.faults import Moment
from vidmock.engine.job import Job
from vidmock.engine.tampering import tampered
from vidmock.engine.world import World

LEAST_TIMEOUT = 1.0
"""Real seconds that a receiver has, however fast the clock runs."""


class Webhooks:
    """*announcers* say, by provider, what to send and how often to retry; *post* sends it."""

    def __init__(self, announcers: Mapping[str, Announcer], post: Post) -> None:
        self._announcers = announcers
        self._post = post

    def announce(self, world: World, job: Job) -> None:
        """Plan the first attempt of each of the job's messages for now."""
        announcer, now = self._announcers[job.provider], world.clock.now()
        for message in announcer.messages(job, now):
            struck = world.faults.strike(Moment("webhook", job.provider, "webhook", job.model, job.id, job.prompt))
            for sent, delay in tampered(message, struck[1] if struck else None, job.id, now):
                delivery = Delivery(job.id, sent)
                world.deliveries.append(delivery)
                self._plan(world, delivery, sent.retries or announcer.retries, delay)

    def _plan(self, world: World, delivery: Delivery, retries: RetryPlan, delay: float) -> None:
        world.clock.after(delay, lambda: self._attempt(world, delivery, retries))

    async def _attempt(self, world: World, delivery: Delivery, retries: RetryPlan) -> None:
        began = world.clock.now()
        allowed = retries.timeout
        if delivery.attempts:
            allowed = retries.later_timeout or allowed
            if renewed := delivery.message.renewed:
                delivery.message = replace(delivery.message, headers=renewed(began))
        # However fast the clock, a receiver is a real program: it gets a real second.
        timeout = max(allowed / world.clock.mode.factor, min(allowed, LEAST_TIMEOUT))
        status, error = await self._post(delivery.message, timeout)
        attempt = Attempt(began, status, error)
        delivery.attempts.append(attempt)
        if attempt.accepted and delivery.job in world.jobs:
            world.collected.add(delivery.job)
        tried = len(delivery.attempts)
        if not attempt.accepted and status not in retries.final and tried <= len(retries.delays):
            self._plan(world, delivery, retries, retries.delays[tried - 1])
