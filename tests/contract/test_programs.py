"""Programs under test: what is said to them, what they answer, and what becomes of those that do not."""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from vidmock.contract import real_time, script_run
from vidmock.contract.case import Feature
from vidmock.contract.case_files import find_cases, shipped_cases
from vidmock.contract.examination import examine
from vidmock.contract.process_group import LONGEST_LINE, ProcessGroups, ProgramNotStarted
from vidmock.contract.program import Program, Programs
from vidmock.contract.program_clients import ProgramClients
from vidmock.contract.program_lines import NoAnswer, read_answer
from vidmock.contract.script_run import features_of
from vidmock.contract.verdict import CaseReport, judge_case

CLIENT = Path(__file__).parent / "programs" / "runpod.py"
WEBHOOKS = Path(__file__).parent / "programs" / "webhooks.py"
ANSWERS = '    say(message["token"], {"id"'
NAMED = 'json.loads(message["webhook"]["body"])["id"]'
CALL = {"id": "7", "model": "m"}


@contextmanager
def program(text: str, said: list[str] | None = None) -> Iterator[Program]:
    """A copy of the Python program *text*, in which ``token`` is what begins an answer."""
    head = "import json, os, sys, time\ntoken = json.loads(sys.stdin.readline())['token']\n"
    copy = Program(
        ProcessGroups(),
        [sys.executable, "-c", head + text],
        "the-token",
        said.append if said is not None else lambda _: None,
    )
    try:
        yield copy
    finally:
        copy.end()


def programs(command: str, lacks: Collection[Feature] = (), have: Collection[Feature] = ()) -> ProgramClients:
    return ProgramClients(Programs(command, lambda line: None), "runpod", frozenset(lacks), frozenset(have))


@contextmanager
def clients() -> Iterator[ProgramClients]:
    command = shlex.join([sys.executable, str(CLIENT)])
    with closing(programs(command, {"cancels", "downloads"})) as made:
        yield made


def tried(made: ProgramClients, *cases: str) -> list[CaseReport]:
    known = shipped_cases()
    wanted = [found for case in cases for found in find_cases(case, known)]
    return [*examine("program", "runpod", made, features_of("runpod", made), wanted).reports]


def test_an_answer_is_a_line_with_the_token_and_all_else_is_passed_on() -> None:
    said: list[str] = []
    text = (
        "print('hello')\nprint('{\"id\": \"7\"}')\nsys.stderr.write('oh\\n'); sys.stderr.flush()\n"
        "sys.stdout.write('loading… ')\n"
        "print(token, json.dumps({'id': '7', 'videos': ['a'], 'job': 'j'}), flush=True)\n"
        "sys.stdin.read()"
    )
    with program(text, said) as copy:
        assert copy.conversation.ask(CALL) == {"id": "7", "videos": ["a"], "job": "j"}
    assert [line for line in said if line != "oh"] == ["hello", '{"id": "7"}', "loading…"]
    assert "oh" in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "sys.exit('no such module')",
            r"the program ended with exit code 1 before it answered, and said: no such module",
        ),
        ("pass", r"ended with exit code 0 before it answered, and said nothing on its standard error"),
        ("os.kill(os.getpid(), 9)", r"was ended by signal 9 before it answered"),
        ("print(token, '{nix', flush=True)", r"answered what is no JSON: .*; it was '\{nix"),
        ('print(token, \'{"id": "8", "videos": [], "job": "j"}\')', r"answered the call '8', and was asked for '7'"),
        ('print(token + \'{"id": "7"}\', flush=True)', "no space between the token and its answer"),
        ('print(token, \'{"id": "7", "error": {"text": ""}}\')', "must say something: an error without a kind"),
        ('print(token, \'{"id": "7"}\')', r"answer is none \(schemas/meta/program\.json: id, and either"),
    ],
)
def test_a_program_that_does_not_answer_is_told_what_it_did(text: str, said: str) -> None:
    with program(text) as copy, pytest.raises(NoAnswer, match=said):
        copy.conversation.ask(CALL)


