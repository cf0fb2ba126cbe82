"""Any calls in any sequence, on every provider, against a small model of it: states, money and faults always agree."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from vidmock.engine.faults.catalog import checked_rule
from vidmock.engine.faults.failure_codes import FAILURE_CODES
from vidmock.engine.faults.rules import Effect, FaultRule, Phase
from vidmock.engine.time.epoch import EPOCH

A_RUN = 40
"""Rules in a row; there are half as many runs as the profile has examples, so 500 for --hypothesis-profile=thorough."""
QUEUED, RUNNING = 1.0, 2.0
"""What every job takes in the tests' server, in seconds."""
COSTS = {"runpod": Decimal("0.56"), "runware": Decimal("0.42"), "fal": Decimal("0.56"), "eachlabs": Decimal("0.84")}
CANCELLING = {
    "runpod": ("POST", "/runpod/v2/kling-video-o1-r2v/cancel/{}"),
    "fal": ("PUT", "/fal/queue/fal-ai/kling-video/requests/{}/cancel"),
    "eachlabs": ("POST", "/eachlabs/v1/prediction/{}/cancel"),
}
WAITING = ("queued", "running")
RETRYING = ("POST", "/runpod/v2/kling-video-o1-r2v/retry/{}")
WORDS = {
    "runpod": {
        "IN_QUEUE": "queued",
        "IN_PROGRESS": "running",
        "COMPLETED": "succeeded",
        "FAILED": "failed",
        "CANCELLED": "cancelled",
    },
    "eachlabs": {
        "created": "queued",
        "processing": "running",
        "success": "succeeded",
        "error": "failed",
        "cancelled": "cancelled",
    },
}
BROKEN = {"edge_page": 502, "lost": None, "rate_limit": 429, "internal": 500}
"""Effects on a call, and the status that comes in the place of its answer: none where the connection breaks."""
REFUSED = ("rate_limit", "internal")
"""The effects that are the provider's own errors: nothing is done then, and under the others all is."""

Job = tuple[str, str]
"""Provider and id. Ids alone name nothing: a world that was reset gives the same ones again, to whoever comes."""


@dataclass
class Expected:
    """The whole model of a job: when it was submitted, how it ends by itself, and how it was ended before that."""

    submitted: float
    outcome: str
    ended: str | None = None

    def state(self, now: float) -> str:
        if self.ended is not None:
            return self.ended
        age = now - self.submitted
        return "queued" if age < QUEUED else "running" if age < QUEUED + RUNNING else self.outcome


def seen(name: str, answer: httpx.Response) -> tuple[str, ...]:
    """The state that a provider's answer tells, or the ones that it cannot tell apart."""
    if answer.status_code == 404:
        return ("unknown",)
    if name == "fal":
        if answer.headers.get("x-fal-billable-units") == "0":
            return ("failed",)
        return {200: ("succeeded",), 400: WAITING, 499: ("cancelled",)}.get(answer.status_code, ())
    if name == "runware":
        return _seen_in_batch(answer.json())
    return (WORDS[name][answer.json()["status"]],)


def _seen_in_batch(body: Any) -> tuple[str, ...]:
    if "errors" in body:
        return ("cancelled" if body["errors"][0]["code"] == "taskCancelled" else "failed",)
    if not body["data"]:
        return ("unknown",)
    return ("succeeded",) if body["data"][0]["status"] == "success" else WAITING


def cost(names: Iterable[str]) -> Decimal:
    return sum((COSTS[name] for name in names), Decimal(0))


