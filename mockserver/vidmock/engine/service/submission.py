"""A submission, and the job that is drawn from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from random import Random
from typing import Any

from vidmock.engine.faults.prompt_marker import faults_in_prompt
from vidmock.engine.jobs.asked import AskedFault
from vidmock.engine.jobs.job import Failure, Job, Line, Output, State, Webhook
from vidmock.engine.jobs.notes import Notes
from vidmock.engine.jobs.queue_line import ready_in
from vidmock.engine.jobs.timeline import Terms, draw_moments, draw_timeline, failed_at_once
from vidmock.engine.world.limits import Quota
from vidmock.engine.world.registry import WorldRegistry
from vidmock.engine.world.uploads import LONGEST_URL, upload_names
from vidmock.engine.world.world import World, new_id
from vidmock.schema.catalog import Model
from vidmock.schema.judged import Judged
from vidmock.schema.known_media import UNKNOWN, MediaInfo, Probe, media_of_bytes
from vidmock.schema.outputs import output_spec, prompt_of
from vidmock.schema.pricing import Price, price_of
from vidmock.schema.violation import Violation


@dataclass(frozen=True)
class Submission:
    """A request for a job, as a dialect hands it to the engine.

    *id* is the client's own job id, where the provider lets it choose one; *id_form* shapes a server-made one.
    *lenient* providers accept invalid input and fail the job later; the others refuse it here. They tell of outputs
    *apart*, as each is ready, or of all at the job's end; with the files *enclosed*, the answers have these in them.
    *socket* says that it came by a WebSocket. With *again*,
    the id of a job that has ended may be used once more: that job goes when this is accepted. A *failure* is what
    the job fails with at once, whatever its input is. *sent* is what the client sent, where *input* is what it is
    taken for, and *body* what stood around that.
    """

    world: World
    model: Model
    input: Mapping[str, Any]
    origin: str
    lenient: bool = False
    id: str | None = None
    id_form: str = "{}"
    output_id: Callable[[Random], str] = new_id
    apart: bool = False
    enclosed: bool = False
    webhook: Webhook | None = None
    terms: Terms = field(default_factory=Terms)
    quota: Quota | None = None
    line: Line | None = None
    notes: Mapping[str, Any] | Notes = field(default_factory=dict)
    weight: int = 0
    socket: bool = False
    again: bool = False
    failure: Failure | None = None
    sent: Mapping[str, Any] | None = None
    body: Mapping[str, Any] | None = None

    @property
    def text(self) -> str:
        """The prompt."""
        return prompt_of(self.model, self.input)

    @cached_property
    def asked(self) -> tuple[AskedFault, ...]:
        """What the prompt asks to go wrong, where prompts may. Raises BadRequest: a marker in it cannot be read."""
        if not self.world.settings.magic_inputs:
            return ()
        return faults_in_prompt(self.text, self.model.provider, socket=self.socket)

    @property
    def violations(self) -> tuple[Violation, ...]:
        """What is wrong with the input, if anybody reads it."""
        return () if self.failure else self.judged.violations

    @cached_property
    def judged(self) -> Judged:
        """The input with its verdict, for the engine and for the journal."""
        return Judged(self.model, self.input, self.sent, self.body)


def submission_of(world: World, job: Job, terms: Terms | None) -> Submission:
    """The submission of *job*, one of *world*, once more; without *terms*, it is kept as long as before."""
    return Submission(
        world,
        world.settings.catalog.find(job.provider, job.model, given=job.input),
        job.input,
        job.origin,
        id=job.id,
        webhook=job.webhook,
        terms=terms or Terms(retention=job.retention),
        notes=job.notes,
        weight=job.weight,
    )


def create_job(
    submission: Submission, violations: tuple[Violation, ...], media: Probe, now: float, draw: Random
) -> Job:
    """The job that *submission* becomes at *now*: ids, future, outputs and price, drawn once from its world's seed.

    *media* tells what is known of its files. If that breaks the model's limits, it fails once it has begun: strict
    providers do not fetch them before, either, as far as is known.
    """
    world, terms = submission.world, submission.terms
    job_id = submission.id or submission.id_form.format(new_id(draw))
    unread = violations or submission.failure
    outputs, prompt, bill = ((), "", None) if unread else _draw_outputs(submission, draw, media)
    broken = () if submission.failure else violations or submission.judged.media_violations(media)
    timeline, failure = draw_timeline(draw, world.settings.latency, terms, now, broken)
    if submission.failure:
        timeline, failure = failed_at_once(now), submission.failure
    worker = f"{draw.getrandbits(56):014x}"
    if submission.apart and len(outputs) > 1 and timeline[-1].state is State.SUCCEEDED:
        # Drawn last, so that what is drawn besides is the same for one output and for several.
        moments = draw_moments(draw, timeline, len(outputs))
        outputs = tuple(replace(output, ready=ready) for output, ready in zip(outputs, moments, strict=True))
    return Job(
        id=job_id,
        provider=submission.model.provider,
        model=submission.model.id,
        world=world.key,
        input=submission.input,
        prompt=prompt,
        timeline=timeline,
        outputs=outputs,
        cost=bill.amount if bill else Decimal(0),
        worker=worker,
        origin=submission.origin,
        failure=failure,
        webhook=submission.webhook,
        apart=submission.apart,
        retention=terms.retention,
        deadline=None if terms.ttl is None else now + terms.ttl,
        wait_limit=terms.wait,
        run_limit=terms.run,
        weight=submission.weight,
        asked=submission.asked,
        line=submission.line and ready_in(submission.line, timeline),
        notes=submission.notes,
        priced=bill is None or bill.known,
        enclosed=submission.enclosed,
    )


def _draw_outputs(submission: Submission, draw: Random, media: Probe) -> tuple[tuple[Output, ...], str, Price]:
    shot = output_spec(submission.model, submission.input, media)
    bill = price_of(submission.model, submission.input, media)
    outputs = tuple(
        Output(
            id=submission.output_id(draw),
            seed=_seed(draw, shot.seed if number == 0 else None),
            width=shot.width,
            height=shot.height,
            seconds=shot.seconds,
            container=shot.container,
            audio=shot.audio,
            cost=bill.each,
        )
        for number in range(shot.count)
    )
    return outputs, shot.prompt, bill


def _seed(draw: Random, asked: int | None) -> int:
    """The seed that was *asked* for; without one, any. One is drawn in any case, so that what comes after is equal."""
    drawn = draw.getrandbits(31)
    return drawn if asked is None else asked


def known_media(worlds: WorldRegistry, world: World, now: float) -> Probe:
    """A probe of input files by URL: what the settings say, else what an upload or an output of ours shows.

    Each URL is looked up once.
    """
    found: dict[str, MediaInfo] = {}

    def look(place: str) -> MediaInfo:
        if place not in found:
            found[place] = first_look(place)
        return found[place]

    def first_look(place: str) -> MediaInfo:
        if len(place) > LONGEST_URL:
            return UNKNOWN
        told = world.settings.media(place)
        if told != UNKNOWN:
            return told
        if upload := worlds.upload_at(place):
            return world.settings.media(upload.source) if upload.source else media_of_bytes(upload.data)
        return _made(worlds, place, world, now)

    return look


def _made(worlds: WorldRegistry, place: str, asking: World, now: float) -> MediaInfo:
    """The facts of an output of ours that is used as an input, without its size: a real file has another."""
    for name in upload_names(place):
        if found := worlds.output(name):
            world, job, output = found
            # Of another world's results it is the other world's clock that tells.
            moment = now if world is asking else world.clock.now()
            if job.made(output, moment):
                return MediaInfo(output.seconds, output.width, output.height, format=output.container)
    return UNKNOWN
