"""A job: everything is drawn once, at submission, and its state is a function of the clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from vidmock.engine.codec import plain_field
from vidmock.engine.jobs.asked import AskedFault
from vidmock.engine.jobs.notes import Notes
from vidmock.engine.time.epoch import FOREVER
from vidmock.media.clip import Container
from vidmock.problems import BadRequest, Invalid, did_you_mean
from vidmock.schema.violation import Violation

_REASONS: Final = {
    "internal": "the generation failed",
    "moderated": "the input is against the content policy",
    "upstream": "the model behind the provider failed",
    "upstream_timeout": "the model behind the provider took too long",
    "download": "an input file could not be downloaded",
    "no_media": "the model made no video",
    "start_timeout": "it was not started in time",
    "run_timeout": "it was not finished in time",
    "lost": "it was taken up by nobody",
    "cancelled": "it was cancelled",
}


class State(StrEnum):
    """The states of a job, by the engine's own names; each dialect translates them into its provider's."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @classmethod
    def parse(cls, word: str) -> State:
        """The state of that name.

        Raises:
            BadRequest: there is none; the message lists those that there are.
        """
        words = [state.value for state in cls]
        if word not in words:
            raise BadRequest(f"no state {word!r}.{did_you_mean(word, words)} One of {', '.join(words)}", "state")
        return cls(word)

    @property
    def ended(self) -> bool:
        return self in (State.SUCCEEDED, State.FAILED, State.CANCELLED)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a timeline: from *at* (seconds since the epoch) on, the job is in *state*."""

    at: float
    state: State


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a job fails.

    *code* is the engine's own word for it: ``invalid`` (with the violations), ``start_timeout``, ``run_timeout``,
    ``lost``, ``cancelled``, one of ``FAILURE_CODES``, or a provider's own name of an error that a fault asked for.
    *message* is what the provider is to say instead of its own words, if that is not empty.
    """

    code: str
    message: str = ""
    violations: tuple[Violation, ...] = ()

    @property
    def reason(self) -> str:
        """Why it is, in a sentence for people: the provider's is in its catalogue of errors."""
        if self.message or not self.violations:
            return self.message or _REASONS.get(self.code, self.code)
        return str(Invalid(self.violations))


@dataclass(frozen=True, slots=True)
class Output:
    """One video that a job makes. *id* is unique over all worlds; *cost* is in USD.

    It is *ready* at that moment (seconds since the epoch), if that is before the end of its job, or else with it. An
    output with a *failure* is not made, though others of the same job are: it fails when it would be ready.
    """

    id: str
    seed: int
    width: int
    height: int
    seconds: float
    container: Container
    audio: bool
    cost: Decimal
    failure: Failure | None = None
    ready: float | None = None