def machine(houses: Callable[..., Any], wires: Iterable[Any]) -> type[RuleBasedStateMachine]:
    spoken = {wire.name: wire for wire in wires}
    names, effects = st.sampled_from(sorted(spoken)), st.sampled_from(sorted(BROKEN))

    class Providers(RuleBasedStateMachine):
        jobs = Bundle("jobs")

        @initialize()
        def open(self) -> None:
            # The limits on how many jobs run at once are not this model's business.
            self.house = houses(behaviours={"eachlabs.limits": "off"})
            self.begin()

        def begin(self) -> None:
            """A world that was never used."""
            self.now = 0.0
            self.expected: dict[Job, Expected] = {}
            self.charged: list[str] = []

        def state(self, job: Job) -> str:
            return self.expected[job].state(self.now) if job in self.expected else "unknown"

        def accept(self, job: Job, outcome: str = "succeeded") -> Job:
            self.expected[job] = Expected(self.now, outcome)
            self.charged.append(job[0])
            return job

        def hand_in(self, name: str) -> Job:
            return self.accept((name, spoken[name].submit(self.house)))

        def hand_in_what_will_fail(self, name: str, code: str) -> Job:
            self.once("before", Effect("fail", {"code": code}))
            return self.accept((name, spoken[name].submit(self.house)), "failed")

        def once(self, phase: Phase, effect: Effect) -> FaultRule:
            rule: FaultRule = self.house.world().faults.add(checked_rule(FaultRule(phase, effect, times=1)))
            return rule

        def end(self, job: Job, state: str) -> None:
            """*job* ends now, unless it has ended before or is not known."""
            if self.state(job) in WAITING:
                self.expected[job].ended = state

        def ask(self, line: tuple[str, str], job: Job) -> httpx.Response:
            method, path = line
            answer: httpx.Response = self.house.ask(method, path.format(job[1]))
            return answer

        def look(self, job: Job, key: str | None = "a-key") -> httpx.Response:
            name, job_id = job
            answer: httpx.Response = spoken[name].look(self.house, job_id, key)
            return answer

        def strike(self, phase: Phase, effect: str, job: Job, ask: Callable[[], httpx.Response]) -> int | None:
            """The status of what *ask* gets under a fault, which strikes if *job* is known and waits if it is not."""
            faults, rule = self.house.world().faults, self.once(phase, Effect(effect))
            try:
                status = ask().status_code
            except ConnectionResetError:
                status = None
            assert [tally.fired for known, tally in faults if known == rule] == [self.state(job) != "unknown"]
            faults.remove(rule.id)
            return status

        @contextmanager
        def without_money(self) -> Iterator[None]:
            """Whatever costs something is refused meanwhile, and nothing is done."""
            world = self.house.world()
            world.ledger.set_budget(world.ledger.spent)
            yield
            world.ledger.set_budget(None)

        @rule(target=jobs, name=names)
        def submit(self, name: str) -> Job:
            return self.hand_in(name)

        @rule(target=jobs, name=names, code=st.sampled_from(FAILURE_CODES))
        def submit_what_will_fail(self, name: str, code: str) -> Job:
            return self.hand_in_what_will_fail(name, code)

        @rule(target=jobs, name=names)
        def lose_the_answer_to_a_submit(self, name: str) -> Job:
            """No client knows the id of this job; the world does."""
            self.once("after", Effect("lost"))
            with pytest.raises(ConnectionResetError):
                spoken[name].submit(self.house)
            (job_id,) = self.house.world().jobs.keys() - {job_id for _, job_id in self.expected}
            return self.accept((name, job_id))

        @rule(target=jobs, name=names)
        def submit_again_after_a_lost_answer(self, name: str) -> Job:
            """It is paid twice."""
            self.lose_the_answer_to_a_submit(name)
            return self.hand_in(name)

        @rule(job=jobs)
        def submit_the_same_task_again(self, job: Job) -> None:
            """Runware's ids are the client's own, and whoever keeps to one pays once."""
            name, job_id = job
            if name != "runware":
                return
            wire = spoken[name]
            answer = self.house.post(wire.submit_path, [wire.body[0] | {"taskUUID": job_id}])
            if self.state(job) == "unknown":
                self.accept(job)
                assert answer.status_code == 200
            else:
                assert answer.json()["errors"][0]["code"] == "conflictTaskUUID"

        @rule(name=names)
        def refuse_a_submit(self, name: str) -> None:
            self.once("before", Effect("edge_page"))
            with pytest.raises(AssertionError, match="502"):
                spoken[name].submit(self.house)

        @rule(name=names)
        def submit_without_money(self, name: str) -> None:
            with self.without_money(), pytest.raises(AssertionError):
                spoken[name].submit(self.house)

        @rule(job=jobs)
        def poll(self, job: Job) -> None:
            told, state = seen(job[0], self.look(job)), self.state(job)
            assert state in told, (job, told, state)

        @rule(job=jobs, effect=effects)
        def poll_through_a_fault(self, job: Job, effect: str) -> None:
            status = self.strike("poll", effect, job, lambda: self.look(job))
            assert status == BROKEN[effect] or self.state(job) == "unknown"
            self.poll(job)

        @rule(job=jobs, effect=st.sampled_from([("fail", "failed"), ("cancelled", "cancelled")]))
        def end_at_a_poll(self, job: Job, effect: tuple[str, str]) -> None:
            self.strike("poll", effect[0], job, lambda: self.look(job))
            self.end(job, effect[1])
            self.poll(job)

        @rule(job=jobs)
        def poll_with_another_key(self, job: Job) -> None:
            assert seen(job[0], self.look(job, "another-key")) == ("unknown",)

        @rule(job=jobs)
        def poll_without_a_key(self, job: Job) -> None:
            """fal looks a job up before it asks for the key; the others ask first."""
            gone = job[0] == "fal" and self.state(job) == "unknown"
            assert self.look(job, None).status_code == (404 if gone else 401)

        @rule(job=jobs)
        def cancel(self, job: Job) -> None:
            if line := CANCELLING.get(job[0]):
                answer = self.ask(line, job)
                assert (answer.status_code == 404) == (self.state(job) == "unknown")
                self.end(job, "cancelled")

        @rule(job=jobs, effect=effects)
        def cancel_through_a_fault(self, job: Job, effect: str) -> None:
            if line := CANCELLING.get(job[0]):
                status = self.strike("cancel", effect, job, lambda: self.ask(line, job))
                assert status == BROKEN[effect] or self.state(job) == "unknown"
                if effect not in REFUSED:
                    self.end(job, "cancelled")
                self.poll(job)

        @rule(job=jobs)
        def retry(self, job: Job) -> None:
            """RunPod alone does that: what failed begins anew under its id, and is paid again."""
            if job[0] != "runpod":
                return
            state = self.state(job)
            with self.without_money():
                assert self.ask(RETRYING, job).status_code == {"failed": 402, "unknown": 404}.get(state, 400)
            self.poll(job)
            answer = self.ask(RETRYING, job)
            assert answer.status_code == {"failed": 200, "unknown": 404}.get(state, 400)
            if state == "failed":
                self.accept(job)
            self.poll(job)

        @rule(target=jobs, code=st.sampled_from(FAILURE_CODES))
        def retry_what_failed(self, code: str) -> Job:
            job = self.hand_in_what_will_fail("runpod", code)
            self.let_time_pass(QUEUED + RUNNING)
            self.retry(job)
            return job

        @rule(seconds=st.sampled_from([0.25, 0.5, 1.0, 2.5, 4.0]))
        def let_time_pass(self, seconds: float) -> None:
            self.house.advance(seconds)
            self.now += seconds

        @precondition(lambda self: len(self.charged) > 2)
        @rule(phase=st.sampled_from(["before", "after", "poll", "cancel"]))
        def reset(self, phase: Phase) -> None:
            """Nothing is left, not even of a fault that goes on and on."""
            self.house.world().faults.add(checked_rule(FaultRule(phase, Effect("edge_page"))))
            assert self.house.post("/_vidmock/worlds/reset?key=a-key", None, None).status_code == 200
            assert list(self.house.world().faults) == []
            self.begin()

        @invariant()
        def each_job_was_charged_once_a_run_and_refunded_unless_it_succeeds(self) -> None:
            if not hasattr(self, "house"):
                return
            world, ledger = self.house.world(), self.house.world().ledger
            assert world.clock.now() == EPOCH + self.now
            assert world.jobs.keys() == {job_id for _, job_id in self.expected}
            kept = [name for (name, _), job in self.expected.items() if job.state(self.now) in (*WAITING, "succeeded")]
            assert ledger.jobs == len(self.charged)
            assert (ledger.charged, ledger.spent) == (cost(self.charged), cost(kept))

    return Providers


def test_nothing_disagrees_with_the_model(houses: Callable[..., Any], wires: tuple[Any, ...]) -> None:
    profile = settings(
        max_examples=settings().max_examples // 2,
        stateful_step_count=A_RUN,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine(houses, wires), settings=profile)
