"""Verdicts: a good client passes, each bug fails the case that is about it, and what did not happen does not pass."""

from __future__ import annotations

import gc
import json
import re
import threading
import warnings
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from tests.contract.own_time import SleepsByItself

from vidmock import MockServer, resources
from vidmock.contract import script_run, watched_thread
from vidmock.contract.case_files import shipped_cases
from vidmock.contract.own_time import time_of
from vidmock.contract.paid_calls import PAID_CALLS
from vidmock.contract.verdict import judge_case
from vidmock.kit.client import OutcomeUnknown, Refused, Result, StillRunning
from vidmock.kit.loading import load_module
from vidmock.kit.parts.polling import TransientError
from vidmock.testing.virtual_time.virtual_time import VirtualTime

if TYPE_CHECKING:
    from contracts.clients.eachlabs import Client as Good
    from tests.contract.conftest import Judged
else:
    Good = load_module(resources.folder("contracts") / "clients" / "eachlabs.py").Client

HASTE = 0.05
"""Seconds between the looks of a client that looks too often."""
NOT_HOT = 0.1
"""Seconds between two looks that are far enough from each other."""
IN_VAIN = 0.1
"""Real seconds of waits for what never comes."""
BUGS: dict[str, tuple[type[Good], str, str]] = {}
"""A mutant of the good client, the case that must fail it, and what is said of it, by its name."""


def bug(case: str, said: str) -> Callable[[type[Good]], type[Good]]:
    def register(mutant: type[Good]) -> type[Good]:
        BUGS[mutant.__name__] = (mutant, case, said)
        return mutant

    return register


@bug("SPEND-01", "2 jobs were made for 1 call")
class SubmitsAgainWhenTheAnswerIsLost(Good):
    def submit(self, model: str, input: Mapping[str, Any]) -> str:
        try:
            return super().submit(model, input)
        except OutcomeUnknown:
            return super().submit(model, input)


@bug("SPEND-03", "where Result or OutcomeUnknown is right")
class SaysThatALostAnswerIsAFailure(Good):
    def submit(self, model: str, input: Mapping[str, Any]) -> str:
        try:
            return super().submit(model, input)
        except OutcomeUnknown as unknown:
            raise Refused("the generation failed") from unknown


@bug("SPEND-04", "2 × submit, where 1 × is right")
class SubmitsAgainWhenALookFails(Good):
    def generate(self, model: str, input: Mapping[str, Any], *, deadline: float) -> Result:
        self.wanted = model, input
        self.again = True
        return super().generate(model, input, deadline=deadline)

    def fetch_result(self, job: str) -> Result | None:
        try:
            return super().fetch_result(job)
        except TransientError:
            if self.again:
                self.again = False
                self.submit(*self.wanted)
            raise


@bug("POLL-01", "the caller is told Refused: .*, where Result is right")
class GivesUpAtTheFirstError(Good):
    def fetch_result(self, job: str) -> Result | None:
        try:
            return super().fetch_result(job)
        except TransientError as passing:
            raise Refused(str(passing), job) from passing


@bug("POLL-10", r"6 polls in a row came within 0\.5 s")
class LooksAsOftenAsItCan(Good):
    def __init__(self, *, sleep: Callable[[float], None], **more: Any) -> None:
        super().__init__(sleep=lambda seconds: sleep(HASTE), **more)


@bug("TIME-01", "where StillRunning is right")
class TakesADeadlineForAFailure(Good):
    def generate(self, model: str, input: Mapping[str, Any], *, deadline: float) -> Result:
        try:
            return super().generate(model, input, deadline=deadline)
        except StillRunning as late:
            raise Refused("timed out", late.job_id) from late


@bug("TIME-01", "does not have the id of the job")
class LosesTheJobAtTheDeadline(Good):
    def generate(self, model: str, input: Mapping[str, Any], *, deadline: float) -> Result:
        try:
            return super().generate(model, input, deadline=deadline)
        except StillRunning as late:
            raise StillRunning("timed out") from late


@bug("CANC-01", "0 × cancel, where 1 × is right")
class LeavesTheJobRunning(Good):
    def cancel(self, job_id: str) -> None:
        pass


