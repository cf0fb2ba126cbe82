"""A server that is right passes; what the checker is asked to do, and what it says."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from starlette.responses import Response
from tests.integrity.conftest import OPTIONS

from vidmock.engine.faults.prompt_marker import faults_in_prompt
from vidmock.integrity import __main__ as program
from vidmock.integrity import own_server, run
from vidmock.integrity.actor import Actor
from vidmock.integrity.apis.runware_api import sighting_of
from vidmock.integrity.breach import Breach
from vidmock.integrity.checks.jobs import is_that_end
from vidmock.integrity.checks.states import wrong_with_look
from vidmock.integrity.control_client import ControlClient, ControlRefused
from vidmock.integrity.facts import WorldFacts
from vidmock.integrity.fault_menu import GROUPS, MENU, PlannedFault
from vidmock.integrity.history import ClientEvent, KeyHistory, PromptRecord, Sighting
from vidmock.integrity.http_client import HttpClient, Reply
from vidmock.integrity.key_session import KeySession
from vidmock.integrity.options import CheckOptions, parse_options
from vidmock.integrity.registry import VIDEO_APIS
from vidmock.integrity.report import CheckReport
from vidmock.integrity.run import check_server
from vidmock.integrity.webhook_inbox import ReceiverPlan, WebhookInbox
from vidmock.integrity.world_actions import differences

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from vidmock.server.server import ThreadedServer

Checked = Callable[..., tuple[CheckReport, list[str]]]


def test_a_server_that_is_right_passes(checked: Checked) -> None:
    """A few hundred operations of eight clients, two of which share a key, at all providers and with all faults."""
    report, said = checked(clients=8, operations=200)
    assert report.breaches == [], "\n".join(said)
    assert said[-1].startswith("no breach in ")
    assert report.done["submit"] > 50
    assert report.done["audits"] >= 6


def test_a_full_world_is_audited_and_reset(checked: Checked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vidmock.integrity.worker.FULL", 4)
    report, said = checked(clients=1, operations=60, providers=("runpod", "fal"))
    assert report.breaches == [], "\n".join(said)
    assert report.done["resets"] > 1


def test_a_list_is_read_to_its_end(checked: Checked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vidmock.server.control.page.LARGEST_PAGE", 2)
    report, said = checked(clients=1, operations=60, providers=("runware",))
    assert report.breaches == [], "\n".join(said)
    assert report.done["submit"] > 5


def test_a_clock_that_flows_is_stopped_for_an_audit(checked: Checked) -> None:
    report, said = checked(clients=1, operations=40, clocks=("scaled:100",), providers=("fal",), faults=("poll",))
    assert report.breaches == [], "\n".join(said)


class Interrupted:
    """Refuses some requests of *inner*'s as a balancer does, before it has them or after it has done them."""

    def __init__(self, inner: ASGIApp) -> None:
        self._inner, self._count = inner, 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._count += 1
        if self._count % 13 == 0:
            await Response("nobody is there", 503)(scope, receive, send)
        elif self._count % 17 == 0:
            await self._inner(scope, receive, _nowhere)
            await Response("it has gone", 502)(scope, receive, send)
        else:
            await self._inner(scope, receive, send)


async def _nowhere(message: Message) -> None:
    """Send it to nobody."""


def test_a_server_that_is_interrupted_passes_where_the_checker_knows(server: ThreadedServer, checked: Checked) -> None:
    server.app.wrap(Interrupted)
    report, said = checked(clients=8, operations=150, interrupted=0.01, providers=("runpod", "fal", "runware"))
    assert report.breaches == [], "\n".join(said)
    assert report.done["forks"] + report.done["restores"]


@pytest.mark.parametrize("fault", MENU, ids=str)
def test_each_fault_is_one_that_the_server_knows(fault: PlannedFault) -> None:
    for provider in fault.only or VIDEO_APIS:
        assert faults_in_prompt(f"a kite {fault.marker}", provider)


def test_what_happens_while_a_world_is_reset_is_in_doubt() -> None:
    history = KeyHistory("a-key", 0, "manual", None)
    before = history.epoch
    assert history.unbroken(before)
    history.begin_reset()
    within = history.epoch
    assert not history.unbroken(before)
    assert not history.unbroken(within)
    history.doubt()
    assert not history.unbroken(within)
    assert history.unbroken(history.epoch)


def test_what_was_under_way_during_a_reset_may_have_reached_a_job_of_the_new_world() -> None:
    session = KeySession(0, OPTIONS, HttpClient(""), WebhookInbox(), CheckReport(OPTIONS, print))
    actor, history = Actor(0, OPTIONS, session, [session]), session.history
    old, new, newest = (PromptRecord(f"kite k0 n{number}", "fal", ids=["the-same-id"]) for number in range(3))
    history.keep(old)
    before = history.epoch
    history.begin_reset()
    history.doubt()
    history.keep(new)
    assert actor.sure(new, history.epoch)
    assert not actor.sure(old, before)
    history.keep(newest)
    assert [new.sure, newest.sure] == [False, True]


