"""The program that runs the kit against the bugs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests.kit.mutants import __main__ as program
from tests.kit.mutants.__main__ import Checked, CheckFailed, check, find_fate
from tests.kit.mutants.catalogue import TOP, load_bugs

BUG = next(bug for bug in load_bugs() if bug.id == "runpod-hooks-timed-out-unknown")


def test_a_client_is_checked_in_a_process_of_its_own() -> None:
    checked = check(TOP / BUG.client, BUG.provider, ["--case", "TERM-05"])
    assert checked == Checked(("TERM-05",), frozenset())


def test_a_check_without_a_report_is_an_error_with_its_words() -> None:
    with pytest.raises(CheckFailed, match="no case 'TREM-05'"):
        check(TOP / BUG.client, BUG.provider, ["--case", "TREM-05"])


def test_a_client_that_never_ends_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    def for_ever(*asked: object, **settings: object) -> None:
        raise subprocess.TimeoutExpired("vidmock", 900.0)

    monkeypatch.setattr(subprocess, "run", for_ever)
    assert check(TOP / BUG.client, BUG.provider, []).failed == {"HUNG"}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What is asked of ``vidmock check``, in whose place every client fails POLL-01, and broken ones VAL-01 as well."""
    asked: list[list[str]] = []

    def pretend(file: Path, provider: str, options: list[str]) -> Checked:
        asked.append(options)
        broken = (TOP / BUG.client).read_text("utf-8") != file.read_text("utf-8") and "TERM" not in options
        return Checked(("POLL-01", "TERM-01", "VAL-01"), frozenset({"POLL-01", *(["VAL-01"] if broken else [])}))

    monkeypatch.setattr(program, "check", pretend)
    return asked


def test_a_case_that_fails_the_good_client_kills_nothing(asked: list[list[str]], tmp_path: Path) -> None:
    good = program.check(TOP / BUG.client, BUG.provider, [])
    assert find_fate(BUG, good, tmp_path, [], quick=False).killers == {"VAL-01"}
    assert asked == [[], []]


def test_others_than_the_foretold_are_tried_last_by_the_quick(asked: list[list[str]], tmp_path: Path) -> None:
    good = program.check(TOP / BUG.client, BUG.provider, [])
    assert find_fate(BUG, good, tmp_path, ["--case", "VAL"], quick=True).killers == {"VAL-01"}
    assert asked == [[], ["--case", "TERM"], ["--case", "VAL"]]


def test_the_program_tells_the_table(
    asked: list[list[str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["mutants", "--only", BUG.id, "--provider", BUG.provider, "--jobs", "1"])
    assert program.main() == 0
    told = capsys.readouterr()
    assert told.out.startswith(f"the good client {BUG.client} fails POLL-01\n{BUG.id}  VAL-01\n")
    assert told.out.endswith("1 of 1 killed (100.0 %), 0 of them by a kind that was foretold\n")
    assert told.err == f"{BUG.id}: VAL-01\n"


def test_the_program_ends_with_what_could_not_be_checked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["mutants", "--only", BUG.id, "--case", "TREM-05"])
    with pytest.raises(SystemExit) as ended:
        program.main()
    assert ended.value.code == 2
    assert "no case 'TREM-05'" in capsys.readouterr().err
