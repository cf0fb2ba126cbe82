"""Anything in any order, on every provider, against a model of a page: states, money and faults never disagree."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from vidmock.engine.effects import checked
from vidmock.engine.faults import Effect, Rule

STEPS = int(os.environ.get("VIDMOCK_MACHINE_STEPS", "10000"))
"""How many rules are played in all; 10,000 take a quarter of a minute."""
A_RUN = 40
QUEUED, RUNNING = 1.0, 2.0
"""What every job takes in the tests' server, in seconds."""
COSTS = {"runpod": Decimal("0.56"), "runware": Decimal("0.42"), "fal": Decimal("0.56"), "eachlabs": Decimal("0.84")}
CANCELLING = {
    "runpod": ("POST", "/runpod/v2/kling-video-o1-r2v/cancel/{}"),
    "fal": ("PUT", "/fal/queue/fal-ai/kling-video/requests/{}/cancel"),
    "eachlabs": ("POST", "/eachlabs/v1/prediction/{}/cancel"),
}
WORDS = {
    "runpod": {"IN_QUEUE": "queued", "IN_PROGRESS": "running", "COMPLETED": "succeeded", "CANCELLED": "cancelled"},
    "eachlabs": {"created": "queued", "processing": "running", "success": "succeeded", "cancelled": "cancelled"},
}


@dataclass
class Expected:
    """The whole model of a job: when it was submitted, and when cancelled."""

    provider: str
    submitted: float
    cancelled: float | None = None

    def state(self, now: float) -> str:
        if self.cancelled is not None:
            return "cancelled"
        age = now - self.submitted
        return "queued" if age < QUEUED else "running" if age < QUEUED + RUNNING else "succeeded"


def seen(wire: Any, answer: httpx.Response) -> str | tuple[str, ...]:
    """The state that a provider's answer tells, or the ones that it cannot tell apart."""
    if wire.name == "fal":
        waiting = ("queued", "running")
        return {200: "succeeded", 499: "cancelled"}.get(
            answer.status_code, waiting if answer.status_code == 400 else "?"
        )
    if wire.name == "runware":
        return "succeeded" if answer.json()["data"][0]["status"] == "success" else ("queued", "running")
    return WORDS[wire.name][answer.json()["status"]]


def machine(houses: Callable[..., Any], wires: tuple[Any, ...]) -> type[RuleBasedStateMachine]:
    class Providers(RuleBasedStateMachine):
        jobs = Bundle("jobs")

        @initialize()
        def open(self) -> None:
            # The limits on how many jobs run at once are not this model's business.
            self.house = houses(behaviours={"eachlabs.limits": "off"})
            self.now = 0.0
            self.expected: dict[str, Expected] = {}
            self.lost = 0
            self.spent_on_lost = Decimal(0)

        @rule(target=jobs, wire=st.sampled_from(wires))
        def submit(self, wire: Any) -> tuple[Any, str]:
            job = wire.submit(self.house)
            self.expected[job] = Expected(wire.name, self.now)
            return wire, job

        @rule(wire=st.sampled_from(wires))
        def lose_the_answer_to_a_submit(self, wire: Any) -> None:
            self.house.world().faults.add(checked(Rule("after", Effect("lost"), times=1)))
            with pytest.raises(ConnectionResetError):
                wire.submit(self.house)
            self.lost += 1
            self.spent_on_lost += COSTS[wire.name]

        @rule(wire=st.sampled_from(wires))
        def refuse_a_submit(self, wire: Any) -> None:
            self.house.world().faults.add(checked(Rule("before", Effect("edge_page"), times=1)))
            with pytest.raises(AssertionError, match="502"):
                wire.submit(self.house)

        @rule(job=jobs)
        def poll(self, job: tuple[Any, str]) -> None:
            wire, job_id = job
            told, state = seen(wire, wire.look(self.house, job_id)), self.expected[job_id].state(self.now)
            assert state in (told if isinstance(told, tuple) else (told,)), (wire.name, told, state)

        @rule(job=jobs)
        def poll_through_a_gateway_page(self, job: tuple[Any, str]) -> None:
            wire, job_id = job
            self.house.world().faults.add(checked(Rule("poll", Effect("edge_page"), times=1)))
            assert wire.look(self.house, job_id).status_code == 502
            self.poll(job)

        @rule(job=jobs)
        def poll_with_another_key(self, job: tuple[Any, str]) -> None:
            wire, job_id = job
            answer = wire.look(self.house, job_id, key="another-key")
            assert answer.status_code == 404 or answer.json() == {"data": []}

        @rule(job=jobs)
        def cancel(self, job: tuple[Any, str]) -> None:
            wire, job_id = job
            if wire.name not in CANCELLING:
                return
            method, path = CANCELLING[wire.name]
            self.house.ask(method, path.format(job_id))
            if self.expected[job_id].state(self.now) in ("queued", "running"):
                self.expected[job_id].cancelled = self.now

        @rule(seconds=st.sampled_from([0.25, 0.5, 1.0, 2.5, 4.0]))
        def let_time_pass(self, seconds: float) -> None:
            self.house.advance(seconds)
            self.now += seconds

        @invariant()
        def every_accepted_job_was_charged_once_and_every_cancelled_one_refunded(self) -> None:
            if not hasattr(self, "house"):
                return
            ledger = self.house.world().ledger
            assert ledger.jobs == len(self.expected) + self.lost
            kept = [job for job in self.expected.values() if job.cancelled is None]
            assert ledger.spent == sum((COSTS[job.provider] for job in kept), self.spent_on_lost)

    return Providers


def test_nothing_disagrees_with_the_model(houses: Callable[..., Any], wires: tuple[Any, ...]) -> None:
    profile = settings(
        max_examples=max(1, STEPS // A_RUN),
        stateful_step_count=A_RUN,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine(houses, wires), settings=profile)