def test_the_ids_of_a_world_that_was_reset_are_nobodys() -> None:
    history = KeyHistory("a-key", 0, "manual", None)
    history.begin_reset()
    kept, sent = (PromptRecord(f"kite k0 n{number}", "fal", ids=["an-id"]) for number in range(2))
    history.keep(kept)
    history.doubt()
    sent.carry_over()
    history.keep(sent)
    assert history.known() == []


def test_the_life_of_a_job_counts_from_its_first_run(server: ThreadedServer) -> None:
    async def story() -> tuple[bool, ...]:
        http = HttpClient(server.url)
        control, api = ControlClient(http, "a-key"), VIDEO_APIS["runpod"]
        submitted = await api.submit(http, "a-key", "a kite [[vidmock: stuck]]", "", "", 60)
        await control.do("POST", f"/jobs/{submitted.id}/outcome", {"effect": "fail"})
        await control.advance(1200)
        assert (await api.retry(http, "a-key", submitted.id)).ok
        seen = []
        for seconds in (86_400 - 1200 - 1, 1):
            await control.advance(seconds)
            facts = await WorldFacts.read(control, retried=frozenset([submitted.id]))
            seen += [job.deleted for job in facts.jobs]
        await http.close()
        return tuple(seen)

    assert asyncio.run(story()) == (False, True)