@bug("TERM-05", "which is no error of a client")
class CrashesOfAFailedJob(Good):
    def fetch_result(self, job: str) -> Result | None:
        try:
            return super().fetch_result(job)
        except Refused:
            raise KeyError("output") from None


@bug("HOOK-02", r"was published \d+ times")
class FinishesWithoutALock(Good):
    def __init__(self, *, publish: Callable[[Result], None], **more: Any) -> None:
        super().__init__(publish=lambda result: None, **more)
        self.tell = publish

    def result(self, job: str) -> Result | None:
        found = self.fetch_result(job)
        if found:
            self.tell(found)
        return found


@bug("HOOK-02", "every copy of a good webhook was turned down")
class TurnsEveryWebhookDown(Good):
    def handle_webhook(self, body: bytes, headers: Mapping[str, str]) -> None:
        raise ValueError("no")


@bug("HOOK-06", "which is none of its jobs|was published 2 times")
class BelievesWebhooks(Good):
    def handle_webhook(self, body: bytes, headers: Mapping[str, str]) -> None:
        told = json.loads(body)
        self._jobs.add(told["exec_id"])
        self._jobs.result(told["exec_id"], lambda: Result((told["output"].encode(),), told["exec_id"]))


@bug("SPEND-07", r"image_urls was given as \[\], and arrived not at all")
class DropsWhatIsFalsy(Good):
    def submit(self, model: str, input: Mapping[str, Any]) -> str:
        return str(super().submit(model, {name: value for name, value in input.items() if value}))


@bug("VAL-02", "the error does not name aspect_ratio")
class SwallowsTheReason(Good):
    def submit(self, model: str, input: Mapping[str, Any]) -> str:
        try:
            return super().submit(model, input)
        except Refused:
            raise Refused("HTTP 400 Bad Request") from None


@bug("SPEND-07", "it tells a cost of")
class HasPricesOfItsOwn(Good):
    def fetch_result(self, job: str) -> Result | None:
        result = super().fetch_result(job)
        return result and replace(result, cost=Decimal("0.70"))


@bug("MEDIA-03", "whole videos came with the result")
class TakesAPageForAVideo(Good):
    def fetch_result(self, job: str) -> Result | None:
        told = self._api.get(f"/prediction/{job}").json()
        if told["status"] != "success":
            return None
        return Result((httpx.get(told["output"]).content,), job, Decimal(str(told["metrics"]["cost"])))


@bug("MEDIA-06", "the API key went to the host of the files")
class SendsItsKeyToEverybody(Good):
    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self._media.headers["x-api-key"] = more["api_key"]


@bug("SPEND-08", "asked again .* s after it was told to wait 20 s")
class AsksAgainAtOnce(Good):
    def submit(self, model: str, input: Mapping[str, Any]) -> str:
        for _ in range(3):
            try:
                return super().submit(model, input)
            except Refused:
                self._sleep(1)
        return super().submit(model, input)


@bug("HOOK-10", "was submitted without the webhook URL")
class AsksForNoWebhook(Good):
    def __init__(self, **more: Any) -> None:
        super().__init__(**{**more, "webhook_url": None})


@bug("HOOK-10", "the job was published at a later look only, or never")
class DoesNothingOfAWebhook(Good):
    def handle_webhook(self, body: bytes, headers: Mapping[str, str]) -> None:
        pass


@bug("HOOK-01", "which is no file of its jobs")
class TakesTheFileOfAWebhook(Good):
    def handle_webhook(self, body: bytes, headers: Mapping[str, str]) -> None:
        told = json.loads(body)
        self._jobs.result(told["exec_id"], lambda: Result((httpx.get(told["output"]).content,), told["exec_id"]))


@bug("HOOK-06", "which is none of its jobs")
class TakesTheJobsOfOthers(Good):
    def handle_webhook(self, body: bytes, headers: Mapping[str, str]) -> None:
        self._jobs.add(json.loads(body)["exec_id"])
        super().handle_webhook(body, headers)


@bug("SEC-04", "the API key is in the error")
class RepeatsItsKey(Good):
    def generate(self, model: str, input: Mapping[str, Any], *, deadline: float) -> Result:
        self._key = "no key"
        return super().generate(model, input, deadline=deadline)


