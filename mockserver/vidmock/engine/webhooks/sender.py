"""Delivers what providers announce, in the background: no request waits for it, no receiver holds up another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from vidmock.engine.faults.rules import Moment
from vidmock.engine.jobs.job import Job
from vidmock.engine.webhooks.delivery import Announcer, Attempt, Delivery, Post
from vidmock.engine.webhooks.faulty import apply_webhook_fault
from vidmock.engine.world.world import World

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
            for sent in apply_webhook_fault(message, struck[1] if struck else None, job.id, now):
                world.announced += 1
                # The plan of the moment: a delivery that is restored has no announcer to ask.
                planned = replace(sent.message, retries=sent.message.retries or announcer.retries)
                delivery = Delivery(job.id, planned, number=world.announced, held=sent.held)
                world.deliveries.add(delivery, len(planned.body))
                self.plan(world, delivery, now + sent.delay)

    def rehearse(self, job: Job) -> None:
        """Word what will be said of *job*, and send nothing. Raises whatever that would raise."""
        self._announcers[job.provider].messages(job, job.ends)

    def plan(self, world: World, delivery: Delivery, when: float) -> None:
        """Have the next attempt of *delivery* made at *when*."""
        delivery.planned = when
        world.planned[delivery.number] = delivery
        delivery.timer = world.clock.at(when, lambda: self._attempt(world, delivery))

    def restore(self, world: World, delivery: Delivery) -> None:
        """Have *delivery*, which was read from a snapshot, sign its further attempts as it would have."""
        if job := world.jobs.get(delivery.job):
            said = self._announcers[job.provider].messages(job, job.ends)
            same = (message.signature for message in said if message.url == delivery.message.url)
            delivery.message = replace(delivery.message, signature=next(same, None))

    async def redeliver(self, world: World, delivery: Delivery) -> Attempt:
        """Send *delivery* once more, byte for byte as it was sent last; its own plan goes on beside that."""
        plan = delivery.message.retries
        return await self._send(world, delivery, plan.timeout if plan else LEAST_TIMEOUT, by_hand=True)

    async def _attempt(self, world: World, delivery: Delivery) -> None:
        began, retries = world.clock.now(), delivery.message.retries
        assert retries is not None
        allowed = retries.timeout
        if delivery.attempts:
            allowed = retries.later_timeout or allowed
            if retries.fresh:
                delivery.message = delivery.message.signed(began)
        delivery.held = False
        attempt = await self._send(world, delivery, allowed)
        self._let_go(world)
        tried = sum(not attempt.by_hand for attempt in delivery.attempts)
        delivery.planned = None
        world.planned.pop(delivery.number, None)
        # The world may have been closed meanwhile; what it was is then nobody's any more.
        over = attempt.accepted or attempt.status in retries.final or tried > len(retries.delays)
        if world.place.world and not over:
            self.plan(world, delivery, world.clock.now() + retries.delays[tried - 1])

    def _let_go(self, world: World) -> None:
        """Have those that were held back for the one that has just gone out follow it now."""
        for held in [delivery for delivery in world.planned.values() if delivery.held]:
            held.held = False
            if held.timer:
                held.timer.cancel()
            self.plan(world, held, world.clock.now())

    async def _send(self, world: World, delivery: Delivery, allowed: float, *, by_hand: bool = False) -> Attempt:
        began = world.clock.now()
        # However fast the clock, a receiver is a real program: it gets a real second.
        timeout = max(allowed / world.clock.mode.factor, min(allowed, LEAST_TIMEOUT))
        status, error = await self._post(delivery.message, timeout)
        attempt = Attempt(began, status, error, by_hand)
        delivery.attempts.append(attempt)
        if attempt.accepted and delivery.job in world.jobs:
            world.collected.add(delivery.job)
        return attempt
