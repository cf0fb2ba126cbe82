"""Jobs that another process has submitted, and that a client takes up by their ids."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from tests.contract.conftest import Judged

from vidmock import resources
from vidmock.kit.client import Result, StillRunning
from vidmock.kit.loading import load_module
from vidmock.kit.wire import WIRES

RUNPOD = load_module(resources.folder("contracts") / "clients" / "runpod.py").Client
FAL = load_module(resources.folder("contracts") / "clients" / "fal.py").Client


class GivesUp:
    """A client that has only looked whose job it is asked for."""

    def __init__(self, **_: Any) -> None:
        """Whatever is given."""

    def generate(self, model: str, input: Mapping[str, Any], *, deadline: float) -> Result:
        raise NotImplementedError

    def resume(self, job: str, model: str, input: Mapping[str, Any], *, deadline: float) -> Result:
        raise StillRunning("too late", job)


class Resumes(RUNPOD):  # type: ignore[misc,valid-type] # it is loaded from a file
    def resume(self, job: str, model: str, input: Mapping[str, Any], *, deadline: float) -> Result:
        self.submit = lambda *_: job
        result: Result = self.generate(model, input, deadline=deadline)
        return result


class SubmitsAgain(FAL):  # type: ignore[misc,valid-type] # it is loaded from a file
    async def resume(self, job: str, model: str, input: Mapping[str, Any], *, deadline: float) -> Result:
        result: Result = await self.generate(model, input, deadline=deadline)
        return result


def test_a_client_that_takes_a_job_up_passes(judged: Judged) -> None:
    assert judged("RES-01", Resumes, "runpod").verdict == "passed"


@pytest.mark.parametrize("provider", sorted(WIRES))
def test_each_provider_has_a_job_for_it(judged: Judged, provider: str) -> None:
    report = judged("RES-01", GivesUp, provider)
    ((finding,),) = (script.findings for script in report.scripts)
    assert "the caller is told StillRunning: too late (job " in str(finding)


def test_one_that_submits_it_again_has_paid_twice(judged: Judged) -> None:
    (script,) = judged("RES-01", SubmitsAgain, "fal").scripts
    said = [str(finding) for finding in script.findings]
    assert said[0].startswith("2 jobs were made for 1 call")
    assert "1 × submit, where 0 × is right" in said


def test_a_client_that_cannot_is_not_tried(judged: Judged) -> None:
    report = judged("RES-01", RUNPOD, "runpod")
    assert (report.verdict, report.why) == ("not applicable", "it is for a client that has resume")