@bug("SEC-05", "the API key is in an address")
class HasItsKeyInAddresses(Good):
    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self._api.params = self._api.params.set("key", more["api_key"])


@bug("SEC-02", "the API key went to another host")
class FollowsWithItsKey(Good):
    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self._api.follow_redirects = True


@bug("SEC-03", "1 × media, where 0 × is right")
class FetchesFromAnywhere(Good):
    def fetch_result(self, job: str) -> Result | None:
        told = self._api.get(f"/prediction/{job}").json()
        return Result((httpx.get(told["output"]).content,), job) if told["status"] == "success" else None


@bug("SPEND-07", "two results have the same video")
class HasOneNameForAllFiles(Good):
    def fetch_result(self, job: str) -> Result | None:
        result = super().fetch_result(job)
        if result is None:
            return None
        (video,) = result.read()
        (one := self._folder / "video.mp4").write_bytes(video)
        return replace(result, videos=(one,))


@bug("MEDIA-02", "it wrote outside of its folder: all.mp4")
class WritesElsewhere(Good):
    def fetch_result(self, job: str) -> Result | None:
        result = super().fetch_result(job)
        if result is None:
            return None
        (video,) = result.read()
        (one := self._folder.parent / "all.mp4").write_bytes(video)
        return replace(result, videos=(one,))


@bug("MEDIA-09", "a part of a file was there under the name of a video: whole.mp4")
class WritesInPlace(Good):
    def fetch_result(self, job: str) -> Result | None:
        told = self._api.get(f"/prediction/{job}").json()
        if told["status"] != "success":
            return None
        target = self._folder / "whole.mp4"
        try:
            with self._media.stream("GET", told["output"]) as answer, target.open("wb") as file:
                for chunk in answer.iter_raw():
                    file.write(chunk)
                    file.flush()
        except httpx.TransportError as error:
            target.unlink()
            raise TransientError(str(error)) from error
        return Result((target,), job, Decimal(str(told["metrics"]["cost"])))


@bug("SPEND-07", "0 whole videos came with the result")
class LosesItsFiles(Good):
    def fetch_result(self, job: str) -> Result | None:
        result = super().fetch_result(job)
        return result and replace(result, videos=(self._folder / "gone.mp4",))


@bug("CANC-02", "0 × cancel, where 1 × is right")
class LeavesTheJobRunningWhenItIsInterrupted(Good):
    def generate(self, model: str, input: Mapping[str, Any], *, deadline: float) -> Result:
        job = self.submit(model, input)
        while (result := self.fetch_result(job)) is None:
            self._sleep(5)
        return result


@bug("CANC-02", "which is no error of a client")
class CrashesWhenItIsInterrupted(Good):
    def generate(self, model: str, input: Mapping[str, Any], *, deadline: float) -> Result:
        try:
            return super().generate(model, input, deadline=deadline)
        except KeyboardInterrupt:
            raise KeyError(model) from None


@bug("CANC-04", "the caller is told StillRunning: .*, where Result is right")
class DoesNotLookAfterItHasCancelled(Good):
    def cancel(self, job_id: str) -> None:
        super().cancel(job_id)
        raise StillRunning("cancelled", job_id)


@bug("SPEND-08", "it submitted 900 s after the beginning, and had 60 s")
class SubmitsWhatWasGivenUp(Good):
    def submit(self, model: str, input: Mapping[str, Any]) -> str:
        try:
            return super().submit(model, input)
        except Refused:
            self._sleep(900)
            return super().submit(model, input)


@bug("SPEND-15", r"of 36 calls at once, \d+ came back and were submitted after that, for .* USD")
class GoesOnWithWhatWasGivenUp(Good):
    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self._pool = ThreadPoolExecutor(6)

    def generate(self, model: str, input: Mapping[str, Any], *, deadline: float) -> Result:
        made = self._pool.submit(super().generate, model, input, deadline=deadline)
        try:
            return made.result(timeout=deadline)
        except TimeoutError:
            raise StillRunning("it took too long") from None

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
        super().close()


@bug("SPEND-15", r"it submitted \d+ s after the beginning, and had 1\.2 s")
class HasADeadlineForEachOfItsPlaces(Good):
    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self._places = threading.Semaphore(4)

    def generate(self, model: str, input: Mapping[str, Any], *, deadline: float) -> Result:
        with self._places:
            return super().generate(model, input, deadline=deadline)


