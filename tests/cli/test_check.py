"""``vidmock check``: what it says of a client, and how it ends."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from tests.contract.test_asked_model import CLIPS
from tests.schema.own_models import changed, write_model

from vidmock import resources
from vidmock.contract import search as searching
from vidmock.contract.standing_sets import required_cases
from vidmock.engine.scenario.scenario import find_scenario

if TYPE_CHECKING:
    from tests.cli.conftest import Said

Say = Callable[..., tuple[int, str, str]]
REFERENCE = resources.folder("contracts") / "clients" / "runpod.py"
BAD = """
from pathlib import Path
from vidmock.kit.client import Refused
from vidmock.kit.loading import load_module
Good = load_module(Path({good!r})).Client

class Client(Good):
    def fetch_result(self, job):
        try:
            return super().fetch_result(job)
        except Exception as error:
            raise Refused("it failed", job) from error
"""


@pytest.fixture
def bad(tmp_path: Path) -> str:
    """A client that takes a look that fails for a job that fails."""
    file = tmp_path / "client.py"
    file.write_text(BAD.format(good=str(REFERENCE)))
    return f"{file}:Client"


def check(say: Say, client: str, *words: str) -> Said:
    return say("check", client, "--provider", "runpod", *words)


def test_a_good_client_passes_with_a_line_a_case(say: Say) -> None:
    code, out, err = check(say, f"{REFERENCE}:Client", "--case", "POLL-02", "--case", "SPEND-06")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "[ 1/2] S1 SPEND-06  not applicable"
    assert lines[1].strip() == "it is for runware"
    assert lines[2] == "[ 2/2] S2 POLL-02   passed"
    assert lines[3].startswith(f"{REFERENCE}:Client with runpod: 1 passed, 1 not applicable; 0 USD for nothing, in ")


def test_a_bad_one_is_told_what_went_wrong_and_what_must_be(say: Say, bad: str) -> None:
    code, out, _ = check(say, bad, "--case", "POLL-03", "--stories")
    assert code == 1
    assert "[ 1/1] S2 POLL-03   FAILED, 1.68 USD for nothing" in out
    assert "before the answer\n" in out
    assert "told: the caller is told Refused: it failed (job " in out
    assert "must: The job survives it, and its video is delivered." in out
    assert "| " in out
    assert "1 failed; 1.68 USD for nothing" in out


def test_what_no_file_can_hold_is_left_out_of_the_reports(say: Say, bad: str, tmp_path: Path) -> None:
    file = Path(bad.removesuffix(":Client"))
    file.write_text(file.read_text().replace('"it failed"', '"it failed: \\ud800"'))
    kinds = ("json", "junit", "sarif", "html")
    reports = {kind: tmp_path / f"report.{kind}" for kind in kinds}
    written = (word for kind, report in reports.items() for word in (f"--{kind}", str(report)))
    code, _, err = check(say, bad, "--case", "POLL-03", *written)
    assert (code, err) == (1, "")
    assert all("it failed: ?" in report.read_text("utf-8") for report in reports.values())
    code, out, _ = check(say, bad, "--case", "POLL-03", "--json", "-")
    assert "it failed: ?" in json.loads(out)["cases"][0]["scripts"][0]["findings"][0]["what"]


def test_known_failures_are_expected_and_may_not_rot(say: Say, bad: str, tmp_path: Path) -> None:
    known = tmp_path / "known.txt"
    known.write_text("POLL-03  # gives up\n\n# others\n")
    code, out, _ = check(say, bad, "--case", "POLL-03", "--expected-failures", str(known))
    assert (code, "FAILED, as expected" in out) == (0, True)
    known.write_text("POLL-03\nPOLL-10\n")
    code, out, _ = check(say, bad, "--case", "POLL", "--expected-failures", str(known))
    assert code == 1
    assert "expected to fail, and did not; take out of the file: POLL-10" in out


def test_reports_are_written_for_programs_and_for_ci(say: Say, bad: str, tmp_path: Path) -> None:
    report, junit, folder = tmp_path / "r.json", tmp_path / "r.xml", tmp_path / "played"
    words = ("--case", "POLL-03", "--case", "SEC-05", "--json", str(report), "--junit", str(junit))
    code, out, _ = check(say, bad, *words, "--save", str(folder))
    assert code == 1
    told = json.loads(report.read_text())
    assert (told["provider"], told["lost"]) == ("runpod", "1.68")
    assert [(case["id"], case["verdict"], case["wire"], case["told"]) for case in told["cases"]] == [
        ("POLL-03", "failed", "passed", "failed"),
        ("SEC-05", "passed", "passed", "passed"),
    ]
    suite = ET.fromstring(junit.read_text())
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("2", "1", "0")
    saved = sorted(folder.iterdir())
    assert [file.name for file in saved] == [
        "poll-03-before-the-answer.json",
        "poll-03-by-a-reset.json",
        "poll-03-within-the-answer.json",
    ]
    assert [rule.effect.name for rule in find_scenario(str(saved[0])).faults] == ["lost"]
    assert f"vidmock serve --scenario {saved[0]}" in out


def test_a_page_is_written_to_be_published(say: Say, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    code, _, _ = check(say, f"{REFERENCE}:Client", "--case", "VAL-02", "--html", str(page))
    assert code == 0
    assert f"<h1>{REFERENCE}:Client with runpod</h1>" in page.read_text("utf-8")


def test_a_log_is_written_for_code_hosts(say: Say, tmp_path: Path) -> None:
    log = tmp_path / "report.sarif"
    code, _, _ = check(say, f"{REFERENCE}:Client", "--case", "VAL-02", "--sarif", str(log))
    assert code == 0
    (run,) = json.loads(log.read_text("utf-8"))["runs"]
    assert ([rule["id"] for rule in run["tool"]["driver"]["rules"]], run["results"]) == (["VAL-02"], [])


def test_json_on_standard_output_is_all_there_is(say: Say) -> None:
    code, out, _ = check(say, f"{REFERENCE}:Client", "--case", "VAL-02", "--json", "-")
    assert code == 0
    assert json.loads(out)["cases"][0]["verdict"] == "passed"


def test_only_severe_cases(say: Say) -> None:
    code, out, _ = check(say, f"{REFERENCE}:Client", "--severity", "S1", "--case", "TERM")
    assert code == 0
    assert {line.split()[2] for line in out.splitlines() if line.startswith("[")} == {"S1"}


def test_only_what_was_required_by_then(say: Say) -> None:
    words = ("--case", "VAL", "--requirements", "2026-11", "--json", "-")
    code, out, _ = check(say, f"{REFERENCE}:Client", *words)
    assert code == 0
    assert {case["id"] for case in json.loads(out)["cases"]} <= required_cases("2026-11")


def test_a_client_is_asked_for_a_model_of_the_users_own(say: Say, tmp_path: Path) -> None:
    own = changed("x-model/provider", "runpod", CLIPS)
    own = changed("x-model/envelope", "input", own)
    folder = write_model(tmp_path / "models" / "clips.json", changed("x-model/id", "our-clips", own)).parent
    words = (f"{REFERENCE}:Client", "--models", str(folder), "--case", "VAL-02", "--case", "POLL-03")
    code, out, err = check(say, *words)
    assert code == 0
    assert err == 'vidmock: asked of the client: our-clips with {"prompt": "a kite"}\n'
    assert "2 passed" in out
    write_model(folder / "more.json", changed("x-model/id", "more-clips", own))
    code, _, err = check(say, *words)
    assert (code, err) == (2, "vidmock: say which model the client is asked for: --model more-clips or our-clips\n")
    code, out, _ = check(say, *words, "--model", "more-clips", "--json", "-")
    assert (code, len(json.loads(out)["cases"])) == (0, 2)


def test_a_client_is_asked_for_a_model_that_nobody_has_described(say: Say, tmp_path: Path) -> None:
    given = tmp_path / "input.json"
    given.write_text('{"prompt": "a kite", "seconds": 3}')
    words = ("--any-model", "--model", "a-video-of-ours", "--input", str(given), "--case", "POLL-03")
    code, out, err = check(say, f"{REFERENCE}:Client", *words)
    assert (code, "1 passed" in out) == (0, True)
    assert err.splitlines() == [
        "vidmock: a-video-of-ours: unknown price, so 1.00 USD a job is assumed",
        'vidmock: asked of the client: a-video-of-ours with {"prompt": "a kite", "seconds": 3}',
    ]
    given.write_text("[]")
    code, _, err = check(say, f"{REFERENCE}:Client", *words)
    assert (code, err) == (2, f"vidmock: {given} must be an input: a JSON object\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nowhere.py:Client",), "there is no Python file"),
        (("client",), "is not of the form 'module:callable'"),
        (("{good}", "--case", "POL-01"), "no case 'POL-01'. Did you mean 'POLL-01'"),
        (("{good}", "--case", "VAL-02", "--severity", "S1"), "no case that is asked for is S1 or worse"),
        (("{good}", "--requirements", "2026-1"), "no requirements '2026-1'. Did you mean '2026-11'"),
        (("{good}", "--expected-failures", "{file}"), "known.txt, line 2: there is no case 'POLL-77'"),
        (("{good}", "--expected-failures", "nowhere.txt"), "nowhere.txt"),
        (("{good}", "--lacks", "cancels"), "--lacks is for programs"),
        (("{good}", "--has", "webhooks"), "--has is for --command and --pull"),
        (("{good}", "--any-model"), "say which model the client is asked for: --model ID"),
        (("{good}", "--model", "nobody-has-it"), "runpod has no model 'nobody-has-it' here"),
        (("{good}", "--model", "wan-2-5", "--input", "{file}"), "known.txt"),
        (("{good}", "--models", "{pictures}"), "--models has no model of runpod: name one of another folder"),
        (("--run=true", "--model", "wan-2-5"), "--model and --input are for clients that are asked"),
    ],
)
def test_what_cannot_be_tried_is_told_in_a_sentence(
    say: Say, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    known = tmp_path / "known.txt"
    known.write_text("POLL-01\nPOLL-77\n")
    pictures = write_model(tmp_path / "models" / "pictures.json").parent
    given = {"good": f"{REFERENCE}:Client", "file": known, "pictures": pictures}
    code, _, err = check(say, *(word.format(**given) for word in words))
    assert code == 2
    assert said in err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import nothing_of_that_name", "ModuleNotFoundError: No module named 'nothing_of_that_name'"),
        ("def Client(): pass", "TypeError: Client() got an unexpected keyword argument"),
        ("def Client(**_): raise OSError('no disk')", "OSError: no disk"),
        ("def Client(**_): return []", "TypeError: a list is made, which has no method generate"),
        ("async def Client(**_): return []", "TypeError: a plain function is to make the client"),
    ],
)
def test_a_client_that_cannot_be_made_is_told_in_a_sentence(say: Say, tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "client.py").write_text(text)
    code, _, err = check(say, f"{tmp_path / 'client.py'}:Client")
    assert code == 2
    assert said in err


def test_a_defect_of_the_kit_has_an_exit_code_of_its_own(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    from vidmock.contract import script_run

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(script_run, "observe", broken)
    code, out, _ = check(say, f"{REFERENCE}:Client", "--case", "VAL-02")
    assert (code, "KIT ERROR" in out) == (3, True)


PROGRAM = Path(__file__).parents[1] / "contract" / "programs" / "runpod.py"
PULLING = PROGRAM.with_name("pulling.py")


def test_a_program_is_tried_as_well(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    from vidmock.contract import real_time

    monkeypatch.setattr(real_time, "SHORTER", 2000.0)
    monkeypatch.setattr(real_time, "LONGEST_QUEUE", 0.0)
    command = shlex.join([sys.executable, str(PROGRAM)])
    words = ("--lacks", "downloads", "--case", "VAL-03", "--case", "POLL-10", "--case", "MEDIA-02")
    code, out, err = say("check", "--command", command, "--provider", "runpod", *words)
    assert code == 0
    assert "S1 VAL-03    passed" in out
    assert "not in real time: how often a client looks" in out
    assert "1 passed, 2 not applicable; 0 USD for nothing" in out
    assert set(err.splitlines()) == {"a word that is no answer"}


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("nowhere/program", "nowhere/program: no such file or directory"),
        ("'no end", "cannot be read as a command: No closing quotation"),
        ("", "there is no command"),
        ("{python} -c 'raise SystemExit(3)'", "the program ended with exit code 3 before it answered"),
        ("{python} -c 'print(input()[-30:])'", "the program ended with exit code 0 before it answered"),
    ],
)
def test_a_program_that_cannot_be_tried_is_told_in_a_sentence(say: Say, command: str, said: str) -> None:
    code, _, err = say("check", "--command", command.format(python=sys.executable), "--provider", "runpod")
    assert (code, said in err) == (2, True), err


def test_a_program_that_asks_for_calls_is_told_where(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    from vidmock.cli import client_under_test
    from vidmock.contract import real_time

    monkeypatch.setattr(real_time, "SHORTER", 2000.0)
    monkeypatch.setattr(real_time, "LONGEST_QUEUE", 0.0)
    started: list[subprocess.Popen[bytes]] = []

    def start(line: str) -> None:
        address = line.removeprefix("vidmock: waiting for a program to ask what is next, at ")
        started.append(subprocess.Popen([sys.executable, str(PULLING), address, "1"]))

    monkeypatch.setattr(client_under_test, "_pass_on", start)
    code, out, _ = say("check", "--pull", "--provider", "runpod", "--lacks", "downloads", "--case", "VAL-03")
    assert (code, started[0].wait()) == (0, 0)
    assert "a program over HTTP with runpod: 1 passed" in out


def test_a_program_that_never_answers_cannot_be_tried(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    from vidmock.contract import real_time, script_run

    monkeypatch.setattr(real_time, "LEAST_DEADLINE", 0.1)
    monkeypatch.setattr(real_time, "SHORTER", 2000.0)
    monkeypatch.setattr(script_run, "WATCHDOG", 0.1)
    code, _, err = say("check", "--command", "sleep 1000", "--provider", "runpod")
    assert (code, "did not answer an ordinary call: it has not come back after 0.2 s" in err) == (2, True), err


def test_a_client_and_a_command_are_one_too_many(say: Say) -> None:
    code, _, err = check(say, f"{REFERENCE}:Client", "--command", "node a.mjs")
    assert (code, "not allowed with" in err) == (2, True)


def test_a_search_saves_what_it_finds_so_that_it_can_be_tried_again(
    say: Say, bad: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "SHORTENINGS", 10)
    code, out, _ = check(say, bad, "--case", "SPEND-07", "--search", "30", "--save", str(tmp_path / "found"))
    assert code == 1
    assert "[ 1/2] S2 SPEND-07  passed" in out
    assert "[ 2/2] S1 SEARCH-01 FAILED, " in out
    assert {file.name for file in (tmp_path / "found").iterdir()} == {
        "search-01.json",
        "search-01.case.json",
        "test_search_01.py",
    }
    case = str(tmp_path / "found" / "search-01.case.json")
    assert f"what the search found: {case}" in out
    assert check(say, bad, "--cases", case)[0] == 1
    code, out, _ = check(say, f"{REFERENCE}:Client", "--cases", case)
    assert (code, out.splitlines()[0]) == (0, "[ 1/1] S1 SEARCH-01 passed")


def test_a_search_that_finds_nothing_is_a_line(say: Say, tmp_path: Path) -> None:
    folder = tmp_path / "found"
    code, out, _ = check(say, f"{REFERENCE}:Client", "--case", "VAL-02", "--search", "1", "--save", str(folder))
    assert (code, out.splitlines()[1]) == (0, "[ 2/2] S1 SEARCH-01 passed")
    assert not [*folder.iterdir()]


def test_a_search_for_no_history_or_without_hypothesis_is_explained(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "'0' is not a number of histories, from 1 on" in check(say, f"{REFERENCE}:Client", "--search", "0")[2]
    monkeypatch.setitem(sys.modules, "vidmock.contract.search", None)
    code, _, err = check(say, f"{REFERENCE}:Client", "--search")
    assert code == 2
    assert "--search needs Hypothesis" in err


def test_a_search_is_for_clients_in_python(say: Say) -> None:
    code, _, err = say(
        "check", "--command", shlex.join([sys.executable, str(PROGRAM)]), "--provider", "runpod", "--search"
    )
    assert (code, "--search is for a client in Python" in err) == (2, True)
