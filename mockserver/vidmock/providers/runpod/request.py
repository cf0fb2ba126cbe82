"""The ``policy`` of a RunPod request: time limits and priority, and the terms of the job that follow from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vidmock.engine.codec import plain_field
from vidmock.engine.jobs.job import Job
from vidmock.engine.jobs.notes import Notes, notes_of
from vidmock.engine.jobs.timeline import Terms
from vidmock.problems import BadRequest
from vidmock.providers.exchange.envelope import expect
from vidmock.schema.catalog import Model
from vidmock.schema.request_schemas import request_schema_of


def _bounds(name: str) -> tuple[int, int, int]:
    """Least, default and greatest value of the policy's *name*, in milliseconds."""
    said = request_schema_of("runpod").schema["properties"]["policy"]["properties"][name]
    return said["minimum"], said["default"], said["maximum"]


RUN_MS = _bounds("executionTimeout")
"""Least, default and greatest ``executionTimeout``, in milliseconds."""
TTL_MS = _bounds("ttl")
"""Least, default and greatest ``ttl``, in milliseconds from submission."""
LOST_SECONDS = 40.0
"""Seconds after which a job with an empty input fails: no worker takes it up. Observed."""


@notes_of("runpod")
@dataclass(frozen=True, slots=True)
class RunPodNotes(Notes):
    """What a job keeps of its policy: *run_ms*, the longest that it may run, in milliseconds, and its priority."""

    run_ms: int = plain_field(RUN_MS[1], "executionTimeout")
    low_priority: bool = plain_field(default=False, name="lowPriority")

    @property
    def waits_aside(self) -> bool:
        return self.low_priority


@dataclass(frozen=True, slots=True)
class Policy:
    """The limits on a job's run and on its life since submission, in milliseconds.

    A job of *low_priority* starts no worker of its own.
    """

    run_ms: int = RUN_MS[1]
    ttl_ms: int = TTL_MS[1]
    low_priority: bool = False

    @classmethod
    def read(cls, body: Mapping[str, Any], *, clamp: bool) -> Policy:
        """The ``policy`` of a request's *body*. With *clamp*, a value beyond a limit becomes that limit.

        Raises:
            BadRequest: a value of another type, or without *clamp* one beyond a limit.
        """
        policy = expect(body, "policy", dict, required=False) or {}
        return cls(
            _milliseconds(policy, "executionTimeout", RUN_MS, clamp),
            _milliseconds(policy, "ttl", TTL_MS, clamp),
            bool(expect(policy, "lowPriority", bool, required=False)),
        )

    def notes(self) -> RunPodNotes:
        """What the job keeps of the policy."""
        return RunPodNotes(self.run_ms, self.low_priority)

    def terms(self, given: Mapping[str, Any], retention: float) -> Terms:
        """The terms of a job with the input *given*, which is kept for *retention* seconds after its end."""
        lost = None if given else LOST_SECONDS
        return Terms(run=self.run_ms / 1000, retention=retention, ttl=self.ttl_ms / 1000, lost=lost)


def with_images(model: Model, given: dict[str, Any]) -> dict[str, Any]:
    """*given* with its ``image`` as the only one of ``images``, where *model* asks for those and there are none."""
    if "images" not in model.schema["properties"] or "images" in given or "image" not in given:
        return given
    kept = {name: value for name, value in given.items() if name != "image"}
    return kept | {"images": [given["image"]]}


def terms_of_retry(job: Job, now: float) -> Terms:
    """The terms of a job that is retried *now*: the same as before; its time to live still counts from submission."""
    return Terms(
        run=RunPodNotes.of(job.notes).run_ms / 1000,
        retention=job.retention,
        ttl=None if job.deadline is None else job.deadline - now,
        lost=None if job.input else LOST_SECONDS,
    )


def _milliseconds(policy: Mapping[str, Any], name: str, bounds: tuple[int, int, int], clamp: bool) -> int:
    least, default, most = bounds
    value = expect(policy, name, int, required=False)
    if value is None:
        return default
    if isinstance(value, bool):
        raise BadRequest(f"'policy.{name}' must be an integer, not a boolean", name)
    if not least <= value <= most and not clamp:
        raise BadRequest(f"'policy.{name}' must be from {least} to {most} milliseconds", name)
    return min(max(int(value), least), most)