def test_a_line_without_end_is_no_answer() -> None:
    with program(f"print(token, 'x' * {2 * LONGEST_LINE})") as copy, pytest.raises(NoAnswer, match="no JSON"):
        copy.conversation.ask(CALL)


@pytest.mark.parametrize("leaves", [False, True])
def test_what_a_program_has_started_ends_with_it(tmp_path: Path, *, leaves: bool) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    child = f"['sh', '-c', 'echo started; sleep 1000'], stdout=open({str(pipe)!r}, 'w'), start_new_session={leaves}"
    text = f"import subprocess\nsubprocess.Popen({child}).wait()"
    copy = Program(ProcessGroups(), [sys.executable, "-c", text], "t", lambda line: None)
    with pipe.open() as held:
        assert held.readline() == "started\n"
        copy.end()
        # The end of the file: nobody has it open any more.
        assert held.read() == ""


def test_a_program_that_is_not_there_is_not_started() -> None:
    with pytest.raises(ProgramNotStarted, match="nowhere/program: no such file or directory"):
        Program(ProcessGroups(), ["nowhere/program"], "t", lambda line: None)


@pytest.mark.usefixtures("short")
def test_an_examination_that_is_interrupted_ends_its_programs_and_starts_no_more() -> None:
    def enough(report: CaseReport) -> None:
        raise KeyboardInterrupt

    with clients() as made:
        cases = find_cases("VAL-03", shipped_cases())
        with pytest.raises(KeyboardInterrupt):
            examine("program", "runpod", made, features_of("runpod", made), cases, tell=enough)
        with pytest.raises(ProgramNotStarted, match="no program is started any more"):
            made.copies.take()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"id": "1"}, "either videos and their job, or an error"),
        ({"videos": ["a"], "job": "j"}, "id"),
        ({"id": "1", "videos": ["a"]}, "is not what the schema asks for"),
        ({"id": "1", "videos": "a", "job": "j"}, "videos"),
        ({"id": "1", "error": {"type": "E"}}, "text"),
        ({"id": "1", "error": {"text": "E", "kind": "failed"}}, "failed"),
        ({"id": "1", "videos": ["a"], "job": "j", "cost": "much"}, "cost"),
        ([], "object"),
    ],
)
def test_an_answer_that_breaks_the_schema_is_told_where(answer: Any, said: str) -> None:
    with pytest.raises(NoAnswer, match=said):
        read_answer(json.dumps(answer))


@pytest.mark.usefixtures("short")
def test_a_program_is_judged_as_other_clients_are() -> None:
    with clients() as made:
        reports = {
            report.case.id: report for report in tried(made, "POLL-03", "VAL-03", "TERM-05", "POLL-10", "HOOK-02")
        }
    assert {case: report.verdict for case, report in reports.items()} == {
        "POLL-03": "passed",
        "VAL-03": "passed",
        "TERM-05": "passed",
        "POLL-10": "not applicable",
        "HOOK-02": "not applicable",
    }
    assert reports["POLL-10"].scripts[0].why.startswith("not in real time: ")


@pytest.mark.usefixtures("short")
def test_a_program_takes_webhooks_and_says_what_it_publishes() -> None:
    command = shlex.join([sys.executable, str(WEBHOOKS)])
    with closing(programs(command, {"cancels", "downloads"}, {"webhooks"})) as made:
        reports = tried(made, "HOOK-02", "HOOK-06", "HOOK-10", "VAL-03")
    assert {report.case.id: report.verdict for report in reports} == dict.fromkeys(
        ("HOOK-02", "HOOK-06", "HOOK-10", "VAL-03"), "passed"
    ), [str(finding) for report in reports for script in report.scripts for finding in script.findings]