def test_the_options_are_those_of_the_line() -> None:
    line = "http://127.0.0.1:1/ --minutes 60 --clients 3 --seed 5 --providers fal,runpod --faults none --token t"
    assert parse_options([*line.split(), "--interrupted", "8"]).line.endswith(" --interrupted 8")
    options = parse_options(line.split())
    assert options == CheckOptions("http://127.0.0.1:1", 60.0, 0, 3, 5, ("fal", "runpod"), (), "t")
    assert options.line == (
        "python -m vidmock.integrity http://127.0.0.1:1 --seed 5 --clients 3 --minutes 60"
        " --providers fal,runpod --faults none"
    )
    assert parse_options([]) == CheckOptions()
    assert parse_options(CheckOptions(operations=4).line.split()[3:]) == CheckOptions(operations=4)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("127.0.0.1:8787", "'127.0.0.1:8787' is no URL; try http://127.0.0.1:8787"),
        ("--clients 0", "must be above 0"),
        ("--interrupted -1", "--operations and --interrupted not below"),
        ("--providers fall", "--providers 'fall': there is runpod, runware, fal, eachlabs"),
        ("--faults ,", "--faults ',': there is before"),
    ],
)
def test_options_that_make_no_sense_are_refused(line: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse_options(line.split())
    assert said in capsys.readouterr().err


def test_a_breach_has_the_history_of_its_job_and_the_line_to_run_it_again() -> None:
    said: list[str] = []
    record = PromptRecord("kite k1 n2", "fal", ids=["a-job"])
    record.note(ClientEvent(3, 4, 1, "poll", "200 IN_QUEUE", Sighting(rank=0), job="a-job"))
    record.note(ClientEvent(5, 6, 2, "cancel", "no answer", sure=False))
    CheckReport(OPTIONS, said.append).breach(Breach("lost job", "integrity-7-1", "it is gone", record))
    assert said[0].splitlines() == [
        "lost job: it is gone (key integrity-7-1)",
        "    fal job a-job of prompt 'kite k1 n2'",
        "    [3-4] client 1: poll -> 200 IN_QUEUE",
        "    [5-6] client 2: cancel -> no answer  (in doubt)",
        f"    seed 7; to run it again: {OPTIONS.line}",
    ]


def _look(began: int, seen: Sighting, *, sure: bool = True, job: str = "a-job") -> ClientEvent:
    return ClientEvent(began, began + 1, 0, "poll", "", seen, sure, job)


@pytest.mark.parametrize(
    ("first", "second", "why"),
    [
        (Sighting(rank=1), Sighting(rank=0), "went back from 1 to 0"),
        (Sighting(rank=2, end="failed"), Sighting(rank=2, end="succeeded"), "had failed is succeeded"),
        (Sighting(rank=2), Sighting(rank=1), "had ended is 1"),
        (Sighting(rank=1, results=("a",)), Sighting(rank=1, results=("b",)), "results"),
        (Sighting(rank=0), Sighting(rank=2, end="failed"), ""),
        (Sighting(rank=2), Sighting(rank=2, end="failed"), ""),
        (Sighting(rank=2), Sighting(), ""),
    ],
)
def test_two_looks_one_after_the_other_must_fit(first: Sighting, second: Sighting, why: str) -> None:
    record = PromptRecord("kite k1 n2", "fal")
    record.note(_look(1, first))
    assert why in wrong_with_look(record, _look(5, second))
    assert bool(why) == bool(wrong_with_look(record, _look(5, second)))
    # At the same time, of another job, or in doubt: nothing follows.
    assert not wrong_with_look(record, _look(2, second))
    assert not wrong_with_look(record, _look(5, second, job="another"))
    assert not wrong_with_look(record, _look(5, second, sure=False))


@pytest.mark.parametrize(
    ("words", "end", "states"),
    [
        (("success", "success"), "succeeded", {"succeeded"}),
        (("error", "error"), "failed", {"failed", "cancelled"}),
        (("success", "error"), "partly", {"succeeded", "failed", "cancelled"}),
    ],
)
def test_a_task_of_which_some_videos_failed_may_have_failed_or_not(
    words: tuple[str, ...], end: str, states: set[str]
) -> None:
    items = [{"taskUUID": "a-job", "status": word} for word in words]
    told = {
        "data": [item for item in items if item["status"] == "success"],
        "errors": [item for item in items if item["status"] == "error"],
    }
    assert sighting_of("a-job", Reply(200, json.dumps(told).encode())) == Sighting(rank=2, end=end)
    every = ("queued", "running", "succeeded", "failed", "cancelled")
    assert {state for state in every if is_that_end("runware", end, state)} == states


def test_a_receiver_that_refuses_is_tried_as_often_as_the_provider_does() -> None:
    assert ReceiverPlan((500, 0, 204)).attempts(5) == 3
    assert ReceiverPlan((500, 0, 204)).attempts(2) == 2
    assert ReceiverPlan((500,)).attempts(11) == 11
    assert ReceiverPlan(deaf=True).attempts(3) == 3
    assert str(ReceiverPlan(deaf=True)) == "by nobody"


def test_differences_are_told_by_their_place() -> None:
    one, other = {"a": [1, {"b": 2}], "c": [1]}, {"a": [1, {"b": 3}], "c": []}
    assert [*differences(one, other)] == ["/a/1/b: 2 and 3", "/c: [1] and []"]


def test_the_program_is_refused_by_what_is_no_server(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["vidmock.integrity", "http://127.0.0.1:9", "--operations", "1"])
    assert program.check_command() == 2
    assert "vidmock.integrity: the control API answered /worlds/reset with no answer" in capsys.readouterr().err


def test_a_run_that_is_terminated_ends_its_server(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = []

    def check(options: CheckOptions, *_: object) -> CheckReport:
        try:
            signal.raise_signal(signal.SIGTERM)
        finally:
            ended.append(options)
        raise AssertionError("it goes on")

    monkeypatch.setattr(sys, "argv", ["vidmock.integrity"])
    monkeypatch.setattr(program, "check_own_server", check)
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(SystemExit) as exit_code:
        program.check_command()
    assert signal.getsignal(signal.SIGTERM) is before
    assert exit_code.value.code == 128 + signal.SIGTERM
    assert len(ended) == 1


def test_the_exit_code_says_whether_all_is_well(
    server: ThreadedServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        sys, "argv", ["vidmock.integrity", server.url, "--operations", "2", "--clients", "1", "--faults", "none"]
    )
    assert program.check_command() == 0
    assert capsys.readouterr().out.startswith("no breach in ")

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(program, "check_server", interrupt)
    assert program.check_command() == 130


def test_a_control_api_that_fails_is_a_breach(checked: Checked, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refused(*_: object) -> None:
        raise ControlRefused("the control API answered /x with 500")

    monkeypatch.setattr(run, "act", refused)
    report, _ = checked(clients=1, operations=1)
    assert [breach.rule for breach in report.breaches] == ["control"]


def test_it_can_start_a_server_of_its_own() -> None:
    command = [sys.executable, "-m", "vidmock.integrity", "--operations", "2", "--clients", "2", "--seed", "3"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout


def test_what_a_server_prints_of_a_defect_is_a_breach(tmp_path: Path) -> None:
    (tmp_path / "errors").write_text("vidmock: a line\nTraceback (most recent call last):\n  File\nKeyError: 'x'\n")
    server = own_server.OwnServer("http://127.0.0.1:9", tmp_path / "errors")
    assert [defect.splitlines()[-1] for defect in server.defects()] == ["KeyError: 'x'"]


def test_a_server_that_does_not_start_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_server, "_SERVE", ("-c", "import sys; sys.exit('no port')"))
    with pytest.raises(RuntimeError, match="no port"), own_server.own_server():
        pass


def test_every_group_of_faults_is_on_the_menu() -> None:
    assert {fault.group for fault in MENU} == {*GROUPS}


def test_a_run_says_how_far_it_is(server: ThreadedServer) -> None:
    shown: list[str] = []
    options = replace(OPTIONS, url=server.url, operations=1, clients=1, faults=())
    asyncio.run(check_server(options, lambda _: None, shown.append))
    assert shown[-1].startswith("integrity: ")
    assert shown[-1].endswith(" operations, 0 breaches")
    assert CheckReport(options).progress(61.4) == "integrity: 0 operations, 0 breaches, 61 s to go"
