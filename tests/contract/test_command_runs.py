"""Commands that are run whole, without an adapter: judged by what the provider saw."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from vidmock.contract import command_runs, real_time
from vidmock.contract.case_files import find_cases, shipped_cases
from vidmock.contract.command_runs import CommandRuns
from vidmock.contract.examination import examine
from vidmock.contract.own_calls import with_own_calls
from vidmock.contract.verdict import CaseReport, judge_case
from vidmock.problems import BadRequest

APP = Path(__file__).parent / "programs" / "app.py"
pytestmark = pytest.mark.usefixtures("short")


@contextmanager
def app(*words: str, said: list[str] | None = None) -> Iterator[CommandRuns]:
    command = shlex.join([sys.executable, *words])
    with closing(CommandRuns(command, "runpod", said.append if said is not None else lambda _: None)) as runs:
        runs.rehearse()
        yield runs


def tried(runs: CommandRuns, *cases: str) -> dict[str, CaseReport]:
    known = shipped_cases()
    wanted = [found for case in cases for found in find_cases(case, known)]
    told = examine("app", "runpod", runs, runs.features, wanted)
    return {report.case.id: report for report in told.reports}


def test_a_command_is_judged_by_what_the_provider_saw() -> None:
    said: list[str] = []
    with app(str(APP), said=said) as runs:
        reports = tried(runs, "SPEND-01", "POLL-02", "TERM-05", "SEC-05", "MEDIA-03", "TIME-01", "VAL-03", "POLL-16")
    assert {case: report.verdict for case, report in reports.items()} == {
        "SPEND-01": "passed",
        "POLL-02": "passed",
        "TERM-05": "passed",
        "SEC-05": "passed",
        # It does not look at what it has downloaded.
        "MEDIA-03": "failed",
        "TIME-01": "not applicable",
        "VAL-03": "not applicable",
        "POLL-16": "not applicable",
    }
    assert [line.split(" ", 4)[:3] for line in said] == [["a", "video", "of"]]
    assert {reports["POLL-02"].side("wire"), reports["MEDIA-03"].side("wire")} == {"passed", "failed"}
    assert {reports["POLL-02"].side("told"), reports["MEDIA-03"].side("told")} == {"not applicable"}
    assert reports["TIME-01"].scripts[0].why == "it needs an adapter: nobody tells a command its deadline"
    assert reports["VAL-03"].scripts[0].why == "it needs an adapter: a command asks for what it likes"
    assert reports["POLL-16"].why == "it is for a client that has an adapter, which says what the caller is told"


def test_a_command_that_loses_a_video_is_told_which_and_what_it_cost() -> None:
    with app(str(APP), "careless") as runs:
        reports = tried(runs, "SPEND-01", "POLL-01")
    paid_twice, given_up = reports["SPEND-01"].scripts[0], reports["POLL-01"].scripts[0]
    assert str(paid_twice.findings[0]) == "2 jobs were made for 1 call, and 1.12 USD were charged"
    assert "it ended without the video of the job" in str(given_up.findings[0])
    assert str(given_up.findings[0]).endswith("cost 0.56 USD")
    assert str(given_up.lost) == "0.56"
    assert given_up.story.splitlines()[-1].startswith("It ended with exit code 1, and said: ")


def test_a_command_that_is_interrupted_is_to_cancel_its_job(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(real_time, "SHORTER", 60.0)
    with app(str(APP)) as runs:
        (cancels,) = tried(runs, "CANC-02").values()
    with app(str(APP), "careless") as runs:
        (goes_on,) = tried(runs, "CANC-02").values()
    assert cancels.verdict == "passed", cancels.scripts[0].findings
    assert str(goes_on.scripts[0].findings[0]) == "0 × cancel, where 1 × is right"
    command = CommandRuns("true", "runpod", lambda line: None, frozenset({"cancels"}))
    assert command.features == {"interrupts", "public_only"}


def test_of_several_videos_each_is_looked_for() -> None:
    with app(str(APP), "two") as runs:
        reports = tried(runs, "POLL-03", "SPEND-12", "POLL-09")
    assert [report.verdict for report in reports.values()] == ["passed", "passed", "passed"]
    waits = reports["POLL-09"].scripts[0]
    assert (waits.verdict, waits.why) == ("not applicable", "which of 2 videos is to wait cannot be told")
    (case,) = find_cases("SPEND-04", shipped_cases())
    assert with_own_calls(case.scripts[0], 2).wire.at_most == {"submit": 2}


def test_a_video_that_a_command_does_not_even_ask_for_is_missing(tmp_path: Path) -> None:
    once = tmp_path / "once.py"
    # It asks in its first run only.
    ran = tmp_path / "ran"
    once.write_text(
        f"import pathlib, runpy\nran = pathlib.Path({str(ran)!r})\n"
        f"if not ran.exists():\n    ran.touch()\n    runpy.run_path({str(APP)!r})"
    )
    with app(str(once)) as runs:
        (report,) = tried(runs, "TERM-02").values()
    assert [str(finding) for finding in report.scripts[0].findings] == [
        "0 of 1 videos were asked for, and nothing speaks against them"
    ]


def test_a_command_that_does_not_end_hangs_and_is_ended_with_what_it_started(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    waits = tmp_path / "waits.py"
    waits.write_text("import subprocess\nsubprocess.run(['sleep', '1000'])")
    monkeypatch.setattr(real_time, "SHORT_PLENTY", 0.1)
    monkeypatch.setattr(command_runs, "COMMAND_WATCHDOG", 0.1)
    (case,) = find_cases("TERM-02", shipped_cases())
    with closing(CommandRuns(shlex.join([sys.executable, str(waits)]), "runpod", lambda line: None)) as runs:
        report = judge_case(case, "runpod", runs, runs.features)
    assert (report.verdict, report.scripts[0].why) == ("hung", "the command had not ended after 0.2 s")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("print('a word')", r"had runpod make no video\. It ended with exit code 0, and said: a word"),
        ("", r"and said nothing\.\ndocs/ways-in\.md says"),
        (f"import runpy, time; time.sleep = exit; runpy.run_path({str(APP)!r})", "did not get the result of "),
    ],
)
def test_a_command_that_does_nothing_in_its_rehearsal_is_not_tried(text: str, said: str) -> None:
    with pytest.raises(BadRequest, match=said), app("-c", text):
        pass


def test_a_command_that_asks_another_provider_is_not_tried() -> None:
    command = shlex.join([sys.executable, str(APP)])
    with (
        closing(CommandRuns(command, "fal", lambda _: None)) as runs,
        pytest.raises(BadRequest, match=r"asks runpod for videos, and not only fal\. Try: --provider runpod"),
    ):
        runs.rehearse()


def test_a_command_that_does_not_end_in_its_rehearsal_is_not_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(real_time, "SHORT_PLENTY", 0.1)
    monkeypatch.setattr(command_runs, "COMMAND_WATCHDOG", 0.1)
    said: list[str] = []
    with (
        pytest.raises(BadRequest, match="though nothing went wrong: what is tried asks for its videos, and ends"),
        app("-c", "while True: pass", said=said),
    ):
        pass
    assert said == ["vidmock: the command has not ended yet, though nothing goes wrong: it is, after 0.2 s or more"]


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("nowhere/app", "nowhere/app: no such file"),
        ("", "there is no command. Try: --run 'python app.py'"),
        ("'", "cannot be read"),
    ],
)
def test_what_is_no_command_is_not_run(command: str, said: str) -> None:
    with pytest.raises(BadRequest, match=said):
        CommandRuns(command, "runpod", lambda line: None).rehearse()
