"""Sends webhooks in the background, when jobs end: no request waits for them, and no receiver for another."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from vidmock.engine.faults.rules import Effect, Moment
from vidmock.engine.jobs.job import Job, Output
from vidmock.engine.service.strikes import strike
from vidmock.engine.webhooks.delivery import Attempt, Delivery, Message, ReceiverAnswer, RetryPlan
from vidmock.engine.webhooks.faulty import apply_webhook_fault, changed_copies
from vidmock.engine.webhooks.under_way import UnderWay
from vidmock.engine.world.activity import FaultStruck, WebhookAttempted
from vidmock.engine.world.world import Due, World

LEAST_TIMEOUT = 5.0
"""Real seconds that a receiver has to answer, however fast the clock runs, where its provider gives it as many."""
RECEIVER_HUNG = 45.0
"""Real seconds after which a receiver that lives by the world's clock, and has its limit there, is given up."""
_WITHHELD = ReceiverAnswer(None, withheld=True)


class Announcer(Protocol):
    """Words the messages that a provider sends when a job ends, or an output is ready. Implemented by its dialect."""

    @property
    def retries(self) -> RetryPlan: ...

    def messages(self, world: World, job: Job, now: float, outputs: Sequence[Output]) -> tuple[Message, ...]:
        """What is sent about *job* of *world*, which has ended by *now*.

        About a job whose outputs are ready *apart*: what is sent about *outputs*, which are made or given up by *now*.
        """


class Post(Protocol):
    """Sends one message, and says what came of it. Raises nothing."""

    async def __call__(self, message: Message, timeout: float) -> ReceiverAnswer: ...