def test_a_program_is_called_for_several_at_once_interrupted_and_asked_to_resume() -> None:
    command = shlex.join([sys.executable, str(WEBHOOKS)])
    with closing(programs(command, {"downloads"}, {"at_once", "interrupts", "resumes"})) as made:
        reports = tried(made, "SPEND-15", "CANC-02", "RES-01", "MEDIA-01")
    assert {report.case.id: report.verdict for report in reports} == {
        "SPEND-15": "passed",
        "CANC-02": "passed",
        "RES-01": "passed",
        "MEDIA-01": "not applicable",
    }, [str(finding) for report in reports for script in report.scripts for finding in script.findings]


@pytest.mark.parametrize(
    ("right", "wrong", "case", "said"),
    [
        (
            ANSWERS,
            f'    if "webhook" in message:\n        say(message["token"], {{"published": {NAMED}}})\n{ANSWERS}',
            "HOOK-06",
            "was published, which is none of its jobs",
        ),
        ('say(call["token"], {"published": job})', "pass", "VAL-03", "has a result, and was not published"),
        ('{"taken": known is not None}', '{"error": {"text": "no"}}', "HOOK-02", "every copy of a good webhook was"),
        ('{"taken": known is not None}', '{"videos": [], "job": "j"}', "HOOK-02", "every copy of a good webhook was"),
    ],
)
@pytest.mark.usefixtures("short")
def test_a_program_that_takes_webhooks_wrongly_is_told_so(
    right: str, wrong: str, case: str, said: str, tmp_path: Path
) -> None:
    text = WEBHOOKS.read_text()
    assert right in text
    changed = tmp_path / "changed.py"
    changed.write_text(text.replace(right, wrong))
    with closing(programs(shlex.join([sys.executable, str(changed)]), {"downloads"}, {"webhooks"})) as made:
        (report,) = tried(made, case)
    assert any(said in str(finding) for script in report.scripts for finding in script.findings)


@pytest.mark.usefixtures("short")
def test_a_program_that_dies_fails_the_case_and_the_next_one_is_tried_with_another_copy() -> None:
    with clients() as made:
        died, passed = tried(made, "SPEND-12", "VAL-03")
    # It does not catch what a submission raises.
    assert (died.verdict, passed.verdict) == ("failed", "passed")
    assert "the program ended with exit code 1 before it answered, and said: " in str(died.scripts[0].findings[0])
    assert "HTTPError" in str(died.scripts[0].findings[0])


@pytest.mark.usefixtures("short")
def test_a_program_that_never_answers_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(real_time, "SHORT_PLENTY", 0.1)
    monkeypatch.setattr(script_run, "WATCHDOG", 0.1)
    (case,) = find_cases("VAL-03", shipped_cases())
    with closing(programs("sleep 1000")) as made:
        report = judge_case(case, "runpod", made, features_of("runpod", made))
    assert (report.verdict, report.scripts[0].why) == ("hung", "it has not come back after 0.2 s")


@pytest.mark.parametrize(
    ("video", "said"),
    [
        ("nowhere.mp4", "a video that is not there: nowhere.mp4"),
        ("https://example.com/a.mp4", "a video that is not the mock's: https://example.com/a.mp4"),
        ("{base}/nothing", "a video that cannot be fetched: Client error '404"),
    ],
)
@pytest.mark.usefixtures("short")
def test_a_video_that_nobody_can_see_is_none(video: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "program.py"
    file.write_text(
        "import json, sys\ncall = json.loads(sys.stdin.readline())\n"
        f"answer = {{'id': call['id'], 'job': 'j', 'videos': [{video!r}.replace('{{base}}', call['base_url'])]}}\n"
        "print(call['token'], json.dumps(answer), flush=True)\nsys.stdin.read()"
    )
    (case,) = find_cases("VAL-03", shipped_cases())
    command = shlex.join([sys.executable, str(file)])
    with closing(programs(command)) as made:
        report = judge_case(case, "runpod", made, features_of("runpod", made))
    assert any(said in str(finding) for finding in report.scripts[0].findings)
