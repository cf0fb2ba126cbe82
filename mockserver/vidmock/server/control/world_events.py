"""What happens in the worlds of a server, as events for those who look on: jobs, webhooks, money, faults, time."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import Any, Final

from vidmock.engine import money
from vidmock.engine.codec import to_plain
from vidmock.engine.jobs.job import Job
from vidmock.engine.world.activity import (
    ActivityEvent,
    FaultStruck,
    JobAccepted,
    JobChanged,
    JobEnded,
    WebhookAttempted,
    WorldChanged,
)
from vidmock.engine.world.registry import WorldRegistry
from vidmock.engine.world.world import World
from vidmock.providers.exchange.timestamps import iso
from vidmock.server.control import secrets
from vidmock.server.control.clock import clock_view
from vidmock.server.control.coming_steps import ComingSteps
from vidmock.server.control.jobs import job_line
from vidmock.server.control.live_feed import LiveFeed

EVENT_KINDS: Final = ("job", "webhook", "money", "fault", "clock", "world")
"""What :class:`WorldEvents` publishes."""


class WorldEvents:
    """Publishes to a feed what happens in *worlds*, while somebody reads it: nothing is heard before."""

    def __init__(self, worlds: WorldRegistry) -> None:
        self._worlds = worlds
        self._feed: LiveFeed | None = None
        self._steps: dict[str, ComingSteps] = {}
        self._turned: set[str] = set()
        """The keys of worlds whose clock was changed, which is still to be told."""

    def begin(self, feed: LiveFeed) -> None:
        """Publish to *feed* from now on."""
        self._worlds.listen(self)
        self._feed = feed
        for world in self._worlds:
            self._attend(world)

    def end(self, feed: LiveFeed) -> None:
        """Publish no more."""
        self._worlds.unlisten(self)
        self._feed = None
        for key in tuple(self._steps):
            self._leave(key)

    def heard(self, world: World, event: ActivityEvent) -> None:
        if isinstance(event, WorldChanged):
            self._leave(world.key)
            if event.what != "gone":
                self._attend(world)
            self._publish(world, "world", world.clock.now(), {"what": event.what})
            return
        if steps := self._steps.get(world.key):
            # A job that began at this moment, or before, has begun first.
            steps.take()
        match event:
            case JobAccepted(job):
                self._follow(world, job)
                self._tell_job(world, job, "accepted", job.created)
                cost = money.format_amount(job.cost) if job.priced else None
                self._tell_money(world, job, "charged", job.created, cost)
            case JobChanged(job):
                self._follow(world, job)
                self._tell_job(world, job, "changed", world.clock.now())
            case JobEnded(job):
                self._tell_job(world, job, "ended", job.ends)
                if job.owed:
                    self._tell_money(world, job, "refunded", job.ends, money.format_amount(job.owed))
            case WebhookAttempted():
                self._tell_webhook(world, event)
            case FaultStruck():
                self._tell_fault(world, event)

    def over(self) -> None:
        """End each stream after what is unread."""
        if self._feed:
            self._feed.over()

    def _attend(self, world: World) -> None:
        self._steps[world.key] = ComingSteps(world, lambda job, at: self._tell_job(world, job, "began", at))
        world.clock.on_change(partial(self._clock_changed, world))

    def _leave(self, key: str) -> None:
        if steps := self._steps.pop(key, None):
            steps.close()
            steps.world.clock.on_change(None)
        self._turned.discard(key)

    def _follow(self, world: World, job: Job) -> None:
        if steps := self._steps.get(world.key):
            steps.follow(job)

    def _clock_changed(self, world: World) -> None:
        """Tell of it soon: once, where time passes from one thing that is due to the next."""
        if world.key not in self._turned:
            with suppress(RuntimeError):
                # Without a loop, nobody can be read to.
                asyncio.get_running_loop().call_soon(self._tell_clock, world)
                self._turned.add(world.key)

    def _tell_clock(self, world: World) -> None:
        steps = self._steps.get(world.key)
        if world.key in self._turned and steps and steps.world is world:
            self._turned.discard(world.key)
            steps.take()
            view = clock_view(world)
            self._publish(world, "clock", view["now"], {"mode": view["mode"], "due": view["due"]})

    def _tell_job(self, world: World, job: Job, what: str, at: float) -> None:
        def data(reveal: bool) -> dict[str, Any]:
            return {
                "what": what,
                **job_line(world, job, reveal=reveal),
                "state": str(job.state(at)),
                "timeline": [[step.at, str(step.state)] for step in job.timeline],
            }

        self._publish(world, "job", at, data)

    def _tell_money(self, world: World, job: Job, what: str, at: float, amount: str | None) -> None:
        told = {"what": what, "job": job.id, "provider": job.provider, "model": job.model, "amount": amount}
        self._publish(world, "money", at, {**told, "spent": money.format_amount(world.ledger.spent)})

    def _tell_webhook(self, world: World, event: WebhookAttempted) -> None:
        delivery, attempt = event.delivery, event.attempt

        def data(reveal: bool) -> dict[str, Any]:
            return {
                "number": delivery.number,
                "job": delivery.job,
                "url": secrets.mask_text(delivery.message.url, reveal),
                "attempt": len(delivery.attempts),
                "status": attempt.status,
                "error": secrets.mask_text(attempt.error, reveal),
                "by_hand": attempt.by_hand,
                "accepted": attempt.accepted,
            }

        self._publish(world, "webhook", attempt.at, data)

    def _tell_fault(self, world: World, event: FaultStruck) -> None:
        moment, effect = event.moment, event.effect
        told = {
            "fault": effect.rule,
            "effect": effect.name,
            "arguments": to_plain(effect.arguments),
            "phase": moment.phase,
            "provider": moment.provider,
            "operation": moment.operation or None,
            "model": moment.model or None,
            "job": moment.job or None,
        }
        self._publish(world, "fault", world.clock.now(), lambda reveal: secrets.mask_value(told, reveal))

    def _publish(self, world: World, kind: str, at: float, data: Any) -> None:
        assert self._feed is not None
        real = time.time()

        def worded(*, reveal: bool) -> str:
            members: Mapping[str, Any] = data(reveal) if callable(data) else data
            told = {"world": world.id, "at": at, "iso": iso(at), "real": iso(real), **members}
            return json.dumps(told, ensure_ascii=False, separators=(",", ":"))

        self._feed.publish(world, kind, worded)