class WebhookSender:
    """*announcers* say, by provider, what to send and how often to retry; *post* sends it."""

    def __init__(self, announcers: Mapping[str, Announcer], post: Post) -> None:
        self._announcers = announcers
        self._post = post
        self._post_of: Callable[[World], Post] = lambda world: post
        self._under_way = UnderWay()
        self.attempted: Counter[tuple[str, int | None]] = Counter()
        """The attempts so far: provider, and the receiver's status, if it answered."""
        self._on_event: list[Callable[[World, WebhookAttempted | FaultStruck], None]] = []

    def post_by(self, change: Callable[[Post, World], Post]) -> None:
        """Send what is about a world by what *change* makes for it of the way that was given first."""
        self._post_of = lambda world: change(self._post, world)

    def on_event(self, tell: Callable[[World, WebhookAttempted | FaultStruck], None]) -> None:
        """Call *tell* from now on with each fault, and with each attempt once its receiver has answered, or has not."""
        self._on_event.append(tell)

    def _tell(self, world: World, event: WebhookAttempted | FaultStruck) -> None:
        for tell in self._on_event:
            tell(world, event)

    def announce(self, world: World, job: Job, now: float, outputs: Sequence[Output]) -> None:
        """Plan the first attempt of each message about *outputs* of *job*, at *now* or as a fault has it."""
        announcer = self._announcers[job.provider]
        for message in announcer.messages(world, job, now, outputs):
            moment = Moment("webhook", job.provider, "webhook", job.model, job.id, job.prompt)
            if effect := strike(world, moment):
                self._tell(world, FaultStruck(moment, effect))
            for sent in apply_webhook_fault(message, effect, job.id, now):
                # The plan of the moment: a delivery that is restored has no announcer to ask.
                tells = job.results(now) if sent.message.tells is None else sent.message.tells
                planned = replace(sent.message, retries=sent.message.retries or announcer.retries, tells=tells)
                named = effect.name if effect else ""
                made = Delivery(job.id, planned, held=sent.held, provider=job.provider, at=now, effect=named)
                self.plan(world, world.outbox.add(made), now + sent.delay)

    def rehearse(self, world: World, job: Job) -> None:
        """Word the messages about *job* and send nothing. Raises whatever wording them would raise."""
        self._announcers[job.provider].messages(world, job, job.ends, job.outputs)

    def load_all(self) -> None:
        """Have the announcer of every provider there: the notes of its jobs can be read once it is."""
        for _ in self._announcers.values():
            pass

    def plan(self, world: World, delivery: Delivery, when: float) -> None:
        """Plan the next attempt of *delivery* at *when*."""
        world.outbox.plan(delivery, when)
        world.schedule.plan(Due(delivery=delivery.number), when, lambda: self._begin(world, delivery))

    def restore(self, world: World, delivery: Delivery) -> None:
        """Give *delivery*, which was read from a snapshot, the signer that its further attempts need."""
        if job := world.jobs.get(delivery.job):
            for message in self._announcers[job.provider].messages(world, job, job.ends, job.outputs):
                if message.url == delivery.message.url:
                    world.outbox.restore_signer(delivery, message)
                    return

    async def redeliver(self, world: World, delivery: Delivery) -> None:
        """Send *delivery* once more: the same body, signed as each attempt is. Its planned attempts are not changed."""
        plan = delivery.message.retries
        await self._send(world, delivery, plan.timeout if plan else LEAST_TIMEOUT, by_hand=True)

    async def send_copies(self, world: World, delivery: Delivery, effect: Effect) -> tuple[Delivery, ...]:
        """Send *delivery* by hand as *effect* has it, as deliveries of their own; none is tried again.

        Those that are due at once have been answered when this returns, and the others are planned.

        Raises:
            NothingChanged: *effect* would send it as it was, or not at all.
        """
        message, now = delivery.message, world.clock.now()
        plan = replace(message.retries or RetryPlan((), LEAST_TIMEOUT), delays=())
        made, at_once = list[Delivery](), list[Delivery]()
        for sent in changed_copies(replace(message, retries=plan), effect, delivery.job, now):
            copy = replace(delivery, message=sent.message, attempts=[], held=sent.held, planned=None, at=now)
            made.append(world.outbox.add(replace(copy, effect=effect.name, copied=delivery.number)))
            if sent.delay:
                self.plan(world, made[-1], now + sent.delay)
            else:
                at_once.append(made[-1])
        await asyncio.gather(*(self._send(world, copy, plan.timeout, by_hand=True) for copy in at_once))
        return tuple(made)

    def _begin(self, world: World, delivery: Delivery) -> Awaitable[None]:
        # At once, and not when its task has its turn: another delivery that goes out before would plan it again.
        world.outbox.let_go(delivery)
        return self._attempt(world, delivery)

    async def _attempt(self, world: World, delivery: Delivery) -> None:
        retries = delivery.message.retries
        assert retries is not None
        allowed = retries.timeout
        if delivery.attempts:
            allowed = retries.later_timeout or allowed
        attempt = await self._send(world, delivery, allowed)
        if attempt is None:
            return
        self._send_held(world)
        tried = sum(not attempt.by_hand for attempt in delivery.attempts)
        world.outbox.finish(delivery)
        world.schedule.drop(Due(delivery=delivery.number))
        # The world may have been closed meanwhile; what it was is then nobody's any more.
        over = attempt.accepted or attempt.status in retries.final or tried > len(retries.delays)
        if not world.closed and not over:
            self.plan(world, delivery, world.clock.now() + retries.delays[tried - 1])

    def _send_held(self, world: World) -> None:
        """Plan now the deliveries that were held back until another one has gone out."""
        for held in world.outbox.held:
            world.outbox.let_go(held)
            self.plan(world, held, world.clock.now())

    async def _send(self, world: World, delivery: Delivery, allowed: float, *, by_hand: bool = False) -> Attempt | None:
        """Send *delivery* once there is room for one more; nothing, if its world is closed by then."""
        async with self._under_way.room_for(delivery.message.receiver):
            plan, answer = delivery.message.retries, _WITHHELD
            while answer.withheld:
                if world.closed:
                    return None
                began = world.clock.now()
                if not delivery.attempts or (plan and plan.fresh):
                    # The receiver compares the time in it with its own clock.
                    world.outbox.sign(delivery, world.clock.wall())
                answer = await self._post_in_time(world, delivery.message, allowed)
        attempt = Attempt(began, answer.status, answer.error, by_hand, answer.sent, answer.received)
        self.attempted[delivery.provider, answer.status] += 1
        world.outbox.attempted(delivery, attempt)
        self._tell(world, WebhookAttempted(delivery, attempt))
        if attempt.accepted:
            world.jobs.collect(delivery.message.tells or ())
            if file := delivery.message.file:
                size = len(delivery.message.body)
                world.jobs.download(file, 0, size, size)
        return attempt

    async def _post_in_time(self, world: World, message: Message, allowed: float) -> ReceiverAnswer:
        clock, post = world.clock, self._post_of(world)
        if not clock.is_lived_by:
            # However fast the clock, a receiver is a real program: it gets real seconds.
            return await post(message, max(allowed / clock.mode.factor, min(allowed, LEAST_TIMEOUT)))
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(None) as limit:
                over = clock.after(allowed, lambda: limit.reschedule(loop.time()))
                try:
                    with clock.awaiting():
                        return await post(message, RECEIVER_HUNG)
                finally:
                    over.cancel()
        except TimeoutError:
            return ReceiverAnswer(None, f"no complete answer within {allowed:g} s")