@bug("SPEND-12", "it submitted three times within 1 s")
class SubmitsInABurst(Good):
    def submit(self, model: str, input: Mapping[str, Any]) -> str:
        for _ in range(2):
            with suppress(Refused):
                return super().submit(model, input)
        return super().submit(model, input)


@bug("VAL-03", r"a video for 0\.84 USD was asked for, and one for 1\.68 USD submitted")
class FillsInMore(Good):
    def submit(self, model: str, input: Mapping[str, Any]) -> str:
        return super().submit(model, {"duration": "10", **input})


@bug("COST-01", "does not say what it cost, which the provider tells")
class TellsNoCost(Good):
    def fetch_result(self, job: str) -> Result | None:
        result = super().fetch_result(job)
        return result and replace(result, cost=None)


@bug("TERM-05", "the error does not say 'the kite tore'")
class SaysThatItFailedAndNotWhy(Good):
    def fetch_result(self, job: str) -> Result | None:
        try:
            return super().fetch_result(job)
        except Refused:
            raise Refused("it failed", job) from None


@bug("VAL-02", "the error does not name aspect_ratio, which was refused: a, s, p")
class NamesTheLettersOfAField(Good):
    def submit(self, model: str, input: Mapping[str, Any]) -> str:
        try:
            return super().submit(model, input)
        except Refused as refused:
            raise Refused(str(refused), None, tuple("aspect_ratio")) from refused


@pytest.mark.parametrize("name", sorted(BUGS))
def test_a_bug_fails_the_case_that_is_about_it(name: str, judged: Judged) -> None:
    mutant, case, said = BUGS[name]
    report = judged(case, mutant)
    found = [str(finding) for script in report.scripts for finding in script.findings]
    assert report.verdict == "failed"
    assert any(re.search(said, each) for each in found), found
    assert judged(case, Good).verdict == "passed"


def test_what_was_not_given_and_no_model_knows_is_told(judged: Judged) -> None:
    good = load_module(resources.folder("contracts") / "clients" / "runpod.py").Client

    class WrapsAnEmptyInputTwice(good):  # type: ignore[misc, valid-type]  # a class that is loaded
        def submit(self, model: str, input: Mapping[str, Any]) -> str:
            return str(super().submit(model, input or {"input": {}}))

    report = judged("VAL-02", WrapsAnEmptyInputTwice, "runpod")
    assert "input was not given, and arrived as {}" in [str(found) for found in report.scripts[1].findings]


def test_addresses_that_a_client_makes_by_itself_are_told(judged: Judged) -> None:
    good = load_module(resources.folder("contracts") / "clients" / "fal.py").Client

    class MakesItsOwnAddresses(good):  # type: ignore[misc, valid-type]  # a class that is loaded
        def _checked(self, url: str, job_id: str) -> httpx.URL:
            return super()._checked(url.replace("/moved", ""), job_id)  # type: ignore[no-any-return]  # as above

    report = judged("POLL-14", MakesItsOwnAddresses, "fal")
    (found,) = report.scripts[0].findings
    assert re.fullmatch(r"it looked at /fal/queue/.*/status, which no answer names", str(found))
    assert judged("POLL-14", good, "fal").verdict == "passed"


def test_each_side_has_a_verdict_of_its_own(judged: Judged) -> None:
    wire = judged("SPEND-01", SubmitsAgainWhenTheAnswerIsLost)
    assert (wire.side("wire"), wire.side("told")) == ("failed", "passed")
    assert wire.lost > 0
    told = judged("VAL-02", SwallowsTheReason)
    assert (told.side("wire"), told.side("told")) == ("passed", "failed")
    assert told.lost == 0


def test_a_client_may_keep_calls_back_until_their_deadline(judged: Judged) -> None:
    class HasPlaces(Good):
        def __init__(self, **more: Any) -> None:
            super().__init__(**more)
            self._places = threading.Semaphore(6)

        def generate(self, model: str, input: Mapping[str, Any], *, deadline: float) -> Result:
            if not self._places.acquire(timeout=deadline):
                raise Refused("not sent: there was no place for it in time")
            try:
                return super().generate(model, input, deadline=deadline)
            finally:
                self._places.release()

    report = judged("SPEND-15", HasPlaces)
    assert (report.verdict, report.scripts[0].findings) == ("passed", ())


