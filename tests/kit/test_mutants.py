"""Every check passes a correct toy client, and fails a mutant of it that has the one bug that the check is about."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from vidmock.kit.client import Client, ClientError, OutcomeUnknown, Refused, Result, StillRunning
from vidmock.kit.harness import Harness
from vidmock.kit.parts.connection import connection
from vidmock.kit.parts.once import Once
from vidmock.kit.parts.polling import TransientError, ask, poll
from vidmock.kit.parts.posting import post_once

Input = Mapping[str, Any]
HarnessFor = Callable[..., AbstractContextManager[Harness]]
Checks = dict[str, Callable[..., None]]


class Toy:
    """A correct client of Eachlabs, as small as possible; each mutant below changes one thing."""

    def __init__(
        self,
        *,
        base_url: str,
        api_key: str,
        folder: Path,
        sleep: Callable[[float], None],
        now: Callable[[], float],
        publish: Callable[[Result], None],
        webhook_url: str | None,
    ) -> None:
        self.http = connection(base_url=base_url, headers={"X-API-Key": api_key})
        self.sleep, self.now, self.publish, self.hook = sleep, now, publish, webhook_url
        self.jobs = Once(publish)

    def generate(self, model: str, input: Input, *, deadline: float) -> Result:
        job = self.submit(model, input)
        self.jobs.add(job)
        return poll(lambda: self.result(job), job, deadline, self.sleep, self.now)

    def handle_webhook(self, body: bytes, headers: Mapping[str, str]) -> None:
        self.result(json.loads(body)["exec_id"])

    def submit(self, model: str, input: Input) -> str:
        body = {"model": model, "input": input, "webhook_url": self.hook}
        answer = post_once(lambda: self.http.post("/prediction", json=body))
        if answer.is_error:
            raise Refused(answer.text)
        return str(answer.json()["predictionID"])

    def result(self, job: str) -> Result | None:
        return self.jobs.result(job, lambda: self.fetch_result(job))

    def fetch_result(self, job: str) -> Result | None:
        body = ask(lambda: self.http.get(f"/prediction/{job}")).json()
        if body["status"] != "success":
            return None
        video = httpx.get(body["output"], verify=False).content
        return Result((video,), job, Decimal(str(body["metrics"]["cost"])))

    def close(self) -> None:
        self.http.close()


class SubmitsAgainWhenTheAnswerIsLost(Toy):
    def submit(self, model: str, input: Input) -> str:
        try:
            return super().submit(model, input)
        except OutcomeUnknown as unknown:
            if isinstance(unknown.__cause__, httpx.TransportError):
                return super().submit(model, input)
            raise


class SaysThatALostAnswerIsAFailure(Toy):
    def submit(self, model: str, input: Input) -> str:
        try:
            return super().submit(model, input)
        except OutcomeUnknown as unknown:
            raise Refused("the generation failed") from unknown


class SubmitsAgainAfterAGatewaysPage(Toy):
    def submit(self, model: str, input: Input) -> str:
        try:
            return super().submit(model, input)
        except OutcomeUnknown as unknown:
            if unknown.__cause__ is None:
                return super().submit(model, input)
            raise


class SubmitsAgainWhenAPollFails(Toy):
    def generate(self, model: str, input: Input, *, deadline: float) -> Result:
        self.wanted = model, input
        return super().generate(model, input, deadline=deadline)

    def fetch_result(self, job: str) -> Result | None:
        try:
            return super().fetch_result(job)
        except TransientError:
            self.submit(*self.wanted)
            raise


class DiesOfAGatewaysPage(Toy):
    def fetch_result(self, job: str) -> Result | None:
        try:
            return super().fetch_result(job)
        except TransientError as passing:
            if passing.__cause__ is None:
                raise Refused(str(passing)) from passing
            raise


class DiesOfALostConnection(Toy):
    def fetch_result(self, job: str) -> Result | None:
        try:
            return super().fetch_result(job)
        except TransientError as passing:
            if passing.__cause__ is not None:
                raise Refused(str(passing)) from passing
            raise


class TakesUnfinishedForFinished(Toy):
    def fetch_result(self, job: str) -> Result | None:
        return super().fetch_result(job) or Result((), job)


class TakesADeadlineForAFailure(Toy):
    def generate(self, model: str, input: Input, *, deadline: float) -> Result:
        try:
            return super().generate(model, input, deadline=deadline)
        except StillRunning as late:
            raise Refused("the generation failed: timed out", late.job_id) from late


class LosesTheJobAtTheDeadline(Toy):
    def generate(self, model: str, input: Input, *, deadline: float) -> Result:
        try:
            return super().generate(model, input, deadline=deadline)
        except StillRunning as late:
            raise StillRunning("timed out") from late


class ChecksBeforeItActsWithoutALock(Toy):
    def result(self, job: str) -> Result | None:
        self.done: dict[str, Result] = getattr(self, "done", {})
        if job not in self.done and (result := self.fetch_result(job)):
            self.publish(result)
            self.done[job] = result
        return self.done.get(job)


class BelievesWebhooks(Toy):
    def handle_webhook(self, body: bytes, headers: Mapping[str, str]) -> None:
        message = json.loads(body)
        self.jobs.add(message["exec_id"])
        self.jobs.result(message["exec_id"], lambda: Result((message["output"].encode(),), message["exec_id"]))


class PublishesForPollsAndForWebhooks(Toy):
    def generate(self, model: str, input: Input, *, deadline: float) -> Result:
        job = self.submit(model, input)
        self.jobs.add(job)
        result = poll(lambda: self.fetch_result(job), job, deadline, self.sleep, self.now)
        self.publish(result)
        return result


class SwallowsTheReason(Toy):
    def submit(self, model: str, input: Input) -> str:
        try:
            return super().submit(model, input)
        except Refused:
            raise Refused("HTTP 400 Bad Request") from None


class DropsWhatIsFalsy(Toy):
    def submit(self, model: str, input: Input) -> str:
        return super().submit(model, {name: value for name, value in input.items() if value})


class FillsInADefaultOfItsOwn(Toy):
    def submit(self, model: str, input: Input) -> str:
        return super().submit(model, {"duration": "10", **input})


class HasAPriceListOfItsOwn(Toy):
    def fetch_result(self, job: str) -> Result | None:
        result = super().fetch_result(job)
        return result and replace(result, cost=Decimal("0.70"))


class SendsSomethingElseInstead(Toy):
    def submit(self, model: str, input: Input) -> str:
        try:
            return super().submit(model, input)
        except Refused:
            return super().submit(model, {"prompt": "a kite", "video_url": "https://clips.example/walk.mp4"})


class SendsEachTryUnderANewId:
    """A client of Runware that sends each try under a new taskUUID, so the video is made again."""

    def __init__(self, *, base_url: str, api_key: str, **_: object) -> None:
        self.http, self.url = connection(headers={"Authorization": f"Bearer {api_key}"}), base_url

    def generate(self, model: str, input: Input, *, deadline: float) -> Result:
        for _ in range(2):
            job = str(uuid.uuid4())
            task = {"taskType": "videoInference", "taskUUID": job, "model": model, **input}
            try:
                post_once(partial(self.http.post, self.url, json=[task]))
            except OutcomeUnknown:
                continue
            raise StillRunning("the rest is not written", job)
        raise OutcomeUnknown("gave up")

    def close(self) -> None:
        self.http.close()


MUTANTS: tuple[tuple[str, type[Client], str], ...] = (
    ("SPEND-01", SubmitsAgainWhenTheAnswerIsLost, r"[23] generations were paid for, after [23] submissions"),
    ("SPEND-01", SaysThatALostAnswerIsAFailure, "the outcome is unknown and the job may be paid for"),
    ("SPEND-03", SubmitsAgainAfterAGatewaysPage, r"[23] generations were paid for, after [23] submissions"),
    ("SPEND-04", SubmitsAgainWhenAPollFails, r"submitted [2-4] times, because of errors on polls"),
    ("SPEND-05", SendsEachTryUnderANewId, "one call was submitted under 2 taskUUIDs"),
    (
        "POLL-01",
        DiesOfAGatewaysPage,
        r"the job succeeded, but .+Refused.+ On polls: a gateway answers 50[24]",
    ),
    (
        "POLL-03",
        DiesOfALostConnection,
        r"the job succeeded, but .+Refused.+ On polls: the connection closes",
    ),
    ("TERM-07", TakesUnfinishedForFinished, "the client returned without a video, before the job had ended"),
    ("TIME-04", TakesADeadlineForAFailure, "the job is still running, but the client says: Refused"),
    ("TIME-04", LosesTheJobAtTheDeadline, "does not have the job's id"),
    ("HOOK-02", ChecksBeforeItActsWithoutALock, r"one job was published \d+ times"),
    ("HOOK-06", BelievesWebhooks, "one job was published 2 times"),
    ("HOOK-07", PublishesForPollsAndForWebhooks, "one job was published 2 times"),
    ("VAL-02", SwallowsTheReason, r"the client's error names none of \(.+\)"),
    ("VAL-03", DropsWhatIsFalsy, r"fields arrived in another form \(given, arrived\)"),
    ("VAL-05", FillsInADefaultOfItsOwn, "was asked for, and .+ was made"),
    ("COST-01", HasAPriceListOfItsOwn, r"the client reports 0\.70 USD, the ledger says"),
    ("COST-02", SendsSomethingElseInstead, "USD were charged for an invalid request"),
)
ABOUT_RUNWARE = {"SPEND-05"}


@pytest.mark.parametrize(
    ("check", "mutant", "says"), MUTANTS, ids=[f"{check}-{made.__name__}" for check, made, _ in MUTANTS]
)
def test_a_check_fails_the_client_with_its_bug(
    check: str, mutant: type[Client], says: str, checks: Checks, harness_for: HarnessFor
) -> None:
    provider = "runware" if check in ABOUT_RUNWARE else "eachlabs"
    with harness_for(provider, mutant) as harness, pytest.raises(AssertionError, match=says):
        checks[check](harness=harness)


def test_every_check_has_its_mutant(checks: Checks) -> None:
    assert {check for check, _, _ in MUTANTS} == checks.keys()


def test_a_good_toy_passes_every_check(checks: Checks, harness_for: HarnessFor) -> None:
    with harness_for("eachlabs", Toy) as harness:
        for check in checks.keys() - ABOUT_RUNWARE:
            checks[check](harness=harness)


def test_an_error_outside_the_family_is_a_finding(checks: Checks, harness_for: HarnessFor) -> None:
    class Crashes(Toy):
        def submit(self, model: str, input: Input) -> str:
            raise KeyError("predictionID")

    assert not issubclass(KeyError, ClientError)
    with harness_for("eachlabs", Crashes) as harness, pytest.raises(KeyError, match="predictionID"):
        checks["POLL-01"](harness=harness)
