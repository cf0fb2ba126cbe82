"""Every check passes a correct toy client, and fails a mutant of it that has the one bug that the check is about."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from vidmock.kit.client import Client, Refused, Result
from vidmock.kit.harness import Harness
from vidmock.kit.parts.connection import connection
from vidmock.kit.parts.once import Once
from vidmock.kit.parts.polling import ask, poll
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


class TakesUnfinishedForFinished(Toy):
    def fetch_result(self, job: str) -> Result | None:
        return super().fetch_result(job) or Result((), job)


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


MUTANTS: tuple[tuple[str, type[Client], str], ...] = (
    ("TERM-07", TakesUnfinishedForFinished, "the client returned without a video, before the job had ended"),
    ("VAL-02", SwallowsTheReason, r"the client's error names none of \(.+\)"),
    ("VAL-03", DropsWhatIsFalsy, r"fields arrived in another form \(given, arrived\)"),
    ("VAL-05", FillsInADefaultOfItsOwn, "was asked for, and .+ was made"),
    ("COST-01", HasAPriceListOfItsOwn, r"the client reports 0\.70 USD, the ledger says"),
    ("COST-02", SendsSomethingElseInstead, "USD were charged for an invalid request"),
)


@pytest.mark.parametrize(
    ("check", "mutant", "says"), MUTANTS, ids=[f"{check}-{made.__name__}" for check, made, _ in MUTANTS]
)
def test_a_check_fails_the_client_with_its_bug(
    check: str, mutant: type[Client], says: str, checks: Checks, harness_for: HarnessFor
) -> None:
    with harness_for("eachlabs", mutant) as harness, pytest.raises(AssertionError, match=says):
        checks[check](harness=harness)


def test_every_check_has_its_mutant(checks: Checks) -> None:
    assert {check for check, _, _ in MUTANTS} == checks.keys()


def test_a_good_toy_passes_every_check(checks: Checks, harness_for: HarnessFor) -> None:
    with harness_for("eachlabs", Toy) as harness:
        for check in checks:
            checks[check](harness=harness)