def test_who_may_fetch_from_private_addresses_by_its_users_choice_is_not_accused_of_it(judged: Judged) -> None:
    class FetchesFromAnywhereByChoice(FetchesFromAnywhere):
        lacks = frozenset({"public_only"})

    assert judged("SEC-03", FetchesFromAnywhereByChoice).verdict == "not applicable"


def test_calls_at_once_are_no_calls_one_after_another(judged: Judged) -> None:
    class OneAtATime(Good):
        lacks = frozenset({"at_once"})

    assert judged("SPEND-15", OneAtATime).why.endswith("can be called while it is at work for others")


def test_what_did_not_happen_does_not_pass(judged: Judged) -> None:
    class NeverLooks(Good):
        def generate(self, model: str, input: Mapping[str, Any], *, deadline: float) -> Result:
            raise StillRunning("the rest is not written", self.submit(model, input))

    report = judged("POLL-08", NeverLooks)
    assert report.verdict == "not exercised"
    assert report.scripts[0].why == "planned, and never struck: internal at poll"


def test_a_client_that_ends_before_it_is_interrupted_was_not_tried_with_that(judged: Judged) -> None:
    class GivesUpEarly(Good):
        def generate(self, model: str, input: Mapping[str, Any], *, deadline: float) -> Result:
            job = self.submit(model, input)
            self.cancel(job)
            raise StillRunning("nobody waits", job)

    report = judged("CANC-02", GivesUpEarly)
    assert (report.verdict, report.scripts[0].why) == (
        "not exercised",
        "planned, and never struck: the interruption",
    )


def test_a_client_whose_webhook_goes_elsewhere_was_not_tried_with_one(judged: Judged) -> None:
    class HasItSentElsewhere(Good):
        def __init__(self, **more: Any) -> None:
            super().__init__(**{**more, "webhook_url": "http://127.0.0.1:9/hook"})

    report = judged("HOOK-02", HasItSentElsewhere)
    assert report.verdict == "not exercised"
    assert "the client had it sent elsewhere" in report.scripts[0].why


def test_how_often_a_client_looks_is_judged_for_each_job_alone(judged: Judged) -> None:
    class LooksAsOftenAsItMay(Good):
        def __init__(self, *, sleep: Callable[[float], None], **more: Any) -> None:
            super().__init__(sleep=lambda seconds: sleep(NOT_HOT), **more)

    assert judged("SPEND-07", LooksAsOftenAsItMay).verdict == "passed"


def test_what_a_client_cannot_do_is_not_held_against_it(judged: Judged) -> None:
    class CannotCancel(Good):
        lacks = frozenset({"cancels"})

    class Hasty:
        def __init__(
            self, *, base_url: str, api_key: str, folder: Path, sleep: Any, now: Any, publish: Any, webhook_url: Any
        ) -> None:
            pass

        def generate(self, model: str, input: Mapping[str, Any], *, deadline: float) -> Result:
            raise Refused("not written")

    assert judged("CANC-01", CannotCancel).verdict == "not applicable"
    assert judged("TIME-03", Hasty).why == "it is for a client that takes a request_timeout"
    assert judged("HOOK-02", Hasty).verdict == "not applicable"
    assert judged("SPEND-06", Good).why == "it is for runware"


