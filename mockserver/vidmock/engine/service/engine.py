"""The engine: checks, draws and charges submissions, and follows each job to its end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from vidmock.engine.faults.catalog import effect_kind
from vidmock.engine.faults.outcomes import apply_outcome, end_now
from vidmock.engine.faults.problems import at_provider, problem_of
from vidmock.engine.faults.rules import Effect, Moment, Struck
from vidmock.engine.jobs.asked import AskedFault
from vidmock.engine.jobs.job import Job, Output
from vidmock.engine.jobs.notes import Notes
from vidmock.engine.jobs.timeline import Terms
from vidmock.engine.service.stepping import Stepping, Watcher
from vidmock.engine.service.strikes import strike, struck_job
from vidmock.engine.service.submission import Submission, create_job, known_media, submission_of
from vidmock.engine.service.waiters import Waiters
from vidmock.engine.service.webhook_sender import WebhookSender
from vidmock.engine.world.activity import FaultStruck, JobAccepted, JobChanged, JobEnded
from vidmock.engine.world.limits import Quota
from vidmock.engine.world.registry import WorldRegistry
from vidmock.engine.world.settings import Settings
from vidmock.engine.world.world import Due, World
from vidmock.problems import AlreadyEnded, Duplicate, Invalid, NoSuchJob


class Engine:
    """What the providers call: submit, find, look, wait, cancel, retry, over the worlds of one server.

    What depends on the time takes the caller's *now*, so that all of one call happens at one moment; who has none
    yet leaves it out, and the world's clock is read.
    """

    def __init__(self, worlds: WorldRegistry, webhooks: WebhookSender) -> None:
        self.worlds = worlds
        self.webhooks = webhooks
        self._stepping = Stepping(self._change)
        self._waiters = Waiters()
        webhooks.on_event(worlds.tell)

    @property
    def settings(self) -> Settings:
        return self.worlds.settings

    def submit(self, submission: Submission, now: float | None = None) -> Job:
        """Check *submission*, draw its job with its whole timeline, and charge for it. What is refused is not counted.

        Raises:
            Invalid: the input breaks its model's schema and the provider refuses such input at once.
            Duplicate: the client's own id was used before in this world.
            OverQuota, Unavailable: the submission's quota is used up, or too many jobs have not ended.
            NoBalance: the world's budget does not cover it.
            Problem, Struck: a fault strikes before the job is accepted.
        """
        world, model, now = submission.world, submission.model, _moment(submission.world, now)
        moment = Moment("before", model.provider, "submit", model.id, prompt=submission.text, socket=submission.socket)
        outcome = self._strike_before(world, moment, submission.asked)
        violations = submission.violations
        if violations and not submission.lenient:
            raise Invalid(violations)
        before = None if submission.id is None else world.jobs.get(submission.id)
        if before and not (submission.again and before.ended(now)):
            raise Duplicate(before.id)
        if submission.id in world.task_ids and not submission.again:
            raise Duplicate(str(submission.id))
        if submission.quota:
            self._check_quota(world, model.provider, submission.quota, now)
        world.jobs.check_room(submission.weight)
        with world.drawing() as draw:
            job = create_job(submission, violations, known_media(self.worlds, world, now), now, draw)
            job = struck_job(world, job, outcome, now)
            job = world.jobs.line(job.provider).join(job, now) if job.line else job
            world.ledger.check(job.cost)
        if submission.quota and submission.quota.rate:
            world.take(submission.quota.name, submission.quota.rate, now)
        if before:
            self.drop(world, before, now)
        with world.journal.making(job.id, submission.judged):
            self._accept(world, job, public=submission.id is None)
        return job

    def find(self, job_id: str, world: World | None = None, now: float | None = None) -> tuple[World, Job]:
        """The job of that id and its world. Without *world*, any world is searched for a public job.

        Raises:
            NoSuchJob: it is not known there, or no longer: the provider keeps no job for ever.
        """
        if world is None:
            found = self.worlds.find(job_id)
        else:
            found = (world, world.jobs[job_id]) if job_id in world.jobs else None
        if found is None or found[1].gone(_moment(found[0], now)):
            raise NoSuchJob(job_id)
        return found

    async def look(
        self, world: World, job: Job, now: float | None = None, watcher: Watcher | None = None
    ) -> tuple[Job, float]:
        """The job as it is now, and when that is; under a stepped clock, in the state that is *watcher*'s next."""
        now = _moment(world, now)
        if world.clock.mode.kind == "step":
            await self._stepping.look(world, job, watcher)
            now = world.clock.now()
        return world.jobs.get(job.id, job), now

    async def wait(self, world: World, job: Job, seconds: float, now: float | None = None) -> tuple[Job, float]:
        """The job once it has ended, or as it is after *seconds*, whichever comes first; and when that is."""
        now = _moment(world, now)
        deadline = now + seconds
        if world.clock.mode.kind == "step":
            await self._stepping.go_to(world, job, min(job.ends, deadline))
            now = world.clock.now()
        elif not job.ended(now):
            now = await self._waiters.wait(world, job, deadline)
        return world.jobs.get(job.id, job), now

    def strike(self, world: World, moment: Moment, asked: Sequence[AskedFault] | None = None) -> Effect | None:
        """The effect of a fault on *moment* that is not an error of the provider's, if any strikes.

        *asked* is what the prompt of a submit asks for; that of a job is kept with it.

        Raises:
            Problem: the provider's own error, where the effect is one.
        """
        struck = strike(world, moment, asked)
        if struck is None:
            return None
        self.worlds.tell(world, FaultStruck(moment, struck))
        effect = at_provider(struck, moment.provider, moment.phase)
        if effect_kind(effect) == "problem":
            raise problem_of(effect, moment)
        return effect

    def force(self, world: World, job: Job, effect: Effect, now: float | None = None) -> Job:
        """Apply an outcome effect to a job now; a job that has ended stays as it is."""
        now = _moment(world, now)
        return self._change(world, job, apply_outcome(job, effect, now, forced=True), now)

    async def hurry(self, world: World, job: Job, now: float | None = None) -> None:
        """Have *job* end now, and what is to be sent about that delivered before this returns."""
        now = _moment(world, now)
        self._change(world, job, end_now(job, now), now)
        # Read again: a clock that flows has moved on, and what is sent is due by it.
        await world.clock.advance_to(world.clock.now())

    def _change(self, world: World, job: Job, forced: Job, now: float) -> Job:
        if forced is not job and not job.ended(now):
            world.jobs.change(forced)
            place = world.jobs.place(job.id)
            # Those that have been told of are not planned any more.
            self._plan(world, forced, [o for o in forced.outputs if world.schedule.drop(Due(output=o.id))])
            if forced.ended(now):
                self._end_now(world, job.id, now)
            else:
                self.worlds.tell(world, JobChanged(forced))
            self._move_up(world, job.provider, place, now)
        return world.jobs.get(job.id, job)

    def cancel(self, world: World, job: Job, now: float | None = None) -> Job:
        """End the job now and give back what it cost.

        Raises:
            AlreadyEnded: there is nothing left to cancel.
        """
        now = _moment(world, now)
        if job.ended(now):
            raise AlreadyEnded(job.id)
        cancelled, place = world.jobs.change(job.cancelled_at(now)), world.jobs.place(job.id)
        self._end_now(world, job.id, now)
        self._move_up(world, job.provider, place, now)
        return cancelled

    def retry(self, world: World, job: Job, terms: Terms | None = None, now: float | None = None) -> Job:
        """Run an ended job again under its id: its outputs are dropped, and it is charged anew.

        *terms* hold for it from now on; without them, it is kept as long as before. The faults of its prompt count on.

        Raises:
            NoBalance, OverQuota, Unavailable: as :meth:`submit`.
            Problem, Struck: a fault strikes before the job is accepted.
        """
        now = _moment(world, now)
        submission = submission_of(world, job, terms)
        moment = Moment("before", job.provider, "retry", job.model, job.id, job.prompt)
        outcome = self._strike_before(world, moment, submission.asked)
        self._end_now(world, job.id, now)
        world.ledger.check(job.cost)
        world.jobs.check_room(job.weight)
        self._forget(world, job.id)
        violations, media = submission.judged.violations, known_media(self.worlds, world, now)
        anew = create_job(submission, violations, media, now, world.draw())
        again = replace(anew, attempt=job.attempt + 1, asked=job.asked)
        self._accept(world, struck_job(world, again, outcome, now), public=True)
        return again

    def drop(self, world: World, job: Job, now: float | None = None) -> None:
        """Cancel *job* if it has not ended, and forget it at once."""
        now = _moment(world, now)
        if not job.ended(now):
            job = self.cancel(world, job, now)
        self._end_now(world, job.id, now)
        self._forget(world, job.id)

    def keep(self, world: World, job: Job, retention: float) -> Job:
        """Keep *job* for *retention* seconds after its end, instead of what it was submitted with."""
        return world.jobs.change(replace(job, retention=retention))

    def note(self, world: World, job: Job, notes: Notes) -> Job:
        """Add to what the dialect remembers of *job* (plain JSON values)."""
        return world.jobs.change(replace(job, notes=notes))

    def plan_end(self, world: World, job: Job) -> None:
        """Plan the end of *job* on the clock, in place of an end that was planned before."""
        world.schedule.plan(Due(job=job.id), job.ends, lambda: self._end(world, job.id, world.clock.now()))

    def plan_output(self, world: World, job: Job, output: Output) -> None:
        """Plan on the clock that *output* of *job* is ready, before the job's end."""
        assert output.ready is not None

        def ready() -> None:
            self._output_ready(world, job.id, output.id, world.clock.now())

        world.schedule.plan(Due(output=output.id), output.ready, ready)

    def _plan(self, world: World, job: Job, outputs: Iterable[Output]) -> None:
        for output in outputs:
            if output.ready is not None:
                self.plan_output(world, job, output)
        self.plan_end(world, job)

    def _check_quota(self, world: World, provider: str, quota: Quota, now: float) -> None:
        """Check that *quota* has room for one more job. Raises TooMany."""
        if quota.at_once is not None:
            world.jobs.line(provider).check_at_once(quota.at_once, now)
        if quota.rate:
            world.check_rate(quota.name, quota.rate, now)

    def _accept(self, world: World, job: Job, *, public: bool) -> None:
        world.jobs.accept(job, public=public)
        self.worlds.tell(world, JobAccepted(job))
        self._plan(world, job, job.outputs)
        if job.webhook:
            self._stepping.expect(world)

    def _strike_before(self, world: World, moment: Moment, asked: Sequence[AskedFault]) -> Effect | None:
        """The outcome effect that a fault gives to a job at submission, if any strikes."""
        effect = self.strike(world, moment, asked)
        if effect and effect_kind(effect) == "answer":
            raise Struck(effect)
        return effect

    def _forget(self, world: World, job_id: str) -> None:
        if job_id in world.jobs:
            world.jobs.forget(job_id)

    def _end_now(self, world: World, job_id: str, now: float) -> None:
        """Do what is planned for the job's end, unless it was done: its timer may fire a moment late."""
        if world.jobs.is_unfinished(job_id):
            self._end(world, job_id, now)

    def _end(self, world: World, job_id: str, now: float) -> None:
        world.schedule.drop(Due(job=job_id))
        for output in world.jobs[job_id].outputs:
            # A timer may fire a moment late, after that of the end.
            if world.schedule.drop(Due(output=output.id)) and output.ready is not None:
                self._output_ready(world, job_id, output.id, now)
        job = world.jobs.end(job_id)
        self.worlds.tell(world, JobEnded(job))
        self._waiters.let_go(world, job_id, min(now, job.ends))
        self.webhooks.announce(world, job, now, [output for output in job.outputs if output.ready is None])

    def _move_up(self, world: World, provider: str, place: int, now: float) -> None:
        """Place anew the jobs that are in line from *place* on, where a job was changed."""
        for moved in world.jobs.moved_up(provider, place, now):
            self.plan_end(world, world.jobs.change(moved))
            self.worlds.tell(world, JobChanged(moved))

    def _output_ready(self, world: World, job_id: str, output_id: str, now: float) -> None:
        world.schedule.drop(Due(output=output_id))
        job, output = world.jobs.output(output_id)
        self.webhooks.announce(world, job, now, [output])


def _moment(world: World, now: float | None) -> float:
    return world.clock.now() if now is None else now
