"""Programs that ask for calls over HTTP, and post what they answer."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest
from tests.browser import Browser, Site

from vidmock.contract import pull_server, pulled_program
from vidmock.contract.case_files import find_cases, shipped_cases
from vidmock.contract.examination import examine
from vidmock.contract.process_group import LONGEST_LINE, ProgramNotStarted
from vidmock.contract.program_clients import ProgramClients
from vidmock.contract.program_lines import NoAnswer
from vidmock.contract.pull_server import PullServer
from vidmock.contract.pulled_program import MOST_COPIES, PulledPrograms
from vidmock.contract.script_run import features_of

PROGRAM = Path(__file__).parent / "programs" / "pulling.py"
CALL = {"id": "7", "model": "m"}
ANSWER = {"id": "7", "videos": ["a"], "job": "j"}


@contextmanager
def pulled() -> Iterator[tuple[PulledPrograms, httpx.Client]]:
    programs = PulledPrograms()
    with PullServer(programs) as server, httpx.Client(base_url=server.url) as program:
        yield programs, program


@pytest.mark.usefixtures("short")
def test_a_program_that_asks_for_calls_is_judged_as_others_are() -> None:
    copies = PulledPrograms()
    with PullServer(copies) as server:
        program = subprocess.Popen([sys.executable, str(PROGRAM), server.url, "2"])
        copies.wait_for_one()
        made = ProgramClients(copies, "runpod", frozenset({"cancels", "downloads"}))
        known = shipped_cases()
        cases = [*find_cases("VAL-03", known), *find_cases("POLL-03", known), *find_cases("HOOK-02", known)]
        told = examine("program", "runpod", made, features_of("runpod", made), cases)
    assert program.wait() == 0
    assert [report.verdict for report in told.reports] == ["passed", "passed", "not applicable"]


def test_what_is_next_is_the_call_and_its_answer_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pull_server, "LONG_POLL", 0.0)
    with pulled() as (programs, program):
        assert program.get("/next").status_code == 204
        monkeypatch.setattr(pull_server, "LONG_POLL", 60.0)
        answers: list[Any] = []
        asking = Thread(target=lambda: answers.append(programs.take().conversation.ask(CALL)))
        asking.start()
        told = program.get("/next")
        assert (told.status_code, told.json()) == (200, CALL)
        assert program.post("/answer", content=json.dumps(ANSWER)).status_code == 204
        asking.join()
        assert answers == [ANSWER]


def test_an_answer_that_is_none_is_told_so() -> None:
    with pulled() as (_, program):
        told = program.post("/answer", json={"id": "7"})
        assert (told.status_code, told.json()["error"][:37]) == (400, "the program's answer is none (schemas")
        assert "was asked for nothing" in program.post("/answer", json=ANSWER).text
        assert program.post("/answer", content=b"x" * (LONGEST_LINE + 1)).status_code == 413


def test_pages_of_any_origin_may_ask_who_know_the_token() -> None:
    with pulled() as (_, program):
        asked = program.options(
            "/answer", headers={"origin": "https://a.test", "access-control-request-method": "POST"}
        )
        assert (asked.status_code, asked.headers["access-control-allow-origin"]) == (204, "*")
        elsewhere = program.get(f"{program.base_url.copy_with(path='/other/next')}")
        assert elsewhere.status_code == 404


def test_a_page_in_a_browser_asks_and_answers(browser: Browser) -> None:
    text = """(async () => {
        const call = await (await fetch(`URL/next`)).json();
        const body = JSON.stringify({ id: call.id, videos: ["a"], job: "j" });
        const headers = { "content-type": "application/json" };
        return (await fetch(`URL/answer`, { method: "POST", headers, body })).status;
    })()"""
    programs = PulledPrograms()
    with PullServer(programs) as server, Site({"/": b"<p>an app</p>"}) as site:
        answers: list[Any] = []
        asking = Thread(target=lambda: answers.append(programs.take().conversation.ask(CALL)))
        asking.start()
        with browser.page(f"http://127.0.0.1:{site.port}/") as page:
            assert page.run(text.replace("URL", server.url)) == 204
        asking.join()
    assert answers == [ANSWER]


def test_copies_are_as_many_as_ask_and_not_more_than_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pull_server, "LONG_POLL", 0.0)
    with pulled() as (_, program):
        for copy in range(MOST_COPIES):
            assert program.get("/next", params={"copy": str(copy)}).status_code == 204
        assert program.get("/next", params={"copy": "another"}).status_code == 429


def test_who_does_not_ask_any_more_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulled_program, "GONE", 0.0)
    with pytest.raises(ProgramNotStarted, match="no program asks what is next any more"):
        PulledPrograms().take()


def test_when_it_is_over_nobody_waits() -> None:
    with pulled() as (programs, program):
        copy = Thread(target=lambda: program.get("/next"))
        copy.start()
        taken = programs.take()
        programs.close()
        copy.join()
        with pytest.raises(NoAnswer, match="not waited for any more"):
            taken.conversation.ask(CALL)
        with pytest.raises(ProgramNotStarted):
            programs.take()
        assert program.get("/next").status_code == 410


def test_one_that_owes_an_answer_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pull_server, "LONG_POLL", 0.0)
    programs = PulledPrograms()
    asked = Thread(target=lambda: programs.next("", 60.0))
    asked.start()
    late = programs.take()
    ignored: list[BaseException] = []

    def ask() -> None:
        try:
            late.conversation.ask(CALL)
        except NoAnswer as error:
            ignored.append(error)

    waiting = Thread(target=ask)
    waiting.start()
    asked.join()
    programs.give_back(late, used_up=False)
    assert "was asked for nothing" in programs.hear("", json.dumps(ANSWER).encode())
    late.conversation.end(NoAnswer("it is over"))
    waiting.join()
    programs.close()
    assert len(ignored) == 1
