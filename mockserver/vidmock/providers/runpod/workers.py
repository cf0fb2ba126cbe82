"""The workers of an endpoint, derived from its jobs: each running job has one of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from vidmock.engine.jobs.job import Job, State
from vidmock.engine.world.world import World
from vidmock.providers.runpod.request import RunPodNotes

IDLE_SECONDS = 5.0
"""Seconds for which a worker stays idle after its job: RunPod's default."""


def jobs_of(world: World, provider: str, model: str) -> list[Job]:
    return [job for job in world.jobs.values() if job.provider == provider and job.model == model]


def retries(job: Job, now: float) -> int:
    """How often *job* was started again by *now*: by /retry, after a return to the queue, or as no worker took it."""
    lost = job.failure is not None and job.failure.code == "lost" and job.state(now) is State.FAILED
    return job.attempt - 1 + sum(step.state is State.QUEUED for step in job.timeline[1:] if step.at <= now) + lost


def health_body(jobs: Iterable[Job], now: float) -> dict[str, Any]:
    """The body of ``/health``: numbers of jobs by state and of workers. The endpoint keeps one idle worker."""
    jobs = list(jobs)
    states = [(job, job.state(now)) for job in jobs]
    count = Counter(state for _, state in states)
    running = count[State.RUNNING]
    lately = sum(job.since(State.RUNNING) is not None and now - IDLE_SECONDS < job.ends <= now for job in jobs)
    idle = max(lately, 0 if running else 1)
    waiting = sum(state is State.QUEUED and not RunPodNotes.of(job.notes).low_priority for job, state in states)
    return {
        "jobs": {
            "completed": count[State.SUCCEEDED],
            "failed": count[State.FAILED],
            "inProgress": running,
            "inQueue": count[State.QUEUED],
            "retried": sum(retries(job, now) for job in jobs),
        },
        "workers": {
            "idle": idle,
            "initializing": max(0, waiting - idle),
            "ready": idle,
            "running": running,
            "throttled": 0,
            "unhealthy": 0,
        },
    }