@dataclass(frozen=True, slots=True)
class Webhook:
    url: str
    secret: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A queue in which jobs begin in their order, at most *at_once* of their provider's at the same time.

    *ready* is when the job could begin if nobody were before it, in seconds since the epoch.
    """

    at_once: int | None = None
    ready: float = 0.0


@dataclass(frozen=True, slots=True)
class Job:
    """One accepted generation.

    *id* is what the client polls with: server-made and unique over all worlds, or the client's own (Runware's
    taskUUID) and unique in its world. *origin* is how the client reached us: URLs in later deliveries are built
    from it. The job is forgotten *retention* seconds after its end, and at *deadline* (seconds since the epoch)
    whatever its state; ``None`` is never. It fails after *wait_limit* seconds in the queue or *run_limit* at work.
    *apart* says that its outputs are told of one by one, as each is ready, and not together at its end.
    *enclosed* says that their files are inside of the answers and messages that tell of them.
    Where its price is not known, *cost* is 0 and *priced* false.
    *weight* is the size of its request, in bytes. *attempt* counts the runs of a job that was retried. *asked* is what
    its prompt asks to go wrong. *line* is the queue that it
    waits in, if there is one. *notes* holds what the dialect must remember of the request: plain data only where it
    was not decoded yet.
    """

    id: str
    provider: str
    model: str
    world: str
    input: Mapping[str, Any]
    prompt: str
    timeline: tuple[Step, ...]
    outputs: tuple[Output, ...]
    cost: Decimal
    worker: str
    origin: str
    failure: Failure | None = None
    webhook: Webhook | None = None
    apart: bool = False
    attempt: int = 1
    retention: float | None = None
    deadline: float | None = None
    wait_limit: float | None = None
    run_limit: float | None = None
    weight: int = 0
    asked: tuple[AskedFault, ...] = ()
    line: Line | None = None
    notes: Mapping[str, Any] | Notes = field(default_factory=dict)
    priced: bool = True
    enclosed: bool = plain_field(default=False, sparse=True)

    @property
    def created(self) -> float:
        return self.timeline[0].at

    @property
    def ends(self) -> float:
        return self.timeline[-1].at

    def state(self, now: float) -> State:
        current = self.timeline[0].state
        for step in self.timeline:
            if step.at > now:
                break
            current = step.state
        return current

    def ended(self, now: float) -> bool:
        return now >= self.ends

    def output_state(self, output: Output, now: float) -> State:
        """SUCCEEDED or FAILED if *output*, one of this job's, is made or given up by *now*; else the job's own state.

        What was ready before a job failed or was cancelled stays made.
        """
        state = self.state(now)
        early = output.ready is not None and output.ready <= min(now, self.ends)
        if early or state is State.SUCCEEDED:
            return State.FAILED if output.failure else State.SUCCEEDED
        return state

    def made(self, output: Output, now: float) -> bool:
        """Whether *output*, one of this job's, is made by *now*."""
        return self.output_state(output, now) is State.SUCCEEDED

    def made_outputs(self, now: float) -> tuple[Output, ...]:
        """The outputs that are made by *now*."""
        return tuple(output for output in self.outputs if self.made(output, now))

    def results(self, now: float) -> tuple[str, ...]:
        """The ids of what there is to tell of by *now*: outputs, or the success of a job that makes no files."""
        if not self.outputs and self.state(now) is State.SUCCEEDED:
            return (self.id,)
        return tuple(output.id for output in self.made_outputs(now))

    def gone(self, now: float) -> bool:
        """Whether the provider no longer knows the job at *now*."""
        kept_until = float("inf") if self.retention is None else self.ends + self.retention
        return now >= min(kept_until, float("inf") if self.deadline is None else self.deadline)

    def restarts(self, now: float) -> int:
        """How often the job was begun again by *now*: by a retry, after a return to the queue, or as nobody took it."""
        lost = self.failure is not None and self.failure.code == "lost" and self.state(now) is State.FAILED
        returned = sum(step.state is State.QUEUED for step in self.timeline[1:] if step.at <= now)
        return self.attempt - 1 + returned + lost

    @property
    def owed(self) -> Decimal:
        """The refund that is due when the job has ended, in USD: the whole cost, or that of the outputs not made."""
        if self.timeline[-1].state is not State.SUCCEEDED and not self.made_outputs(self.ends):
            return self.cost
        return sum((output.cost for output in self.outputs if not self.made(output, self.ends)), Decimal(0))

    def since(self, state: State) -> float | None:
        """When the job enters *state* for the first time; ``None`` where it never does."""
        return next((step.at for step in self.timeline if step.state is state), None)

    def next_change(self, now: float) -> float | None:
        """When the state of the job or of an output changes next after *now*; ``None`` where all of it is over."""
        moments = [step.at for step in self.timeline]
        moments += [output.ready for output in self.outputs if output.ready is not None]
        return min((moment for moment in moments if now < moment <= self.ends), default=None)

    def put_off(self, by: float, now: float) -> Job:
        """The same job, with all that comes after *now* later by *by* seconds."""
        timeline = tuple(
            step if step.at <= now else Step(min(FOREVER, step.at + by), step.state) for step in self.timeline
        )
        deadline = None if self.deadline is None else self.deadline + by
        return replace(self, timeline=timeline, outputs=self._turned_outputs(timeline, now), deadline=deadline)

    def cancelled_at(self, now: float) -> Job:
        """The same job, cancelled at *now*: its past steps stay, its future ones go."""
        past = tuple(step for step in self.timeline if step.at <= now)
        return self.turned((*past, Step(now, State.CANCELLED)), now)

    def turned(self, timeline: tuple[Step, ...], now: float) -> Job:
        """The same job with another *timeline* from *now* on. Outputs that are still to come move with its end.

        If it no longer succeeds, none of them is ready before.
        """
        return replace(self, timeline=timeline, outputs=self._turned_outputs(timeline, now))

    def _turned_outputs(self, timeline: tuple[Step, ...], now: float) -> tuple[Output, ...]:
        by, ends = timeline[-1].at - self.ends, timeline[-1].at

        def moved(output: Output) -> Output:
            if output.ready is None or output.ready <= now:
                return output
            ready = max(output.ready + by, now)
            early = timeline[-1].state is State.SUCCEEDED and ready < ends
            return replace(output, ready=ready if early else None)

        return tuple(map(moved, self.outputs))
