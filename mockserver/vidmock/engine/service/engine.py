"""The engine's one counter: orders come in here, are checked, drawn, charged, and followed to their end."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from vidmock.engine.faults import prompt_marker
from vidmock.engine.faults.catalog import at_provider, effect_kind, problem_of
from vidmock.engine.faults.outcomes import apply_outcome
from vidmock.engine.faults.rules import Effect, Moment, Struck
from vidmock.engine.jobs.budget import check_budget
from vidmock.engine.jobs.job import Job, State
from vidmock.engine.jobs.timeline import Terms
from vidmock.engine.service.known_media import known_media
from vidmock.engine.service.submission import Submission, create_job
from vidmock.engine.webhooks.sender import Webhooks
from vidmock.engine.world.limits import Quota
from vidmock.engine.world.settings import Settings
from vidmock.engine.world.world import World, WorldRegistry
from vidmock.problems import AlreadyEnded, Duplicate, Invalid, NoSuchJob, TooMany
from vidmock.schema.catalog import find_model
from vidmock.schema.outputs import prompt_of
from vidmock.schema.validate import find_violations

DAY = 24 * 3600.0
"""A slot that is free later than this is not announced: its job is stuck."""


class Engine:
    def __init__(self, worlds: WorldRegistry, webhooks: Webhooks) -> None:
        self.worlds = worlds
        self.webhooks = webhooks
        self._waiting: dict[tuple[str, str], list[asyncio.Future[None]]] = {}

    @property
    def settings(self) -> Settings:
        return self.worlds.settings

    def submit(self, order: Submission) -> Job:
        """Accept *order*: check it, fix its whole future, charge for it.

        Raises:
            Invalid: the input breaks its model's schema and the provider refuses such input at once.
            Duplicate: the client's own id was used before in this world.
            TooMany: the order's quota is used up.
            NoBalance: the world's budget does not cover it.
            Problem, Struck: a fault has it so, before anything was done.
        """
        world = order.world
        text = prompt_of(order.model, order.input)
        prompt_marker.apply_prompt_markers(world, text)
        fate = self._strike_before(world, Moment("before", order.model.provider, "submit", order.model.id, prompt=text))
        violations = find_violations(order.model, order.input)
        if violations and not order.lenient:
            raise Invalid(violations)
        if order.id is not None and order.id in world.jobs:
            raise Duplicate(order.id)
        if order.quota:
            self._admit(world, order.model.provider, order.quota)
        job = create_job(order, violations, known_media(self.worlds, world))
        if fate:
            job = apply_outcome(job, fate, job.created)
        check_budget(world, job.cost)
        self._accept(world, job, public=order.id is None)
        return job

    def find(self, job_id: str, world: World | None = None) -> tuple[World, Job]:
        """The job of that id in *world*; without one, and for ids that the server made, in any.

        Raises:
            NoSuchJob: unknown there, or ended so long ago that it was forgotten.
        """
        if world is None:
            found = self.worlds.find(job_id)
        else:
            found = (world, world.jobs[job_id]) if job_id in world.jobs else None
        if found is None or found[1].gone(found[0].clock.now()):
            raise NoSuchJob(job_id)
        return found

    def active(self, world: World, provider: str) -> list[Job]:
        """The provider's jobs that have not ended, oldest first."""
        now = world.clock.now()
        jobs = (world.jobs[job_id] for job_id in world.endings)
        return [job for job in jobs if job.provider == provider and not job.ended(now)]

    async def look(self, world: World, job: Job) -> Job:
        """The job as it is now. Under a stepped clock each look first takes it to its next state."""
        if world.clock.mode.kind == "step" and (change := job.next_change(world.clock.now())) is not None:
            await world.clock.advance_to(change)
        return self._seen(world, job)

    async def wait(self, world: World, job: Job, seconds: float) -> Job:
        """The job once it has ended, or as it is after *seconds*, whichever comes first."""
        deadline = world.clock.now() + seconds
        if world.clock.mode.kind == "step":
            await world.clock.advance_to(min(job.ends, deadline))
        elif not job.ended(world.clock.now()):
            done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            waiting = self._waiting.setdefault((world.key, job.id), [])
            waiting.append(done)
            timer = world.clock.at(deadline, lambda: None if done.done() else done.set_result(None))
            try:
                with world.clock.awaiting():
                    await done
            finally:
                timer.cancel()
                waiting.remove(done)
        return self._seen(world, job)

    def strike(self, world: World, moment: Moment) -> Effect | None:
        """The effect of a fault on *moment* that is not an error of the provider's, if any strikes.

        Raises:
            Problem: the provider's own error, where the effect is one.
        """
        struck = world.faults.strike(moment)
        if struck is None:
            return None
        effect = at_provider(struck[1], moment.provider)
        if effect_kind(effect) == "problem":
            raise problem_of(effect)
        return effect

    def force(self, world: World, job: Job, effect: Effect) -> Job:
        """Change the fate of a job that has not ended, from now on."""
        now = world.clock.now()
        forced = apply_outcome(job, effect, now, forced=True)
        if forced is not job and not job.ended(now):
            world.jobs[job.id] = forced
            world.endings.pop(job.id).cancel()
            self.watch(world, forced)
            if forced.ended(now):
                self._conclude(world, job.id)
        return world.jobs.get(job.id, job)

    async def hurry(self, world: World, job: Job, effect: Effect) -> None:
        """Have *job* end now as *effect* has it, and what is to be sent about that delivered before this returns."""
        self.force(world, job, effect)
        await world.clock.advance_to(world.clock.now())

    def cancel(self, world: World, job: Job) -> Job:
        """End the job now and give back what it cost.

        Raises:
            AlreadyEnded: there is nothing left to cancel.
        """
        now = world.clock.now()
        if job.ended(now):
            raise AlreadyEnded(job.id)
        world.jobs[job.id] = cancelled = job.cancelled_at(now)
        self._conclude(world, job.id)
        return cancelled

    def retry(self, world: World, job: Job, terms: Terms | None = None) -> Job:
        """Run an ended job again, under the same id; what it made before is dropped, and it is charged anew.

        *terms* are what holds for it from now on: where not given, that it is kept as long as before.

        Raises:
            NoBalance: the world's budget does not cover it.
            Problem, Struck: a fault has it so, before anything was done.
        """
        fate = self._strike_before(world, Moment("before", job.provider, "retry", job.model, job.id, job.prompt))
        model = find_model(job.provider, job.model)
        terms = terms or Terms(retention=job.retention)
        order = Submission(
            world,
            model,
            job.input,
            job.origin,
            id=job.id,
            webhook=job.webhook,
            terms=terms,
            notes=job.notes,
            weight=job.weight,
        )
        self._conclude(world, job.id)
        check_budget(world, job.cost)
        world.ended.remove(job.id)
        self.worlds.forget(world, job)
        anew = create_job(order, find_violations(model, job.input), known_media(self.worlds, world))
        again = replace(anew, attempt=job.attempt + 1)
        self._accept(world, apply_outcome(again, fate, again.created) if fate else again, public=True)
        return again

    def drop(self, world: World, job: Job) -> None:
        """Cancel *job* if it has not ended, and forget it at once."""
        if not job.ended(world.clock.now()):
            job = self.cancel(world, job)
        self._conclude(world, job.id)
        world.ended.remove(job.id)
        self.worlds.forget(world, job)

    def keep(self, world: World, job: Job, retention: float) -> Job:
        """Have *job* kept for *retention* seconds after its end, instead of what was agreed."""
        world.jobs[job.id] = kept = replace(job, retention=retention)
        return kept

    def _seen(self, world: World, job: Job) -> Job:
        """The job as it is now, which somebody is about to be told."""
        job = world.jobs.get(job.id, job)
        if job.state(world.clock.now()) is State.SUCCEEDED:
            world.collected.add(job.id)
        return job

    def note(self, world: World, job: Job, **more: Any) -> Job:
        """Add to what the dialect remembers of *job* (plain JSON values)."""
        world.jobs[job.id] = noted = replace(job, notes={**job.notes, **more})
        return noted

    def _admit(self, world: World, provider: str, quota: Quota) -> None:
        active = self.active(world, provider) if quota.at_once is not None else []
        if quota.at_once is not None and len(active) >= quota.at_once:
            wait = min(job.ends for job in active) - world.clock.now()
            raise TooMany(f"more than {quota.at_once} at once", wait if wait < DAY else None)
        if quota.rate:
            world.take(quota.name, quota.rate)

    def _accept(self, world: World, job: Job, *, public: bool) -> None:
        self.worlds.put(world, job, public=public)
        world.ledger.charge(job)
        self.watch(world, job)

    def watch(self, world: World, job: Job) -> None:
        """Have *job* end when it ends."""
        world.endings[job.id] = world.clock.at(job.ends, lambda: self._end(world, job.id))

    def _strike_before(self, world: World, moment: Moment) -> Effect | None:
        """The fate that a fault has in store for a job that is to be accepted."""
        effect = self.strike(world, moment)
        if effect and effect_kind(effect) == "answer":
            raise Struck(effect)
        return effect

    def _conclude(self, world: World, job_id: str) -> None:
        """Do now what is planned for the job's end, unless it was done: its timer may be a moment late."""
        if timer := world.endings.get(job_id):
            timer.cancel()
            self._end(world, job_id)

    def _end(self, world: World, job_id: str) -> None:
        job = world.jobs[job_id]
        del world.endings[job_id]
        world.ledger.refund(job, job.owed)
        self.worlds.retire(world, job)
        for waiting in self._waiting.pop((world.key, job_id), ()):
            if not waiting.done():
                waiting.set_result(None)
        self.webhooks.announce(world, job)
