"""The workers of an endpoint, derived from its jobs: each running job has one of its own."""

from __future__ import annotations

from typing import Any

from vidmock.engine.jobs.census import Census
from vidmock.engine.jobs.job import State

IDLE_SECONDS = 5.0
"""Seconds for which a worker stays idle after its job: RunPod's default."""


def health_body(jobs: Census, now: float) -> dict[str, Any]:
    """The body of ``/health``: numbers of jobs by state and of workers. The endpoint keeps one idle worker."""
    count = {state: jobs.count(state, now) for state in State}
    running = count[State.RUNNING]
    idle = max(jobs.ended_within(IDLE_SECONDS, now), 0 if running else 1)
    standings = jobs.standings(now)
    waiting = sum(standings[each] for each in standings if each.state is State.QUEUED and not each.aside)
    return {
        "jobs": {
            "completed": count[State.SUCCEEDED],
            "failed": count[State.FAILED],
            "inProgress": running,
            "inQueue": count[State.QUEUED],
            "retried": sum(standings[each] * each.again for each in standings),
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
