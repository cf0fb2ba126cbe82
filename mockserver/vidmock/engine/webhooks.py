"""Delivers what providers announce, in the background: no request waits for it, no receiver holds up another."""

from __future__ import annotations

from collections.abc import Mapping

from vidmock.engine.delivery import Announcer, Attempt, Delivery, Post, RetryPlan
from vidmock.engine.job import Job
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
        announcer = self._announcers[job.provider]
        for message in announcer.messages(job, world.clock.now()):
            delivery = Delivery(job.id, message)
            world.deliveries.append(delivery)
            self._plan(world, delivery, message.retries or announcer.retries, 0.0)

    def _plan(self, world: World, delivery: Delivery, retries: RetryPlan, delay: float) -> None:
        world.clock.after(delay, lambda: self._attempt(world, delivery, retries))

    async def _attempt(self, world: World, delivery: Delivery, retries: RetryPlan) -> None:
        began = world.clock.now()
        # However fast the clock, a receiver is a real program: it gets a real second.
        timeout = max(retries.timeout / world.clock.mode.factor, min(retries.timeout, LEAST_TIMEOUT))
        status, error = await self._post(delivery.message, timeout)
        attempt = Attempt(began, status, error)
        delivery.attempts.append(attempt)
        tried = len(delivery.attempts)
        if not attempt.accepted and tried <= len(retries.delays):
            self._plan(world, delivery, retries, retries.delays[tried - 1])