def test_a_client_that_never_comes_back_hangs(judged: Judged, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(script_run, "WATCHDOG", 0.2)
    ended = threading.Event()

    class Hangs(Good):
        def generate(self, model: str, input: Mapping[str, Any], *, deadline: float) -> Result:
            ended.wait()
            raise Refused("late")

    report = judged("SPEND-12", Hangs)
    ended.set()
    assert (report.verdict, report.scripts[0].why) == ("hung", "it has not come back after 0.2 s")


class OwnTime(SleepsByItself, Good):
    """A good client that needs no clock."""


def test_a_client_that_sleeps_by_itself_is_not_interrupted(judged: Judged) -> None:
    report = judged("CANC-02", OwnTime)
    assert (report.verdict, report.why) == (
        "not applicable",
        "it is for a client that can be interrupted in a call",
    )


def test_what_a_client_leaves_behind_that_hangs_holds_up_no_other(
    judged: Judged, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = threading.Event()

    class Idle(Good):
        own_time = True

        def generate(self, model: str, input: Mapping[str, Any], *, deadline: float) -> Result:
            lock = threading.Lock()
            with lock:
                while not released.is_set():
                    # No virtual time knows of this wait, and nothing but the thread itself can end it.
                    lock.acquire(timeout=IN_VAIN)
            raise Refused("late")

    class Stubborn(Idle):
        def generate(self, model: str, input: Mapping[str, Any], *, deadline: float) -> Result:
            while not released.is_set():
                with suppress(BaseException):
                    super().generate(model, input, deadline=deadline)
            raise Refused("late")

    with monkeypatch.context() as patched:
        patched.setattr(script_run, "WATCHDOG", 0.2)
        patched.setattr(watched_thread, "LAST_WORDS", 0.05)
        assert judged("SPEND-12", Idle).verdict == "hung"
        assert judged("SPEND-12", Stubborn).verdict == "hung"
    assert judged("POLL-03", OwnTime).verdict == "passed"
    released.set()


def test_a_client_may_be_made_by_any_callable(judged: Judged) -> None:
    class Makes:
        own_time = True

        def __call__(self, **given: Any) -> OwnTime:
            return OwnTime(**given)

    assert judged("POLL-03", partial(OwnTime)).verdict == "passed"
    assert judged("POLL-03", partial(Makes())).verdict == "passed"


def test_a_client_may_be_made_by_what_is_in_no_file() -> None:
    built: Any = type("Built", (), {"own_time": True, "__module__": "builtins"})
    with MockServer(clock="manual") as mock, time_of(built, mock) as time_passes:
        assert isinstance(time_passes, VirtualTime)


def test_a_hurried_client_of_its_own_time_waits_for_real_while_the_clock_stands_still() -> None:
    with MockServer(clock="manual") as mock, time_of(OwnTime, mock, hurried=True):
        mock.faults.add("hang", phase="before", times=1)
        call = PAID_CALLS["fal"]
        began, ended = mock.clock.now, threading.Event()

        def limit() -> None:
            ended.wait(600)

        waits = threading.Thread(target=limit)
        waits.start()
        key = {"authorization": "Key some-key"}
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(f"{mock.fal.queue_url}/{call.model}", headers=key, json=call.input, timeout=IN_VAIN)
        assert mock.clock.now == began
        ended.set()
        waits.join()


def test_a_client_that_goes_on_for_ever_is_ended(judged: Judged) -> None:
    class GoesOn(Good):
        def generate(self, model: str, input: Mapping[str, Any], *, deadline: float) -> Result:
            while True:
                self._sleep(30)

    report = judged("SPEND-12", GoesOn)
    assert report.verdict == "failed"
    assert "still at it" in str(report.scripts[0].findings[0])


def test_a_defect_of_the_kit_is_no_verdict_on_the_client(judged: Judged, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("of the kit")

    monkeypatch.setattr(script_run, "observe", broken)
    report = judged("VAL-02", Good)
    assert (report.verdict, report.scripts[0].why) == ("kit error", "ZeroDivisionError('of the kit')")


def test_nothing_of_a_run_is_left_in_memory(judged: Judged) -> None:
    def mocks() -> int:
        return sum(type(each) is MockServer for each in gc.get_objects())

    judged("SPEND-01", Good)
    gc.collect()
    before = mocks()
    judged("SPEND-01", Good)
    assert mocks() == before


def test_warnings_of_a_client_are_its_own_affair(judged: Judged) -> None:
    class Warns(Good):
        def submit(self, model: str, input: Mapping[str, Any]) -> str:
            warnings.warn("old", DeprecationWarning, stacklevel=2)
            return super().submit(model, input)

    assert judged("VAL-02", Warns).verdict == "passed"


def test_every_case_is_for_somebody() -> None:
    assert {judge_case(case, "nobody", Good, frozenset()).verdict for case in shipped_cases()} == {"not applicable"}
    assert all(script.providers for case in shipped_cases() for script in case.scripts)
